package contract

import (
	"fmt"
	"io/fs"

	"fxcell.dev/fxcell/contract/body"
)

// payloadSchema encodes and decodes the payloads of one contract, and holds both against its schema. Without a schema it only encodes.
type payloadSchema struct{ schema *body.Schema }

func compilePayload(files fs.FS, id, file string) (payloadSchema, error) {
	s, err := compile(files, id, file)
	return payloadSchema{s}, err
}

// compile returns the schema of one of a contract's files, nil when it names none.
func compile(files fs.FS, id, file string) (*body.Schema, error) {
	if file == "" {
		return nil, nil
	}
	s, err := body.Compile(files, Folder(id)+"/"+file)
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", id, err)
	}
	return s, nil
}

// encode returns the encoded payload also with a *MisfitError.
func (p payloadSchema) encode(payload any) ([]byte, error) {
	encoded, err := body.Encode(payload)
	if err != nil {
		return nil, fmt.Errorf("encode payload: %w", err)
	}
	if p.schema == nil {
		return encoded, nil
	}
	if faults := p.schema.Validate(encoded); len(faults) > 0 {
		return encoded, &MisfitError{What: "payload", Faults: faults}
	}
	return encoded, nil
}

func (p payloadSchema) decode(encoded []byte, into any) error {
	if refused := body.Scan(encoded); refused != nil {
		return &MisfitError{What: "payload", Faults: refused.Faults}
	}
	faults := p.schema.Validate(encoded)
	if len(faults) == 0 {
		faults = body.Decode(encoded, into)
	}
	if len(faults) > 0 {
		return &MisfitError{What: "payload", Faults: faults}
	}
	return nil
}

package body

import (
	"encoding/json"
	"testing"
	"testing/fstest"
)

// What a body of 107 bytes with four fields costs on its way, next to the standard library's decoding alone.
const (
	benchBody   = `{"key":"app.limits.max-items","value":"a value of some length, forty chars.","sensitive":true,"count":42  }`
	benchSchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"required":["key","value"],
"properties":{"key":{"type":"string","pattern":"^[a-z0-9][a-z0-9._-]{0,127}$"},"value":{"type":"string","maxLength":65536},
"sensitive":{"type":"boolean"},"count":{"type":"integer","minimum":0,"maximum":9223372036854775807}}}`
)

type benchRequest struct {
	Key       string `json:"key"`
	Value     string `json:"value"`
	Sensitive bool   `json:"sensitive"`
	Count     int64  `json:"count"`
}

func TestTheBenchmarksBodyIsGood(t *testing.T) {
	t.Parallel()
	var got benchRequest
	if len(benchBody) != 107 || Scan([]byte(benchBody)) != nil || schemaOf(t, benchSchema).Validate([]byte(benchBody)) != nil ||
		Decode([]byte(benchBody), &got) != nil {
		t.Errorf("a body of %d bytes is refused or not what the benchmarks are for", len(benchBody))
	}
}

func BenchmarkScan(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if err := Scan([]byte(benchBody)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	s := schemaOf(b, benchSchema)
	b.ReportAllocs()
	for b.Loop() {
		if faults := s.Validate([]byte(benchBody)); faults != nil {
			b.Fatal(faults)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var r benchRequest
		if faults := Decode([]byte(benchBody), &r); faults != nil {
			b.Fatal(faults)
		}
	}
}

func BenchmarkDecodeByEncodingJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var r benchRequest
		if err := json.Unmarshal([]byte(benchBody), &r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScanValidateDecode(b *testing.B) {
	s := schemaOf(b, benchSchema)
	b.ReportAllocs()
	for b.Loop() {
		var r benchRequest
		if Scan([]byte(benchBody)) != nil || s.Validate([]byte(benchBody)) != nil || Decode([]byte(benchBody), &r) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	fsys := fstest.MapFS{"request.schema.json": file(benchSchema)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(fsys, "request.schema.json"); err != nil {
			b.Fatal(err)
		}
	}
}

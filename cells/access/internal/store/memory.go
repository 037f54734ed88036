package store

import (
	"context"

	"fxcell.dev/cells/access/internal/domain"
	"fxcell.dev/fxcell/db"
	"fxcell.dev/fxcell/db/memdb"
	"fxcell.dev/fxcell/durability"
)

// Bounds of the memory store, in rows.
const (
	maxUsers    = 1 << 20
	maxSessions = 1 << 20
	maxKeys     = 64
)

// memory keeps everything in this process.
type memory struct {
	users     *memdb.Table[string, domain.User]
	usernames *memdb.Table[string, string] // Username.Key → id
	emails    *memdb.Table[string, string] // Email.Key → id

	sessions *memdb.Table[string, domain.Session]
	ends     *memdb.Table[string, string] // when and id → id

	keys   *memdb.Table[string, domain.SigningKey]
	setups *memdb.Table[string, domain.Setup] // one row
}

var _ Store = (*memory)(nil)

// NewMemory returns a store that ends with the process. Its writers use the one transactor of the assembly.
func NewMemory(db.Transactor) Store { return newMemory(maxUsers, maxSessions) }

func newMemory(users, sessions int) *memory {
	return &memory{
		users:     memdb.NewTable[string, domain.User](users),
		usernames: memdb.NewTable[string, string](users),
		emails:    memdb.NewTable[string, string](users),
		sessions:  memdb.NewTable[string, domain.Session](sessions),
		ends:      memdb.NewTable[string, string](sessions),
		keys:      memdb.NewTable[string, domain.SigningKey](maxKeys),
		setups:    memdb.NewTable[string, domain.Setup](1),
	}
}

// Durability is Volatile: everything ends with the process.
func (*memory) Durability() durability.Grade { return durability.Volatile }

// writing returns db.ErrNoTransaction outside of a transaction, before anything is looked at.
func writing(ctx context.Context) error {
	if !db.InTx(ctx) {
		return db.ErrNoTransaction
	}
	return nil
}

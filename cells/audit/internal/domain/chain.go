package domain

// Chain adds entries behind a head. It is used by one goroutine.
type Chain struct {
	key  *Key
	size int64
	last MAC
}

// Extend returns a chain that goes on behind head, signed with key. The caller has seen that head is authentic, or that there is none.
func Extend(head Head, key *Key) *Chain {
	return &Chain{key: key, size: head.Size, last: head.Last}
}

// Add seals an entry as the next one. The entry is cleaned first.
func (c *Chain) Add(e Entry) (Row, error) {
	e = e.Clean()
	payload, err := e.Encode()
	if err != nil {
		return Row{}, err
	}
	s := Seal{
		Chain: ChainID, Seq: c.size + 1, Prev: c.last, KeyID: c.key.ID(), Time: e.Time, EventID: e.EventID, Payload: payload,
	}
	sealed := s.Encode()
	mac := c.key.Sum(sealed)
	c.size, c.last = s.Seq, mac
	return Row{Columns: columnsOf(s, e), Sealed: sealed, MAC: mac[:]}, nil
}

// Head returns the signed record of the chain's end.
func (c *Chain) Head() Head { return newHead(c.key, c.size, c.last) }

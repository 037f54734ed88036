package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// keys is how many different ones the events have.
const keys = 1000

// item is what an event tells.
type item struct {
	seq int64 // 1, 2, …
	key int   // 0..keys-1
}

func (i item) keyText() string { return "k" + strconv.Itoa(i.key) }

// payload is an event's body.
type payload struct {
	Seq string `json:"seq"`
	Key string `json:"key"`
	Pad string `json:"pad"`
}

// pad makes a body one of about 220 bytes.
var pad = strings.Repeat("customer 4711, article 0815; ", 6)

func (i item) payload() payload { return payload{fmt.Sprintf("%010d", i.seq), i.keyText(), pad} }

func (i item) body() []byte {
	p := i.payload()
	return []byte(`{"seq":"` + p.Seq + `","key":"` + p.Key + `","pad":"` + p.Pad + `"}`)
}

func (p payload) item() (item, error) {
	seq, err := strconv.ParseInt(p.Seq, 10, 64)
	if err != nil {
		return item{}, err
	}
	key, err := strconv.Atoi(strings.TrimPrefix(p.Key, "k"))
	return item{seq, key}, err
}

var errBody = errors.New("bench: this is no event of ours")

// read is the inverse of body. Bodies are JSON of one form, so it is not decoded: that would be measured, too.
func read(body []byte) (item, error) {
	text := string(body)
	_, text, ok1 := strings.Cut(text, `"seq":`)
	_, text, ok2 := strings.Cut(text, `"`)
	seq, text, ok3 := strings.Cut(text, `"`)
	_, text, ok4 := strings.Cut(text, `"key":`)
	_, text, ok5 := strings.Cut(text, `"`)
	key, _, ok6 := strings.Cut(text, `"`)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 {
		return item{}, errBody
	}
	return payload{Seq: seq, Key: key}.item()
}

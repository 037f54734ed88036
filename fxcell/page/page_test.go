package page_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
)

func TestAPageHasADefaultAndALargestSize(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{
		-1: page.DefaultLimit, 0: page.DefaultLimit, 1: 1, page.MaxLimit: page.MaxLimit, page.MaxLimit + 1: page.MaxLimit, 1 << 40: page.MaxLimit,
	} {
		if got := (page.Request{Limit: limit}).Size(); got != want {
			t.Errorf("limit %d: got %d, want %d", limit, got, want)
		}
	}
}

func TestACursorLeadsBackToItsPosition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		position := string(rapid.SliceOfN(rapid.Byte(), 1, page.MaxPosition).Draw(t, "position"))
		got, err := page.Request{Cursor: page.Encode(position)}.After()
		if err != nil || got != position {
			t.Errorf("got %q, %v; want %q", got, err, position)
		}
	})
	if _, err := page.Decode(page.Encode(strings.Repeat("x", page.MaxPosition))); err != nil {
		t.Errorf("the longest position: %v", err)
	}
	if _, err := page.Decode(page.Encode(strings.Repeat("x", page.MaxPosition+1))); !errors.Is(err, page.ErrCursor) {
		t.Errorf("a longer one: got %v", err)
	}
}

func TestTheFirstPageHasNoPosition(t *testing.T) {
	t.Parallel()
	if got, err := (page.Request{}).After(); got != "" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestACursorThatEncodeDidNotMakeIsRefused(t *testing.T) {
	t.Parallel()
	good := page.Encode("position")
	for name, cursor := range map[string]string{
		"no base64":          "hunter2!",
		"no version":         base64.RawURLEncoding.EncodeToString([]byte("position")),
		"another version":    base64.RawURLEncoding.EncodeToString([]byte("2:position")),
		"no position":        page.Encode(""),
		"padded":             base64.URLEncoding.EncodeToString([]byte("1:positions")),
		"standard alphabet":  base64.RawStdEncoding.EncodeToString([]byte("1:\xff\xff\xff?")),
		"a line break in it": good[:4] + "\n" + good[4:],
		"one behind it":      good + "\r\n",
		"a space":            good + " ",
		"cut":                good[:len(good)-1],
		"loose bits":         "MTpw" + "YR", // 1:pa with a bit set that no byte uses
		"too long":           strings.Repeat("MTpw", 257),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := page.Request{Cursor: cursor}.After()
			if got != "" || !errors.Is(err, page.ErrCursor) || !problem.Has(err, problem.Invalid) {
				t.Fatalf("got %q, %v", got, err)
			}
			want := []problem.Fault{{In: "query", Name: "cursor", Rule: "cursor", Message: "must be the nextCursor of an earlier answer"}}
			if faults := problem.From(err).Faults; !slices.Equal(faults, want) {
				t.Errorf("got %+v, want %+v", faults, want)
			}
			if strings.Contains(err.Error(), cursor) {
				t.Errorf("the cursor is shown: %v", err)
			}
		})
	}
}

func TestAListReadPageByPageIsTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,6}`), 0, 20, rapid.ID).Draw(t, "items")
		slices.Sort(all)
		size := rapid.IntRange(1, 7).Draw(t, "size")
		var got []string
		request := page.Request{Limit: size}
		for {
			after, err := request.After()
			if err != nil {
				t.Fatal(err)
			}
			from, _ := slices.BinarySearch(all, after+"\x00")
			if after == "" {
				from = 0
			}
			p := page.Of(all[from:min(from+request.Size()+1, len(all))], request.Size(), func(s string) string { return s })
			if len(p.Data) > size || p.HasMore != (p.NextCursor != "") || p.HasMore && len(p.Data) != size {
				t.Fatalf("got %+v of size %d", p, size)
			}
			got = append(got, p.Data...)
			if !p.HasMore {
				break
			}
			request.Cursor = p.NextCursor
		}
		if !slices.Equal(got, all) {
			t.Errorf("got %q, want %q", got, all)
		}
	})
}

func TestAPageIsEncodedWithAListAndWithoutAnEmptyCursor(t *testing.T) {
	t.Parallel()
	position := func(s string) string { return s }
	for name, c := range map[string]struct {
		items []string
		want  string
	}{
		"nothing": {nil, `{"data":[],"hasMore":false}`},
		"full":    {[]string{"a", "b"}, `{"data":["a","b"],"hasMore":false}`},
		"more":    {[]string{"a", "b", "c"}, `{"data":["a","b"],"nextCursor":"MTpi","hasMore":true}`},
	} {
		got, err := json.Marshal(page.Of(c.items, 2, position))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", page.Encode("a"), page.Encode("\xff\x00"), "MTph\n", "MTo", "!", strings.Repeat("A", 1025)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		position, err := page.Decode(cursor)
		switch {
		case err != nil && (!errors.Is(err, page.ErrCursor) || position != ""):
			t.Errorf("%q: got %q, %v", cursor, position, err)
		case err == nil && (position == "" || page.Encode(position) != cursor):
			t.Errorf("%q is accepted as %q, whose cursor is %q", cursor, position, page.Encode(position))
		}
	})
}

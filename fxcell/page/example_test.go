package page_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"fxcell.dev/fxcell/page"
	"fxcell.dev/fxcell/problem"
)

// listRequest is the request of a contract that lists.
type listRequest struct {
	page.Request
}

// names stand in for the rows of a table, in their order.
var names = []string{"ada", "barbara", "edsger", "grace", "leslie"}

// list reads one row more than the page holds, as a store does by its query.
func list(req listRequest) (page.Page[string], error) {
	after, err := req.After()
	if err != nil {
		return page.Page[string]{}, err
	}
	var rows []string
	for _, name := range names {
		if name > after && len(rows) <= req.Size() {
			rows = append(rows, name)
		}
	}
	return page.Of(rows, req.Size(), func(name string) string { return name }), nil
}

// The cursor of a page is what the next request sends.
func Example() {
	req := listRequest{page.Request{Limit: 2}}
	for {
		p, err := list(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p.Data, p.HasMore)
		if req.Cursor = p.NextCursor; !p.HasMore {
			_ = json.NewEncoder(os.Stdout).Encode(p)
			return
		}
	}
	// Output:
	// [ada barbara] true
	// [edsger grace] true
	// [leslie] false
	// {"data":["leslie"],"hasMore":false}
}

// A cursor that somebody made up is a fault of the request, told without the value.
func ExampleRequest_After() {
	_, err := page.Request{Cursor: "made up"}.After()
	fmt.Println(errors.Is(err, page.ErrCursor))
	for _, fault := range problem.From(err).Faults {
		fmt.Println(fault.In, fault.Name, fault.Message)
	}
	// Output:
	// true
	// query cursor must be the nextCursor of an earlier answer
}

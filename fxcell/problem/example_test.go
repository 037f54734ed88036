package problem_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"fxcell.dev/fxcell/problem"
)

// outOfStock is a code that the contract of an order lists.
var outOfStock = problem.Code{Status: http.StatusConflict, Name: "ERR_OUT_OF_STOCK", Title: "There are not enough of them"}

// An error that a caller may see has a code of the contract and a sentence. Its cause is for logs.
func ExampleNew() {
	err := problem.New(outOfStock, "Only three are left.").Wrap(errors.New("stock: row 17 is locked"))
	fmt.Println(err)
	fmt.Println(problem.Has(err, outOfStock))
	// Output:
	// ERR_OUT_OF_STOCK: Only three are left: stock: row 17 is locked
	// true
}

// Whatever else goes wrong tells the caller nothing.
func ExampleFrom() {
	e := problem.From(errors.New("dial tcp 10.0.0.7:5432: connection refused"))
	fmt.Printf("%d %s %q\n", e.Code.Status, e.Code.Name, e.Detail)
	// Output: 500 ERR_INTERNAL ""
}

// The faults of an input name their places, never the values.
func ExampleWrite() {
	answer := httptest.NewRecorder()
	problem.Write(answer, problem.BadInput(
		problem.Fault{Pointer: "/items/0/count", Rule: "minimum", Message: "must be at least 1"},
		problem.Fault{In: "query", Name: "limit", Rule: "type", Message: "must be an integer"},
	), "req-1")
	fmt.Println(answer.Code, answer.Header().Get("Content-Type"))
	fmt.Println(answer.Body)
	// Output:
	// 400 application/problem+json
	// {"type":"about:blank","title":"The request does not fit its contract","status":400,"detail":"The request has faults.","code":"ERR_REQUEST_INVALID","requestId":"req-1","errors":[{"pointer":"/items/0/count","rule":"minimum","message":"must be at least 1"},{"pointer":"","in":"query","name":"limit","rule":"type","message":"must be an integer"}]}
}

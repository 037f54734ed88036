package contract_test

import (
	"context"
	"fmt"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/problem"
)

type (
	// order is the payload of event.order.placed.v1.
	order struct {
		ID    string `json:"id"`
		Count int    `json:"count"`
	}
	// stockRequest asks http.stock.get.v1.
	stockRequest  struct{ Item string }
	stockResponse struct{ Count int }
)

// orders is a service: it takes what its slice lists by contract.Publish and contract.Call.
type orders struct {
	placed contract.Publisher[order]
	stock  contract.Client[stockRequest, stockResponse]
}

func (o orders) place(ctx context.Context, one order) error {
	left, err := o.stock.Call(ctx, stockRequest{Item: "chair"})
	if err != nil {
		return err
	}
	if left.Count < one.Count {
		return problem.New(problem.Invalid, "There are not enough of them.")
	}
	return o.placed.Publish(ctx, one)
}

// A service is tested by its constructor, without a container: other cells answer by functions.
func ExampleNewTestPublisher() {
	o := orders{
		placed: contract.NewTestPublisher(func(_ context.Context, one order) error {
			fmt.Println("published", one.ID)
			return nil
		}),
		stock: contract.NewTestClient(func(_ context.Context, req stockRequest) (stockResponse, error) {
			fmt.Println("asked for", req.Item)
			return stockResponse{Count: 3}, nil
		}),
	}
	fmt.Println(o.place(context.Background(), order{ID: "order-17", Count: 2}))
	fmt.Println(o.place(context.Background(), order{ID: "order-18", Count: 4}))
	// Output:
	// asked for chair
	// published order-17
	// <nil>
	// asked for chair
	// ERR_REQUEST_INVALID: There are not enough of them
}

// A handle says what contract.yaml says, with its defaults.
func ExampleEvent_Describe() {
	placed := contract.Event[order]{ID: "event.order.placed.v1", Owner: "order", Key: func(o order) string { return o.ID }, KeyAt: "/id"}
	d := placed.Describe()
	fmt.Println(d.ID, d.Event.Topic, d.Event.Key, d.Event.Retry.Attempts, d.Event.OnPoison)
	fmt.Println(d.Event.KeyOf([]byte(`{"id": "order-17", "count": 2}`)))
	// Output:
	// event.order.placed.v1 order /id 10 park
	// order-17 <nil>
}

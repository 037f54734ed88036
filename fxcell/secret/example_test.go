package secret_test

import (
	"encoding/json"
	"fmt"

	"fxcell.dev/fxcell/secret"
)

// login is a request that holds a secret. Printing it shows none.
type login struct {
	Username string      `json:"username"`
	Password secret.Text `json:"password"`
}

func ExampleText() {
	var req login
	if err := json.Unmarshal([]byte(`{"username": "ada", "password": "correct horse"}`), &req); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v\n%+v\n", req, req)
	encoded, err := json.Marshal(req)
	fmt.Println(string(encoded), err)
	fmt.Println(req.Password.Equal(secret.NewText("correct horse")), len(req.Password.Reveal()))
	// Output:
	// {ada [redacted]}
	// {Username:ada Password:[redacted]}
	// {"username":"ada","password":"[redacted]"} <nil>
	// true 13
}

package config_test

import (
	"fmt"
	"reflect"
	"time"

	port "fxcell.dev/fxcell/config"
	"fxcell.dev/modules/config"
)

// mail is a section. Its methods let the source help who configures it.
type mail struct {
	Server  string
	Timeout time.Duration // 5s when zero
}

// WithDefaults returns c with its zero fields filled.
func (c mail) WithDefaults() mail {
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	return c
}

// Each source stands over the one before, and what is wrong is told with the place where it was said.
func ExampleNew() {
	built := port.File{Name: "configs/shop.yaml", YAML: []byte("mail:\n  server: localhost:25\n  timeout: 1s\n")}
	environ := []string{"FXCELL_MAIL__SERVER=mail.example.org:587"}
	source, err := config.New(built, port.Args{Set: []string{"mail.timeout=3s"}}, environ)
	if err != nil {
		fmt.Println(err)
		return
	}
	var c mail
	fmt.Println(source.Decode("mail", &c), c.Server, c.Timeout)

	source, err = config.New(built, port.Args{Set: []string{"mail.timeout=0s", "mail.sever=localhost:25"}}, nil)
	fmt.Println(err)
	fmt.Println(source.Check([]port.Registered{{Name: "mail", Type: reflect.TypeFor[mail]()}}))
	// Output:
	// <nil> mail.example.org:587 3s
	// <nil>
	// modules/config: mail.sever is unknown (--set): did you mean mail.server?
	// modules/config: mail.timeout from --set: zero stands for the default, 5s: say that, or another value, or leave it out
}

package level_test

import (
	"fmt"

	"fxcell.dev/fxcell/level"
)

// A cell declares how far its effects reach; what reaches further is refused.
func ExampleParse() {
	declared, err := level.Parse("L2")
	fmt.Println(declared, err)
	fmt.Println("publishes:", declared >= level.L2, "keeps projections:", declared >= level.L3)
	_, err = level.Parse("l2")
	fmt.Println(err)
	// Output:
	// L2 <nil>
	// publishes: true keeps projections: false
	// level: "l2" is none of L0, L1, L2, L3, L4
}

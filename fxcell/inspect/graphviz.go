package inspect

import (
	"fmt"
	"strconv"
	"strings"
)

// DOT is the graph as text of Graphviz.
func (g *Graph) DOT() string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\ndigraph {\n  rankdir=LR;\n  node [shape=box];\n", g.title)
	g.each(
		func(f frame, depth int) {
			fmt.Fprintf(&b, "%ssubgraph cluster_%s {\n%slabel=%s;\n", indent(depth), f.id, indent(depth+1), strconv.Quote(f.label))
		},
		func(depth int) { fmt.Fprintf(&b, "%s}\n", indent(depth)) },
		func(x box, depth int) {
			form := [...]string{plain: "", round: ", shape=oval", angled: ", shape=hexagon"}[x.shape]
			if x.faint {
				form += `, color="#bbbbbb", fontcolor="#999999", style=dashed`
			}
			fmt.Fprintf(&b, "%s%s [label=%s%s];\n", indent(depth), x.id, strconv.Quote(x.label), form)
		},
	)
	styles := [...]string{takes: "", contracts: "style=bold", events: "style=dashed", decorates: "arrowhead=odot", judges: "arrowhead=tee"}
	for _, e := range g.edges {
		var attributes []string
		if len(e.labels) > 0 {
			attributes = append(attributes, "label="+strconv.Quote(strings.Join(e.labels, "\n")))
		}
		if styles[e.line] != "" {
			attributes = append(attributes, styles[e.line])
		}
		fmt.Fprintf(&b, "  %s -> %s", e.from, e.to)
		if len(attributes) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(attributes, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	return b.String()
}

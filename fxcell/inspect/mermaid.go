package inspect

import (
	"fmt"
	"strings"
)

// Mermaid is the graph as text of Mermaid, which GitHub shows as a picture.
func (g *Graph) Mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%%%% %s\nflowchart LR\n", g.title)
	g.each(
		func(f frame, depth int) { fmt.Fprintf(&b, "%ssubgraph %s[%s]\n", indent(depth), f.id, quoted(f.label)) },
		func(depth int) { fmt.Fprintf(&b, "%send\n", indent(depth)) },
		func(x box, depth int) {
			form := [...]string{plain: "[%s]", round: "([%s])", angled: "{{%s}}"}[x.shape]
			fmt.Fprintf(&b, "%s%s"+form+"\n", indent(depth), x.id, quoted(x.label))
		},
	)
	arrows := [...]string{takes: "-->", contracts: "==>", events: "-.->", decorates: "--o", judges: "--x"}
	for _, e := range g.edges {
		label := ""
		if len(e.labels) > 0 {
			label = "|" + quoted(strings.Join(e.labels, "\n")) + "|"
		}
		fmt.Fprintf(&b, "  %s %s%s %s\n", e.from, arrows[e.line], label, e.to)
	}
	b.WriteString("  classDef faint fill:#f6f6f6,stroke:#bbbbbb,color:#999999,stroke-dasharray:4\n")
	for _, x := range g.boxes {
		if x.faint {
			fmt.Fprintf(&b, "  class %s faint\n", x.id)
		}
	}
	return b.String()
}

func indent(depth int) string { return strings.Repeat("  ", depth+1) }

// quoted writes a label as Mermaid wants it.
func quoted(label string) string {
	return `"` + strings.NewReplacer(`"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br/>").Replace(label) + `"`
}

// each walks over frames and the boxes in them, in their order.
func (g *Graph) each(open func(frame, int), end func(int), draw func(box, int)) {
	var inside func(within string, depth int)
	inside = func(within string, depth int) {
		for _, f := range g.frames {
			if f.within == within {
				open(f, depth)
				inside(f.id, depth+1)
				end(depth)
			}
		}
		for _, x := range g.boxes {
			if x.frame == within {
				draw(x, depth)
			}
		}
	}
	inside("", 0)
}

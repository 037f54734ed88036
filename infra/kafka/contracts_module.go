package kafka

import (
	"maps"
	"slices"

	"go.uber.org/fx"

	"fxcell.dev/fxcell/contract"
	"fxcell.dev/fxcell/inspect"
)

// contractsIn are the contracts that the app publishes and subscribes. Only an Invoke reads them: what a group's members reach must read no group.
type contractsIn struct {
	fx.In

	Cluster       *cluster
	Cells         []inspect.Cell          `group:"fxcell.cells"`
	Subscriptions []contract.Subscription `group:"fxcell.subscriptions"`
}

// takeContracts tells the cluster which topics it sees to at its start, and where it finds what readers want.
func takeContracts(in contractsIn) {
	in.Cluster.wanted = topicsOf(in.Cells, in.Subscriptions)
	in.Cluster.subscribed = subscribedOf(in.Subscriptions)
}

// subscribedOf returns the topics of the contracts that are subscribed.
func subscribedOf(subscriptions []contract.Subscription) map[string]string {
	topics := map[string]string{}
	for _, s := range subscriptions {
		for _, info := range s.Contracts {
			topics[info.ID] = info.Topic
		}
	}
	return topics
}

// topicsOf returns the topics of contracts, sorted. A contract that names a topic of its own and has no subscriber here is not among them: its topic
// is seen to when its first event is published.
func topicsOf(cells []inspect.Cell, subscriptions []contract.Subscription) []string {
	topics := map[string]struct{}{}
	for _, c := range cells {
		for _, u := range c.Uses {
			if u.Role == "publish" {
				topics[u.Owner] = struct{}{}
			}
		}
	}
	for _, s := range subscriptions {
		for _, info := range s.Contracts {
			topics[info.Topic] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(topics))
}

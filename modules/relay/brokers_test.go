package relay

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kept reads the topic order with another client until so many messages have come, and returns their ids by key. They are CloudEvents.
func kept(t *testing.T, brokers *kfake.Cluster, n int) map[string][]string {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...), kgo.ConsumeTopics("order"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ids := map[string][]string{}
	deadline := time.After(30 * time.Second)
	for got := 0; got < n; {
		select {
		case <-deadline:
			t.Fatalf("%d of %d messages came", got, n)
		default:
		}
		fetches := client.PollFetches(t.Context())
		fetches.EachRecord(func(r *kgo.Record) {
			got++
			headers := map[string]string{}
			for _, h := range r.Headers {
				headers[h.Key] = string(h.Value)
			}
			if headers["ce_specversion"] != "1.0" || headers["ce_type"] != "event.order.placed.v1" || headers["content-type"] != "application/json" {
				t.Errorf("message with headers %v is no CloudEvent", headers)
			}
			ids[string(r.Key)] = append(ids[string(r.Key)], headers["ce_id"])
		})
	}
	return ids
}

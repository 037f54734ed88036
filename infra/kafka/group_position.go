package kafka

import (
	"fmt"

	"github.com/IBM/sarama"
)

// startLate returns the ends of the partitions that the group has no position of, and stores them as its positions. That is refused while other
// members are active: then the claims of those partitions do it.
func (m *member) startLate() (map[string]map[int32]int64, error) {
	ends, err := m.endsOfNew()
	if err != nil || len(ends) == 0 {
		return nil, err
	}
	req := &sarama.OffsetCommitRequest{
		Version: 7, ConsumerGroup: m.name, ConsumerGroupGeneration: sarama.GroupGenerationUndefined, RetentionTime: -1,
	}
	for topic, partitions := range ends {
		for partition, end := range partitions {
			req.AddBlockWithLeaderEpoch(topic, partition, end, -1, 0, "")
		}
	}
	coordinator, err := m.client.Coordinator(m.name)
	if err != nil {
		return nil, fmt.Errorf("find the coordinator of group %s: %w", m.name, err)
	}
	res, err := coordinator.CommitOffset(req)
	if err != nil {
		return nil, fmt.Errorf("store the first position of group %s: %w", m.name, err)
	}
	for _, partitions := range res.Errors {
		for _, code := range partitions {
			switch code {
			case sarama.ErrNoError, sarama.ErrUnknownMemberId, sarama.ErrIllegalGeneration, sarama.ErrRebalanceInProgress:
			default:
				return nil, fmt.Errorf("store the first position of group %s: %w", m.name, code)
			}
		}
	}
	return ends, nil
}

// endsOfNew returns where the partitions end that the group has no position of.
func (m *member) endsOfNew() (map[string]map[int32]int64, error) {
	partitions := map[string][]int32{}
	for _, topic := range m.topics {
		all, err := m.client.Partitions(topic)
		if err != nil {
			return nil, fmt.Errorf("look at topic %s: %w", topic, err)
		}
		partitions[topic] = all
	}
	coordinator, err := m.client.Coordinator(m.name)
	if err != nil {
		return nil, fmt.Errorf("find the coordinator of group %s: %w", m.name, err)
	}
	known, err := coordinator.FetchOffset(sarama.NewOffsetFetchRequest(m.client.Config().Version, m.name, partitions))
	unknown := err == nil && known.Err == sarama.ErrGroupIDNotFound
	if err == nil && !unknown && known.Err != sarama.ErrNoError {
		err = known.Err
	}
	if err != nil {
		return nil, fmt.Errorf("look at the positions of group %s: %w", m.name, err)
	}
	ends := map[string]map[int32]int64{}
	for topic, all := range partitions {
		for _, partition := range all {
			at := known.GetBlock(topic, partition)
			if !unknown && (at == nil || at.Err != sarama.ErrNoError) {
				return nil, fmt.Errorf("look at the positions of group %s: topic %s, partition %d: no answer", m.name, topic, partition)
			}
			if !unknown && at.Offset >= 0 {
				continue
			}
			end, err := m.client.GetOffset(topic, partition, sarama.OffsetNewest)
			if err != nil {
				return nil, fmt.Errorf("look at the end of topic %s, partition %d: %w", topic, partition, err)
			}
			if ends[topic] == nil {
				ends[topic] = map[int32]int64{}
			}
			ends[topic][partition] = end
		}
	}
	return ends, nil
}

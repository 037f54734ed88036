package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

var errOther = errors.New("another process answers")

// answers returns nil when the server of that process takes commands.
func answers(ctx context.Context, _, address string, pid int) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c, "PING\r\nINFO server\r\n"); err != nil {
		return err
	}
	r := bufio.NewReader(c)
	pong, err := r.ReadString('\n')
	if err != nil || pong != "+PONG\r\n" {
		return errors.Join(fmt.Errorf("PING was answered %q", pong), err)
	}
	head, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	size, err := strconv.ParseUint(strings.TrimRight(strings.TrimPrefix(head, "$"), "\r\n"), 10, 16)
	if err != nil {
		return fmt.Errorf("INFO was answered %q", head)
	}
	info := make([]byte, size)
	if _, err := io.ReadFull(r, info); err != nil {
		return err
	}
	if !strings.Contains(string(info), fmt.Sprintf("\nprocess_id:%d\r", pid)) {
		return errOther
	}
	return nil
}

package client

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxErrorBytes is how much of an error answer is looked at for its words.
const maxErrorBytes = 128 << 10

// A longer request is still being written when a server may answer it.
const maxSmallRequest = 32 << 10

// Sender makes attempts one after the other on a connection of its own, which
// it dials when it needs one. It is one worker's: not safe for concurrent use.
type Sender struct {
	client  *Client
	conn    *conn // nil without one
	request []byte
	answer  answer
	dates   dateReader

	mu      sync.Mutex // guards ctx, and conn against interrupt
	ctx     context.Context
	unwatch func() bool
}

// Sender returns a new sender.
func (c *Client) Sender() *Sender { return &Sender{client: c} }

// Close closes the sender's connection; a later Put dials a new one.
func (s *Sender) Close() {
	if s.conn != nil {
		s.conn.top.Close()
		s.hold(nil)
	}
	s.watch(context.Background())
}

// Put makes one attempt to update the task with body, a canonical update
// body, and says what was learned. taskID must be a valid task ID. Put keeps
// no reference to body and returns at the latest when Config.Timeout is over
// or ctx is cancelled.
func (s *Sender) Put(ctx context.Context, taskID string, body []byte) Reply {
	reply := Reply{Sent: time.Now()}
	connected, err := s.attempt(ctx, reply.Sent.Add(s.client.timeout), taskID, body)
	reply.Received = time.Now()
	if err != nil {
		s.failed(ctx, connected, err, &reply)
		s.drop()
		return reply
	}
	s.conn.used = reply.Received
	if !s.answer.keep {
		s.drop()
	}
	s.answered(taskID, body, &reply)
	return reply
}

// attempt sends the request once and reads its answer. A kept connection that
// is found gone gives way to a new one. Without an answer it says whether there
// was a connection.
func (s *Sender) attempt(ctx context.Context, deadline time.Time, taskID string, body []byte) (connected bool, err error) {
	for {
		if err := s.connect(ctx, deadline); err != nil {
			return false, err
		}
		if err := s.exchange(taskID, body); err != errGone {
			return true, err
		}
		s.drop()
	}
}

// connect sees to it that there is a connection, and that all that happens on
// it ends at the deadline.
func (s *Sender) connect(ctx context.Context, deadline time.Time) error {
	s.watch(ctx)
	if s.conn == nil {
		dialing, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		c, err := s.client.dialer.dial(dialing)
		if err != nil {
			return err
		}
		s.hold(c)
	}
	if err := s.conn.SetDeadline(deadline); err != nil {
		return err
	}
	return ctx.Err()
}

// watch makes the end of ctx end what goes on on the connection.
func (s *Sender) watch(ctx context.Context) {
	if s.ctx == ctx {
		return
	}
	if s.unwatch != nil {
		s.unwatch()
	}
	s.mu.Lock()
	s.ctx = ctx
	s.mu.Unlock()
	s.unwatch = context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ctx == ctx && s.conn != nil {
			s.conn.SetDeadline(past)
		}
	})
}

// hold takes c as the connection.
func (s *Sender) hold(c *conn) {
	s.mu.Lock()
	s.conn = c
	s.mu.Unlock()
}

// drop leaves the connection.
func (s *Sender) drop() {
	if s.conn != nil {
		s.conn.Close() // at once: a TLS farewell could have to wait
		s.hold(nil)
	}
}

// exchange sends the request and reads the answer.
func (s *Sender) exchange(taskID string, body []byte) error {
	r := append(s.request[:0], s.client.start...)
	r = append(append(r, taskID...), s.client.head...)
	r = strconv.AppendInt(r, int64(len(body)), 10)
	r = append(append(r, "\r\n\r\n"...), body...)
	if len(r) > maxSmallRequest {
		return s.exchangeLarge(r)
	}
	s.request = r
	if err := s.conn.ask(r); err != nil {
		return err
	}
	return s.answer.read(&s.conn.in)
}

// exchangeLarge reads while it writes: a server may answer, and read no more,
// before it has the whole request.
func (s *Sender) exchangeLarge(request []byte) error {
	if err := s.conn.look(); err != nil {
		return err
	}
	written := make(chan error, 1)
	go func() {
		_, err := s.conn.top.Write(request)
		written <- err
	}()
	err := s.answer.read(&s.conn.in)
	s.conn.SetWriteDeadline(past) // what has not left by now need not
	if <-written != nil {
		s.answer.keep = false
	}
	return err
}

// failed fills in the reply of an attempt without an answer.
func (s *Sender) failed(ctx context.Context, connected bool, err error, reply *Reply) {
	reply.Verdict, reply.Health = Unconnected, Ill
	if connected {
		reply.Verdict = Unanswered
		reply.Stale = !s.conn.used.IsZero() && !isTimeout(err)
	}
	switch {
	case ctx.Err() == nil:
		reply.Message = s.client.secret.line(networkMessage(err, connected, s.client.timeout))
		reply.Setup = speaksOfSetup(err)
	case connected:
		reply.Health, reply.Message = Healthy, "stopped in flight"
	default:
		reply.Health, reply.Message = Healthy, "stopped before a connection was made"
	}
}

// answered fills in the reply of an attempt with an answer.
func (s *Sender) answered(taskID string, body []byte, reply *Reply) {
	a := &s.answer
	reply.Status = a.status
	reply.Verdict, reply.Health = judge(a.status)
	readHeaders(a.headers, s.dates.read(a.headers), taskID, reply)
	if s.client.keepID {
		reply.RequestID = s.client.secret.line(string(a.headers.requestID()))
	}
	if reply.Verdict == Forbidden && reply.RetryAfter > 0 {
		reply.Verdict = Throttled
	}
	switch reply.Verdict {
	case Applied:
		reply.Warning = compareAnswer(body, a.body, s.client.secret)
		return
	case Redirected:
		reply.Message = redirectMessage(a)
	default:
		// The key goes before anything is parsed or cut, and again from
		// the result, in which less is escaped.
		shown := a.body[:min(len(a.body), maxErrorBytes)]
		said := s.client.secret.remove(string(shown), !a.whole || len(shown) < len(a.body))
		e := parseAPIError(a.status, a.title, []byte(said))
		if a.status == http.StatusInternalServerError && e.documented {
			reply.Health = RowError
		}
		reply.Message = e.message
	}
	reply.Message = s.client.secret.line(reply.Message)
}

// redirectMessage names where a redirect points to.
func redirectMessage(a *answer) string {
	title := statusTitle(a.status, a.title)
	if location := a.headers.only("location"); len(location) > 0 {
		return title + ": redirect to " + string(location) + " (not followed)"
	}
	return title
}

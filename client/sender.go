package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// TasksPath is the path of the endpoint, before the task ID.
const TasksPath = "/v1/accounts/tasks/"

// maxErrorBytes is how much of an error answer is looked at for its words.
const maxErrorBytes = 128 << 10

// Buffers above this size are not kept for the next attempt.
const maxKeptBuffer = 64 << 10

// errTimeout ends an attempt that took longer than Config.Timeout.
var errTimeout = errors.New("attempt timed out")

// Sender makes attempts one after the other with reused buffers. It is one
// worker's own: not safe for concurrent use.
type Sender struct {
	client *Client
	line   *line
	answer []byte
	dates  dateReader
}

// Sender returns a new sender on the client's connections.
func (c *Client) Sender() *Sender { return &Sender{client: c} }

// line is what an attempt lends to net/http: the context with its deadline
// and trace, and the body. It serves one attempt after the other for as long
// as net/http has let go of all of it; after that the sender takes a new one
// and leaves the old one behind.
type line struct {
	parent context.Context
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer // cancels ctx; set for each attempt
	proto  *http.Request

	body      []byte
	reader    bytes.Reader
	connected bool        // the attempt got a connection: bytes may leave
	wrote     atomic.Bool // the body has been read for the last time
}

// newLine makes a line for attempts under parent.
func (c *Client) newLine(parent context.Context) *line {
	l := &line{parent: parent}
	ctx, cancel := context.WithCancelCause(parent)
	l.cancel = cancel
	l.ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { l.connected = true },
		WroteRequest: func(httptrace.WroteRequestInfo) { l.wrote.Store(true) },
	})
	l.timer = time.AfterFunc(c.timeout, func() { cancel(errTimeout) })
	l.proto = (&http.Request{
		Method: http.MethodPut,
		Host:   c.base.Host,
		Header: c.header,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		// io.NopCloser around a bytes.Reader is a body that net/http knows
		// to be in memory: header and body leave in one packet. There is no
		// GetBody: net/http must not repeat what may have been sent.
		Body: io.NopCloser(&l.reader),
	}).WithContext(l.ctx)
	return l
}

// request prepares the line for one attempt.
func (l *line) request(base *url.URL, taskID string, body []byte) *http.Request {
	l.body = append(l.body[:0], body...)
	l.reader.Reset(l.body)
	l.connected = false
	l.wrote.Store(false)
	r := *l.proto
	r.ContentLength = int64(len(body))
	u := *base
	u.Path += TasksPath + taskID
	if u.RawPath != "" {
		u.RawPath += TasksPath + taskID
	}
	r.URL = &u
	return &r
}

// Put makes one attempt to update the task with body, a canonical update
// body, and says what was learned. taskID must be a valid task ID. Put keeps
// no reference to body and returns at the latest when Config.Timeout is over
// or ctx is cancelled.
func (s *Sender) Put(ctx context.Context, taskID string, body []byte) Reply {
	reply := Reply{Sent: time.Now()}
	l := s.take(ctx)
	resp, err := s.client.transport.RoundTrip(l.request(s.client.base, taskID, body))
	if err != nil {
		s.drop()
		s.failed(ctx, l, err, &reply)
		reply.Received = time.Now()
		return reply
	}
	whole := s.readAnswer(resp)
	reply.Received = time.Now()
	s.release(whole)
	s.answered(resp, body, whole, &reply)
	return reply
}

// take returns a line with its deadline set.
func (s *Sender) take(ctx context.Context) *line {
	if s.line != nil && s.line.parent == ctx && s.line.ctx.Err() == nil {
		s.line.timer.Reset(s.client.timeout)
		return s.line
	}
	s.drop()
	s.line = s.client.newLine(ctx)
	return s.line
}

// release keeps the line for the next attempt if nobody else can still use
// it.
func (s *Sender) release(whole bool) {
	if !s.line.timer.Stop() || !whole || !s.line.wrote.Load() || cap(s.line.body) > maxKeptBuffer {
		s.drop()
	}
}

// drop leaves the line behind.
func (s *Sender) drop() {
	if s.line != nil {
		s.line.timer.Stop()
		s.line.cancel(nil)
		s.line = nil
	}
}

// readAnswer reads the body to its end into s.answer and closes it. It
// returns false if there is more than we read, or the connection broke.
func (s *Sender) readAnswer(resp *http.Response) (whole bool) {
	defer resp.Body.Close()
	if cap(s.answer) > maxKeptBuffer || s.answer == nil {
		s.answer = make([]byte, 0, 2<<10)
	}
	s.answer = s.answer[:0]
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return false // what follows is another protocol, perhaps without an end
	}
	for len(s.answer) <= maxAnswerBytes {
		if len(s.answer) == cap(s.answer) {
			s.answer = append(s.answer, 0)[:len(s.answer)]
		}
		n, err := resp.Body.Read(s.answer[len(s.answer):cap(s.answer)])
		s.answer = s.answer[:len(s.answer)+n]
		if err != nil {
			return err == io.EOF && len(s.answer) <= maxAnswerBytes
		}
	}
	s.answer = s.answer[:maxAnswerBytes]
	return false
}

// failed fills in the reply of an attempt without an answer.
func (s *Sender) failed(ctx context.Context, l *line, err error, reply *Reply) {
	reply.Verdict, reply.Health = Unconnected, Ill
	if l.connected {
		reply.Verdict = Unanswered
	}
	switch {
	case ctx.Err() == nil:
		reply.Message = s.client.secret.line(networkMessage(err, l.connected, s.client.timeout))
	case l.connected:
		reply.Health, reply.Message = Healthy, "stopped in flight"
	default:
		reply.Health, reply.Message = Healthy, "stopped before a connection was made"
	}
}

// answered fills in the reply of an attempt with an answer.
func (s *Sender) answered(resp *http.Response, body []byte, whole bool, reply *Reply) {
	readHeaders(resp.Header, s.dates.read(resp.Header), reply)
	if resp.StatusCode < 100 { // no status of HTTP
		reply.Verdict, reply.Health, reply.Message = Unanswered, Ill, notHTTP
		return
	}
	reply.Status = resp.StatusCode
	reply.Verdict, reply.Health = judge(resp.StatusCode)
	switch reply.Verdict {
	case Applied:
		reply.Warning = compareAnswer(body, s.answer, s.client.secret)
		return
	case Redirected:
		reply.Message = redirectMessage(resp)
	default:
		// The key goes before anything is parsed or cut, and again from
		// the result, in which less is escaped.
		shown := s.answer[:min(len(s.answer), maxErrorBytes)]
		words := s.client.secret.remove(string(shown), !whole || len(shown) < len(s.answer))
		e := parseAPIError(resp.StatusCode, resp.Status, []byte(words))
		if resp.StatusCode == http.StatusInternalServerError && e.documented {
			reply.Health = RowError
		}
		reply.Message = e.message
	}
	reply.Message = s.client.secret.line(reply.Message)
}

// redirectMessage names where a redirect points to.
func redirectMessage(resp *http.Response) string {
	title := statusTitle(resp.StatusCode, resp.Status)
	location := resp.Header.Get("Location")
	if location == "" {
		return title
	}
	return title + ": redirect to " + location + " (not followed)"
}

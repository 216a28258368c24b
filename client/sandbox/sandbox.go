// Package sandbox is a stand-in for the API: it answers the one endpoint that
// taskbatch uses as the API's public description says, header by header, and
// keeps the tasks in memory. It serves trials, demos and tests; with faults
// it behaves as badly as a real server on a bad day, but repeatably.
//
//	request -> log -> gateway -> quota -> route, key -> fault? -> latency -> body, task -> answer (or fault)
//
// [New] makes the handler, [Start] serves it on a loopback address. Beside the
// API there are two pages for people and tests, which need no key:
//
//	GET /_sandbox/tasks/{id}  the task as the API would answer it
//	GET /_sandbox/log         the requests seen, one JSON object a line
//
// It is strict where the API is not documented: duplicate keys, unknown keys
// and wrong types are refused, so that a client's mistakes show.
package sandbox

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"taskbatch/client"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 32 << 20

// Config says how the sandbox behaves. The zero Config accepts any key, knows
// no quota, answers at once and without faults.
type Config struct {
	Key             string              // the only key accepted; "": any that is not empty
	Quota           Quota               // requests per window; zero: none, and no rate headers
	QuotaStyle      QuotaStyle          // how the quota is announced; "": Epoch
	Latency         time.Duration       // how long each answer takes
	Faults          Faults              // zero: none
	MetadataReplace bool                // an update replaces metadata as a whole, instead of key by key
	AttachmentsAdd  bool                // an update adds its attachments to those there are, instead of replacing them
	Known           map[string]struct{} // the tasks that exist; nil: each is created on first sight
	UnknownPrefix   string              // tasks whose ID begins so do not exist; "": none
	Now             func() time.Time    // the server's clock; nil: time.Now
	LogLimit        int                 // requests that /_sandbox/log remembers, the newest; 0: 200,000, negative: none
	LogFile         string              // file to append every request to as well, as soon as its outcome is decided; "": none
}

// Sandbox is the stand-in. It is an http.Handler, safe for concurrent use.
type Sandbox struct {
	config Config
	tasks  *store
	meter  meter
	crowd  crowd
	log    *requestLog
	done   chan struct{} // closed by Close: hanging and slow answers end
	once   sync.Once
}

// New makes a sandbox. It fails if the log file cannot be opened. Close it
// when done.
func New(c Config) (*Sandbox, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	log, err := newRequestLog(c.LogLimit, c.LogFile)
	if err != nil {
		return nil, err
	}
	return &Sandbox{
		config: c,
		tasks:  &store{config: c, tasks: map[string]*task{}},
		meter:  meter{quota: c.Quota, style: c.QuotaStyle, windows: map[string]*window{}},
		crowd:  crowd{faults: c.Faults},
		log:    log,
		done:   make(chan struct{}),
	}, nil
}

// Close ends the requests that hang and closes the log file; the error is the
// first one in writing it. Later requests are still answered, but not written
// to the file.
func (s *Sandbox) Close() error {
	s.stop()
	return s.log.close()
}

// stop ends the requests that hang or wait.
func (s *Sandbox) stop() { s.once.Do(func() { close(s.done) }) }

// down tells whether there is an outage now.
func (s *Sandbox) down() bool {
	first := s.log.first()
	return !first.IsZero() && s.config.Faults.outage(s.config.Now().Sub(first))
}

// ServeHTTP answers one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		s.inspect(w, r)
		return
	}
	now := s.config.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	e := s.log.begin(now, r.Method, strings.TrimPrefix(r.URL.Path, client.TasksPath), body)
	if s.down() {
		s.finish(e, answer{}, faultOutage)
		reset(w)
		return
	}
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) { // the client left in the middle of the body
		s.finish(e, answer{}, "")
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	a, fault, ok := s.crowd.enter(now)
	if !ok {
		s.deliver(w, r, e, a, fault)
		return
	}
	level := s.meter.take(now, r.URL.Path)
	switch {
	case tooLarge != nil:
		a = refuse(http.StatusRequestEntityTooLarge, "The body is too large")
	case !level.ok:
		a = refuse(http.StatusTooManyRequests, "Too many requests")
		a.retryAfter = level.wait
	default:
		a, fault = s.answer(r, e.Seq, body)
	}
	s.crowd.leave() // first: whoever has the answer may send the next request
	s.meter.announce(w.Header(), r, level)
	s.deliver(w, r, e, a, fault)
}

// answer is what the API says to a request within the quota, and the fault
// that befalls it.
func (s *Sandbox) answer(r *http.Request, seq int64, body []byte) (answer, string) {
	id, found := strings.CutPrefix(r.URL.Path, client.TasksPath)
	switch {
	case !found || strings.Contains(id, "/"):
		return refuse(http.StatusNotFound, "Cannot "+r.Method+" "+r.URL.Path), ""
	case r.Method != http.MethodPut:
		return refuse(http.StatusMethodNotAllowed, "Cannot "+r.Method+" "+r.URL.Path), ""
	case !s.accepts(r.Header["X-Api-Key"]):
		return refuse(http.StatusUnauthorized, "Invalid API key"), ""
	}
	fault := s.config.Faults.draw(seq)
	if s.config.Faults.poisons(id) {
		fault = faultPoison
	}
	s.pause(s.config.Latency)
	if a, ok := faultAnswer(fault); ok {
		return a, fault
	}
	if id == "" {
		return refuse(http.StatusBadRequest, "Task ID is required!"), fault
	}
	problems, malformed := checkBody(r.Header.Get("Content-Type"), body)
	if malformed != "" {
		return refuse(http.StatusBadRequest, malformed), fault
	}
	if len(problems) > 0 {
		return refuse(http.StatusBadRequest, problems), fault
	}
	task, ok := s.tasks.update(id, body)
	if !ok {
		return refuse(http.StatusNotFound, "Account task not found"), fault
	}
	return answer{status: http.StatusOK, body: task, applied: true}, fault
}

// accepts checks the key.
func (s *Sandbox) accepts(keys []string) bool {
	return len(keys) == 1 && keys[0] != "" && (s.config.Key == "" || keys[0] == s.config.Key)
}

// pause waits for d or until Close.
func (s *Sandbox) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

// finish notes in the log what became of a request.
func (s *Sandbox) finish(e *entry, a answer, fault string) {
	s.log.finish(e, s.config.Now(), a.status, a.applied, fault)
}

// inspect answers the pages below /_sandbox/.
func (s *Sandbox) inspect(w http.ResponseWriter, r *http.Request) {
	id, isTask := strings.CutPrefix(r.URL.Path, "/_sandbox/tasks/")
	task, found := s.tasks.show(id)
	switch {
	case r.Method != http.MethodGet:
		refuse(http.StatusMethodNotAllowed, "Cannot "+r.Method+" "+r.URL.Path).write(w)
	case isTask && found:
		answer{status: http.StatusOK, body: task}.write(w)
	case isTask:
		refuse(http.StatusNotFound, "Account task not found").write(w)
	case r.URL.Path == "/_sandbox/log":
		w.Header().Set("Content-Type", "application/x-ndjson")
		s.log.writeTo(w)
	default:
		refuse(http.StatusNotFound, "Cannot GET "+r.URL.Path).write(w)
	}
}

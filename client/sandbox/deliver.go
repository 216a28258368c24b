package sandbox

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// How a slow answer's body comes.
const (
	slowPieces = 20
	slowPause  = 50 * time.Millisecond
)

// answer is what goes back to the client.
type answer struct {
	status      int
	body        []byte
	contentType string // "": JSON
	retryAfter  int64  // seconds; 0: no header
	location    string
	applied     bool
}

// refuse is the API's error answer; its message is a text or a list of texts.
func refuse(status int, message any) answer {
	return answer{status: status, body: marshal(struct {
		StatusCode int    `json:"statusCode"`
		Message    any    `json:"message"`
		Error      string `json:"error"`
	}{status, message, http.StatusText(status)})}
}

// gatewayPage is the answer of a gateway in front of the API.
func gatewayPage(status int) answer {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return answer{
		status:      status,
		contentType: "text/html",
		body:        []byte("<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>\n"),
	}
}

// faultAnswer is the answer of the faults that apply nothing; ok is false for
// the others. A zero answer is none at all.
func faultAnswer(fault string) (a answer, ok bool) {
	switch fault {
	case fault500:
		return refuse(http.StatusInternalServerError, "Something went wrong!"), true
	case fault502, faultPoison:
		return gatewayPage(http.StatusBadGateway), true
	case fault503:
		return gatewayPage(http.StatusServiceUnavailable), true
	case fault504:
		return gatewayPage(http.StatusGatewayTimeout), true
	case fault429:
		a = refuse(http.StatusTooManyRequests, "Too many requests")
		a.retryAfter = 1
		return a, true
	case fault401:
		return refuse(http.StatusUnauthorized, "Invalid API key"), true
	case faultRedirect:
		return answer{status: http.StatusFound, contentType: "text/plain", location: "https://elsewhere.invalid/"}, true
	case faultHang, faultDropBefore:
		return answer{}, true
	}
	return answer{}, false
}

// deliver sends the answer as the fault wants it. The log has it before the
// client does.
func (s *Sandbox) deliver(w http.ResponseWriter, r *http.Request, e *entry, a answer, fault string) {
	switch {
	case fault == faultHang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		s.finish(e, answer{}, fault)
		panic(http.ErrAbortHandler)
	case fault == faultDropBefore, fault == faultDrop:
		s.finish(e, answer{applied: a.applied}, fault)
		panic(http.ErrAbortHandler)
	}
	if a.applied && fault == faultGarbage {
		a.body = []byte("\x00\xff this is not JSON {\"title\":")
	}
	s.finish(e, a, fault)
	switch {
	case a.applied && fault == faultCut:
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(a.body))}
		a.body = a.body[:len(a.body)/2]
		a.write(w)
		http.NewResponseController(w).Flush() // what fails here was to break anyway
		panic(http.ErrAbortHandler)
	case a.applied && fault == faultSlow:
		s.trickle(w, a)
	default:
		a.write(w)
	}
}

// write sends the answer.
func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json; charset=utf-8"}
	if a.contentType != "" {
		h["Content-Type"] = []string{a.contentType}
	}
	if a.retryAfter > 0 {
		h["Retry-After"] = []string{strconv.FormatInt(a.retryAfter, 10)}
	}
	if a.location != "" {
		h["Location"] = []string{a.location}
	}
	w.WriteHeader(a.status)
	w.Write(a.body) // an error is the client's: it is gone
}

// trickle sends the answer in pieces.
func (s *Sandbox) trickle(w http.ResponseWriter, a answer) {
	body := a.body
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	a.body = nil
	a.write(w)
	flush := http.NewResponseController(w)
	for i := range slowPieces {
		w.Write(body[i*len(body)/slowPieces : (i+1)*len(body)/slowPieces])
		if flush.Flush() != nil {
			return
		}
		s.pause(slowPause)
	}
}

// reset breaks the connection without an answer, if it can with a TCP reset.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	resetConn(conn)
}

// resetConn closes conn so that the other side sees "connection reset".
func resetConn(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // a failure only makes the close a polite one
	}
	conn.Close()
}

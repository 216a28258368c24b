package client

import "time"

// Verdict is what one attempt means for its row.
type Verdict uint8

const (
	// Applied: the server answered 2xx.
	Applied Verdict = iota
	// Refused: an answer that no retry can change (4xx and every status not
	// named below).
	Refused
	// Unauthorized: 401, the API key was refused.
	Unauthorized
	// Forbidden: 403.
	Forbidden
	// Redirected: 3xx; never followed, Message names the location.
	Redirected
	// Throttled: 429, and 403 with a Retry-After.
	Throttled
	// Erring: an error answer that may pass (408, 425, 500, 503).
	Erring
	// Unanswered: the request may have reached the API, which did not answer
	// it (timeout, reset, EOF, 502, 504, 52x, cancelled in flight).
	Unanswered
	// Unconnected: no connection could be made, nothing was sent.
	Unconnected
)

// Health is what one attempt says about the server as a whole.
type Health uint8

const (
	// Healthy: the API answered, or we gave the attempt up ourselves.
	Healthy Health = iota
	// RowError: 500 with the API's own JSON error, which speaks of its row.
	RowError
	// Error500: any other 500.
	Error500
	// Ill: connection error, timeout, 502, 503, 504 or 52x.
	Ill
)

// Reply is what one attempt learned.
type Reply struct {
	Verdict Verdict
	Health  Health
	Stale   bool   // Unanswered: the server ended a connection that had carried other requests; the retry is better made on a new one, after Sender.Close
	Setup   bool   // the reason speaks of how the run was set up: certificate refused, no TLS, no such host (all Unconnected), what answers speaks no HTTP (Unanswered)
	Status  int    // HTTP status, 0 without an answer
	Message string // one line for people: the server's own words or the connection's error; the key is removed; empty for Applied
	Warning string // Applied: where the answer shows another value than was sent: `title is "X" on the server; status is ...`

	RequestID string // the answer's, from x-request-id and the like; only with Config.KeepRequestID

	Sent     time.Time // when the attempt began
	Received time.Time // when its answer (or failure) was complete

	Quota      Quota         // the plain limit, or the first of several
	More       []Quota       // further limits on the same answer; usually nil
	RetryAfter time.Duration // from Retry-After (seconds, or a date minus the answer's Date header), of a 429 without a Quota from what tells a reset; 0 when absent, malformed or past; at most 31 days
}

// Quota is what the rate headers of one answer say of one limit. Malformed,
// absent, contradictory or absurd headers give the zero Quota.
type Quota struct {
	Name      string // which of several limits: "" for the plain headers, else the suffix or the policy's name
	Known     bool
	Limit     int64         // requests a window, > 0
	Remaining int64         // 0..Limit
	Reset     time.Time     // when the window ends, on the server's clock; zero if Relative
	Left      time.Duration // until the window ends, whole seconds; only if Relative
	Relative  bool          // the server told Left, not Reset
	OwnTask   bool          // the window is this very task's own
	Date      time.Time     // Date header, whole seconds; set whenever the answer has a valid one, even if Known is false
}

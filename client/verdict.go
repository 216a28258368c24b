package client

import "net/http"

var verdictNames = [...]string{
	"applied", "refused", "unauthorized", "forbidden", "redirected",
	"throttled", "erring", "unanswered", "unconnected",
}

// String is the verdict in one word, for logs.
func (v Verdict) String() string { return verdictNames[v] }

var healthNames = [...]string{"healthy", "row error", "error 500", "ill"}

// String is the health in a word or two, for logs.
func (h Health) String() string { return healthNames[h] }

// judge says what an HTTP status means: what may pass is retried, a gateway
// that got no answer leaves open whether the API has applied the request, and
// all else is final.
func judge(status int) (Verdict, Health) {
	switch {
	case status >= 200 && status <= 299:
		return Applied, Healthy
	case status >= 300 && status <= 399:
		return Redirected, Healthy
	case status >= 520 && status <= 529:
		return Unanswered, Ill
	}
	switch status {
	case http.StatusUnauthorized:
		return Unauthorized, Healthy
	case http.StatusForbidden:
		return Forbidden, Healthy
	case http.StatusTooManyRequests:
		return Throttled, Healthy
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return Erring, Healthy
	case http.StatusInternalServerError:
		return Erring, Error500
	case http.StatusServiceUnavailable:
		return Erring, Ill
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return Unanswered, Ill
	}
	return Refused, Healthy
}

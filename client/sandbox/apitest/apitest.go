// Package apitest has a referee for tests: it holds requests and answers
// against the API's OpenAPI description. Wrap it around the handler that plays
// the API, and every request or answer that the description does not allow
// fails the test.
//
//	box, _ := sandbox.New(sandbox.Config{})
//	referee := apitest.New(t, "../testdata/thena.openapi.yaml")
//	server := httptest.NewServer(referee.Wrap(box))
package apitest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Referee judges by one description. It is safe for concurrent use.
type Referee struct {
	t      testing.TB
	router routers.Router
	filter openapi3filter.Options
}

// New reads the description at path; a description that is not valid ends
// the test.
func New(t testing.TB, path string) *Referee {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile(path)
	if err != nil {
		t.Fatalf("read API description: %v", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Fatalf("API description: %v", err)
	}
	doc.Servers = nil // tests run on any port
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatalf("API description: %v", err)
	}
	return &Referee{t: t, router: router, filter: openapi3filter.Options{
		AuthenticationFunc:    hasKey,
		IncludeResponseStatus: true, // a status that is not described is a fault
		MultiError:            true,
	}}
}

// hasKey accepts a request that carries some key.
func hasKey(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if in.RequestValidationInput.Request.Header.Get(in.SecurityScheme.Name) == "" {
		return in.NewError(errors.New("no key"))
	}
	return nil
}

// CheckRequest returns what is wrong with a request that had this body, nil if
// nothing is.
func (r *Referee) CheckRequest(req *http.Request, body []byte) error {
	input, err := r.input(req, body)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(req.Context(), input)
}

// CheckAnswer returns what is wrong with the answer to a request, nil if
// nothing is.
func (r *Referee) CheckAnswer(req *http.Request, status int, header http.Header, body []byte) error {
	input, err := r.input(req, nil)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: &r.filter,
	})
}

// input finds the description of the request's route.
func (r *Referee) input(req *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := r.router.FindRoute(req)
	if err != nil {
		return nil, err
	}
	probe := req.Clone(req.Context())
	probe.Body = io.NopCloser(bytes.NewReader(body))
	return &openapi3filter.RequestValidationInput{Request: probe, PathParams: params, Route: route, Options: &r.filter}, nil
}

// Wrap passes everything on to next and checks requests and answers, except
// for paths below /_sandbox/ and for answers that next breaks off.
func (r *Referee) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/_sandbox/") {
			next.ServeHTTP(w, req)
			return
		}
		reqBody, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client left
		}
		req.Body = io.NopCloser(bytes.NewReader(reqBody))
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, req)
		if err := r.CheckRequest(req, reqBody); err != nil {
			r.t.Errorf("request %s %s %s: %v", req.Method, req.URL.Path, reqBody, err)
		}
		if err := r.CheckAnswer(req, seen.status, w.Header(), seen.body.Bytes()); err != nil {
			r.t.Errorf("answer %d %s to %s %s: %v", seen.status, seen.body.Bytes(), req.Method, req.URL.Path, err)
		}
	})
}

// recorder keeps a copy of the answer.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the body.
func (w *recorder) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

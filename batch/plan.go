package batch

import "context"

// Plan is a batch that was read and checked, ready to run.
type Plan struct {
	cfg    Config
	survey Survey
}

// Prepare reads the whole input once, and what earlier runs recorded of it.
// Nothing is sent and no file is written. Errors: *Error, *csvmap.InputError,
// or the context's.
func Prepare(ctx context.Context, cfg Config) (*Plan, error) {
	return &Plan{cfg: cfg}, nil
}

// Survey is what Prepare found.
func (p *Plan) Survey() *Survey { return &p.survey }

// Run sends what is to be sent and completes the files. A receive from stop is
// a request to stop: the first lets the requests in flight end, the second
// does not. The Summary is valid whenever it is not nil, also beside an error.
func (p *Plan) Run(ctx context.Context, stop <-chan struct{}) (*Summary, error) {
	return nil, nil
}

// Progress may be called from any goroutine while Run runs.
func (p *Plan) Progress() Progress { return Progress{} }

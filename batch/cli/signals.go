package cli

import (
	"os"
	"os/signal"
	"sync"
	"time"
)

// Once the program has been asked to stop and no run is going on, its last
// words may go to a terminal that nobody reads any more: they get so long.
const (
	lastWords    = time.Second
	lastProgress = lastWords / 4 // the display's part of it: the summary file comes after
)

// signals watches for the signals that ask the program to stop. Before the
// sending the first one cancels the context; while rows are sent, the run is
// told instead (see during); then the files are written, which only a second
// one cuts short. After the second one the next kills the process at once.
type signals struct {
	cancel   func()
	over     chan struct{} // closed once a stop was asked for and no run is going on
	idle     chan struct{} // closed once there is nothing left to do, too, but to speak
	incoming chan os.Signal
	quit     chan struct{}
	release  func()

	mu       sync.Mutex
	first    os.Signal
	count    int
	running  func(nth int) // while rows are sent
	progress func()        // SIGUSR1 while rows are sent
	writing  bool          // from the first row sent until the files are written
}

// catchSignals starts watching; release ends it. SIGPIPE is ignored from here
// on: a closed stdout or stderr never ends a run.
func catchSignals(cancel func()) *signals {
	s := &signals{
		cancel:   cancel,
		over:     make(chan struct{}),
		idle:     make(chan struct{}),
		incoming: make(chan os.Signal, 4),
		quit:     make(chan struct{}),
	}
	ignorePipe()
	for _, sig := range append(stopSignals(), progressSignals()...) {
		if !signal.Ignored(sig) { // nohup ignores SIGHUP for us
			signal.Notify(s.incoming, sig)
		}
	}
	watcher := inBackground(s.watch)
	s.release = sync.OnceFunc(func() {
		signal.Stop(s.incoming)
		close(s.quit)
		watcher.wait()
	})
	return s
}

func (s *signals) watch() {
	for {
		select {
		case sig := <-s.incoming:
			if isProgressSignal(sig) {
				s.tellProgress()
			} else {
				s.stop(sig)
			}
		case <-s.quit:
			return
		}
	}
}

func (s *signals) tellProgress() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.progress != nil {
		s.progress()
	}
}

func (s *signals) stop(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if s.first == nil {
		s.first = sig
	}
	if s.count == 2 {
		signal.Reset(stopSignals()...)
	}
	if s.running != nil {
		s.running(s.count)
		return
	}
	closeOnce(s.over)
	if !s.writing || s.count > 1 {
		s.cancel()
		closeOnce(s.idle)
	}
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// outlast waits for the end of what may be stuck in writing to a terminal.
// Once enough is closed, it waits only so long; false: it has given up.
func outlast(b *background, enough <-chan struct{}, patience time.Duration) bool {
	select {
	case <-b.ended:
	case <-enough:
		select {
		case <-b.ended:
		case <-time.After(patience):
			return false
		}
	}
	b.wait()
	return true
}

// during hands signals to a run: stop gets the number of each signal that
// asks to stop, progress is called for SIGUSR1. Both must not block. Signals
// of before are handed on.
func (s *signals) during(stop func(nth int), progress func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.progress, s.writing = stop, progress, true
	for nth := 1; nth <= s.count; nth++ {
		stop(nth)
	}
}

// afterwards ends what during began; the files are still to be written.
func (s *signals) afterwards() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.progress = nil, nil
	if s.count > 0 {
		closeOnce(s.over)
	}
}

// written tells that all files are complete.
func (s *signals) written() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = false
	if s.count > 0 {
		closeOnce(s.idle)
	}
}

// caught is the first signal that asked to stop; nil if none came.
func (s *signals) caught() os.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

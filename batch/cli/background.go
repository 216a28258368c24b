package cli

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// background is a goroutine of the command.
type background struct {
	ended chan struct{}
	panic *panicked
}

// panicked is a panic on its way to Main, with the place where it began.
type panicked struct {
	value any
	place string
}

// inBackground starts a goroutine, whose owner must wait for it.
func inBackground(f func()) *background {
	b := &background{ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		defer func() { b.panic = caughtPanic(recover()) }()
		f()
	}()
	return b
}

// wait waits until the goroutine has ended. If it panicked, so does its owner:
// the program ends as after any other panic, and not with a trace.
func (b *background) wait() {
	<-b.ended
	if b.panic != nil {
		panic(b.panic)
	}
}

// caughtPanic is what recover has returned; nil for no panic.
func caughtPanic(value any) *panicked {
	if value == nil {
		return nil
	}
	if p, ok := value.(*panicked); ok {
		return p
	}
	return &panicked{value, firstFrame(debug.Stack())}
}

// String is the line for people.
func (p *panicked) String() string {
	return fmt.Sprintf("this is a bug in taskbatch: %v at %s", p.value, p.place)
}

// firstFrame is the place in our code where a panic began.
func firstFrame(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+3 < len(lines) {
			return strings.TrimSpace(lines[i+3])
		}
	}
	return "an unknown place"
}

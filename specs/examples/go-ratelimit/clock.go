package ratelimit

import "time"

// Clock tells the time; tests hold it still.
type Clock interface {
	Now() time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// SystemClock is the clock of the machine.
func SystemClock() Clock { return systemClock{} }

// FakeClock is a clock that moves only when it is told to.
type FakeClock struct{ now time.Time }

// NewFakeClock starts at an instant.
func NewFakeClock(start time.Time) *FakeClock { return &FakeClock{now: start} }

// Now is the instant that the clock shows.
func (c *FakeClock) Now() time.Time { return c.now }

// Advance moves the clock on.
func (c *FakeClock) Advance(d time.Duration) { c.now = c.now.Add(d) }

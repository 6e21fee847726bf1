package ratelimit

import (
	"testing"
	"time"
)

func newLimiter(t *testing.T, clock Clock) *Limiter {
	t.Helper()
	l, err := NewLimiter(2, 1, clock)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLimiterKeepsKeysApart(t *testing.T) {
	l := newLimiter(t, NewFakeClock(start))
	l.Allow("a")
	l.Allow("a")
	if l.Allow("a") {
		t.Error("third call of a was allowed, want refused")
	}
	if !l.Allow("b") {
		t.Error("first call of b was refused, want allowed")
	}
	if l.Len() != 2 {
		t.Errorf("Len() = %d, want 2", l.Len())
	}
}

func TestLimiterRefills(t *testing.T) {
	clock := NewFakeClock(start)
	l := newLimiter(t, clock)
	l.Allow("a")
	l.Allow("a")
	clock.Advance(time.Second)
	if !l.Allow("a") {
		t.Error("call after a second was refused, want allowed")
	}
}

func TestLimiterRefusesABadRate(t *testing.T) {
	if _, err := NewLimiter(0, 1, SystemClock()); err != ErrBadRate {
		t.Errorf("NewLimiter(0, 1) error = %v, want %v", err, ErrBadRate)
	}
}

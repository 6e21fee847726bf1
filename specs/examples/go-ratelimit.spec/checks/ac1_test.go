// Held out: the implementer never sees this file.
package checks

import (
	"testing"
	"time"

	"example.org/ratelimit"
)

var noon = time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)

func TestABurstAfterARestIsNoGreaterThanTheCapacity(t *testing.T) {
	for _, rest := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
		clock := ratelimit.NewFakeClock(noon)
		limiter, err := ratelimit.NewLimiter(10, 2, clock)
		if err != nil {
			t.Fatal(err)
		}
		limiter.Allow("client")
		clock.Advance(rest)
		allowed := 0
		for range [50]int{} {
			if limiter.Allow("client") {
				allowed++
			}
		}
		if allowed != 10 {
			t.Errorf("after a rest of %v: %d calls allowed, want 10", rest, allowed)
		}
	}
}

func TestAClockThatGoesBackTakesNothingAway(t *testing.T) {
	bucket, err := ratelimit.NewBucket(2, 1, noon)
	if err != nil {
		t.Fatal(err)
	}
	if !bucket.Take(1, noon.Add(-time.Hour)) || !bucket.Take(1, noon) {
		t.Error("two tokens of a full bucket of 2 were refused")
	}
}

func TestARefillInStepsIsARefill(t *testing.T) {
	bucket, err := ratelimit.NewBucket(4, 2, noon)
	if err != nil {
		t.Fatal(err)
	}
	bucket.Take(4, noon)
	if got := bucket.Wait(1, noon.Add(250*time.Millisecond)); got != 250*time.Millisecond {
		t.Errorf("Wait(1) after 250ms = %v, want 250ms", got)
	}
}

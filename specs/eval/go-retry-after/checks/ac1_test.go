// Held out: the implementer never sees this file.
package checks

import (
	"testing"
	"time"

	"example.org/retry"
)

func TestDates(t *testing.T) {
	now := time.Date(2026, time.November, 21, 23, 59, 30, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"Sun, 22 Nov 2026 00:00:00 GMT": 30 * time.Second,
		"Sat, 21 Nov 2026 23:00:00 GMT": 0,
		"Mon, 23 Nov 2026 23:59:30 GMT": 48 * time.Hour,
		"22 Nov 2026":                   0,
		"45":                            45 * time.Second,
	} {
		if got := retry.After(header, now); got != want {
			t.Errorf("After(%q) = %v, want %v", header, got, want)
		}
	}
}

package retry

import (
	"testing"
	"time"
)

var now = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

func TestAfter(t *testing.T) {
	for _, test := range []struct {
		header string
		want   time.Duration
	}{
		{"120", 2 * time.Minute},
		{"0", 0},
		{"", 0},
		{"-5", 0},
		{"soon", 0},
	} {
		if got := After(test.header, now); got != test.want {
			t.Errorf("After(%q) = %v, want %v", test.header, got, test.want)
		}
	}
}

func TestAfterIgnoresTheClockForSeconds(t *testing.T) {
	if After("7", now) != After("7", now.Add(time.Hour)) {
		t.Error("After(7) depends on the clock")
	}
}

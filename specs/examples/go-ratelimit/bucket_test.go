package ratelimit

import (
	"testing"
	"time"
)

var start = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

func TestNewBucket(t *testing.T) {
	for _, test := range []struct {
		name                string
		capacity, perSecond float64
		wantErr             bool
	}{
		{"positive", 5, 1, false},
		{"no capacity", 0, 1, true},
		{"no rate", 5, 0, true},
		{"negative", -1, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewBucket(test.capacity, test.perSecond, start)
			if (err != nil) != test.wantErr {
				t.Fatalf("NewBucket(%v, %v) error = %v, want error: %v", test.capacity, test.perSecond, err, test.wantErr)
			}
		})
	}
}

func TestTake(t *testing.T) {
	for _, test := range []struct {
		name  string
		take  float64
		after time.Duration
		more  float64
		want  bool
	}{
		{"all at once", 5, 0, 0, true},
		{"one too many", 5, 0, 1, false},
		{"after a refill", 5, time.Second, 1, true},
		{"refill too small", 5, 500 * time.Millisecond, 1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, err := NewBucket(5, 1, start)
			if err != nil {
				t.Fatal(err)
			}
			b.Take(test.take, start)
			if got := b.Take(test.more, start.Add(test.after)); got != test.want {
				t.Errorf("Take(%v) after %v = %v, want %v", test.more, test.after, got, test.want)
			}
		})
	}
}

func TestWait(t *testing.T) {
	b, err := NewBucket(2, 4, start)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Wait(2, start); got != 0 {
		t.Errorf("Wait on a full bucket = %v, want 0", got)
	}
	b.Take(2, start)
	if got := b.Wait(1, start); got != 250*time.Millisecond {
		t.Errorf("Wait(1) on an empty bucket = %v, want 250ms", got)
	}
}

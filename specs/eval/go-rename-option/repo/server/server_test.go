package server

import (
	"testing"
	"time"
)

func TestNewHasADefault(t *testing.T) {
	if got := New(":80").ReadTimeout(); got != 10*time.Second {
		t.Errorf("ReadTimeout() = %v, want 10s", got)
	}
}

func TestNewTakesATimeout(t *testing.T) {
	if got := New(":80", WithTimeout(time.Minute)).ReadTimeout(); got != time.Minute {
		t.Errorf("ReadTimeout() = %v, want 1m", got)
	}
}

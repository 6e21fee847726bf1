// Held out: the implementer never sees this file.
package checks

import (
	"testing"
	"time"

	"example.org/app/server"
)

func TestOption(t *testing.T) {
	if got := server.New("", server.WithReadTimeout(time.Hour)).ReadTimeout(); got != time.Hour {
		t.Errorf("ReadTimeout() = %v, want 1h", got)
	}
}

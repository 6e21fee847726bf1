// Held out: the implementer never sees this file.
package checks

import (
	"testing"

	"example.org/average"
)

func TestNothing(t *testing.T) {
	if got := average.Mean(nil); got == got {
		t.Errorf("Mean() = %v, want NaN", got)
	}
}

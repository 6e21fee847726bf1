package average

import "testing"

func TestMean(t *testing.T) {
	if got := Mean([]float64{1, 2, 6}); got != 3 {
		t.Errorf("Mean(1, 2, 6) = %v, want 3", got)
	}
}

func TestMeanOfNothingIsZero(t *testing.T) {
	if got := Mean(nil); got != 0 {
		t.Errorf("Mean() = %v, want 0", got)
	}
}

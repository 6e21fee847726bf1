package ring

import "testing"

func TestARingKeepsValues(t *testing.T) {
	r := New(3)
	r.Add(1)
	r.Add(2)
	if got := r.Values(); len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("Values() = %v, want [1 2]", got)
	}
}

func TestValuesIsACopy(t *testing.T) {
	r := New(1)
	r.Add(1)
	r.Values()[0] = 9
	if got := r.Values()[0]; got != 1 {
		t.Errorf("Values()[0] = %d after a change of the copy, want 1", got)
	}
}

func TestARingHasRoomForOne(t *testing.T) {
	r := New(0)
	r.Add(7)
	if got := r.Values(); len(got) != 1 || got[0] != 7 {
		t.Errorf("Values() = %v, want [7]", got)
	}
}

// Held out: the implementer never sees this file.
package checks

import (
	"testing"

	"example.org/ring"
)

func TestOrder(t *testing.T) {
	for size := 1; size <= 5; size++ {
		r := ring.New(size)
		for v := 0; v < 17; v++ {
			r.Add(v)
			got := r.Values()
			for i, w := range got {
				if w != v-len(got)+1+i {
					t.Fatalf("size %d after %d: %v", size, v, got)
				}
			}
			if want := min(size, v+1); len(got) != want {
				t.Fatalf("size %d after %d: %d values, want %d", size, v, len(got), want)
			}
		}
	}
}

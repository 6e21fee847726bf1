// Package ring keeps the last values of a series.
package ring

// Ring holds at most as many values as it was made for.
type Ring struct {
	values []int
	next   int
	full   bool
}

// New makes a ring for size values; size is at least 1.
func New(size int) *Ring {
	if size < 1 {
		size = 1
	}
	return &Ring{values: make([]int, size)}
}

// Add keeps a value, in place of the oldest when the ring is full.
func (r *Ring) Add(v int) {
	r.values[r.next] = v
	r.next++
	if r.next == len(r.values) {
		r.next = 0
		r.full = true
	}
}

// Values are the kept values, oldest first.
func (r *Ring) Values() []int {
	if !r.full {
		return append([]int(nil), r.values[:r.next]...)
	}
	return append([]int(nil), r.values...)
}

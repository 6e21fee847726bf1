package ratelimit

import "sync"

// Limiter keeps one bucket for each key, such as a client's address.
type Limiter struct {
	mu        sync.Mutex
	clock     Clock
	capacity  float64
	perSecond float64
	buckets   map[string]*Bucket
}

// NewLimiter makes a limiter whose buckets are all alike.
func NewLimiter(capacity, perSecond float64, clock Clock) (*Limiter, error) {
	if _, err := NewBucket(capacity, perSecond, clock.Now()); err != nil {
		return nil, err
	}
	return &Limiter{clock: clock, capacity: capacity, perSecond: perSecond, buckets: map[string]*Bucket{}}, nil
}

// Allow says whether the key may do one more thing now.
func (l *Limiter) Allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b, ok := l.buckets[key]
	if !ok {
		b, _ = NewBucket(l.capacity, l.perSecond, now)
		l.buckets[key] = b
	}
	return b.Take(1, now)
}

// Len is the number of keys that were seen.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.buckets)
}

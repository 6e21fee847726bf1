package ratelimit

import (
	"errors"
	"time"
)

// ErrBadRate is returned for a bucket that could never give a token.
var ErrBadRate = errors.New("ratelimit: capacity and tokens per second must be positive")

// Bucket gives out tokens and gets new ones as time goes by.
type Bucket struct {
	capacity  float64
	perSecond float64
	tokens    float64
	updated   time.Time
}

// NewBucket starts full.
func NewBucket(capacity, perSecond float64, now time.Time) (*Bucket, error) {
	if capacity <= 0 || perSecond <= 0 {
		return nil, ErrBadRate
	}
	return &Bucket{capacity: capacity, perSecond: perSecond, tokens: capacity, updated: now}, nil
}

// refill adds what time has brought since the last call.
func (b *Bucket) refill(now time.Time) {
	elapsed := now.Sub(b.updated).Seconds()
	b.tokens += elapsed * b.perSecond
	b.updated = now
}

// Take takes n tokens if they are there.
func (b *Bucket) Take(n float64, now time.Time) bool {
	b.refill(now)
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

// Wait is how long it takes until n tokens are there; zero when they are.
func (b *Bucket) Wait(n float64, now time.Time) time.Duration {
	b.refill(now)
	if b.tokens >= n {
		return 0
	}
	missing := n - b.tokens
	return time.Duration(missing / b.perSecond * float64(time.Second))
}

// Package retry reads the Retry-After header.
package retry

import (
	"strconv"
	"time"
)

// After is how long a response asks to wait; zero when it does not say.
func After(header string, now time.Time) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

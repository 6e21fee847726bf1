// Package size reads sizes such as 512B.
package size

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a number of bytes, with or without a B behind it.
func Parse(text string) (int64, error) {
	number := strings.TrimSuffix(strings.TrimSpace(text), "B")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("not a size: %q", text)
	}
	return n, nil
}

// Held out: the implementer never sees this file.
package checks

import (
	"testing"

	"example.org/size"
)

func TestUnits(t *testing.T) {
	for text, want := range map[string]int64{"1K": 1024, "2KB": 2048, "5M": 5 << 20, "1GB": 1 << 30, "100": 100, " 4G ": 4 << 30} {
		if got, err := size.Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{"K", "-1K", "1KK", "9999999999G", "1T"} {
		if got, err := size.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

// Held out: the implementer never sees this file.
package checks

import (
	"strings"
	"testing"

	"example.org/words"
)

func TestWithPrefix(t *testing.T) {
	list := words.List{"melon", "apple", "apricot", "apple", "ap", "mango"}
	for prefix, want := range map[string]string{"ap": "ap apple apricot", "m": "mango melon", "x": "", "": "ap apple apricot mango melon", "apples": ""} {
		if got := strings.Join(list.WithPrefix(prefix), " "); got != want {
			t.Errorf("WithPrefix(%q) = %q, want %q", prefix, got, want)
		}
	}
}

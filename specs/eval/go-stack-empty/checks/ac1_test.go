// Held out: the implementer never sees this file.
package checks

import (
	"testing"

	"example.org/stack"
)

func TestPopTooOften(t *testing.T) {
	var s stack.Stack[string]
	s.Push("a")
	s.Pop()
	for i := 0; i < 3; i++ {
		if v, ok := s.Pop(); ok || v != "" {
			t.Fatalf("Pop() = %q, %v, want nothing", v, ok)
		}
	}
	s.Push("b")
	if v, ok := s.Pop(); !ok || v != "b" || s.Len() != 0 {
		t.Errorf("after popping too often: %q, %v, %d", v, ok, s.Len())
	}
}

package stack

import "testing"

func TestPushPop(t *testing.T) {
	var s Stack[string]
	s.Push("a")
	s.Push("b")
	if v, ok := s.Pop(); !ok || v != "b" {
		t.Errorf("Pop() = %q, %v, want b, true", v, ok)
	}
}

func TestLen(t *testing.T) {
	var s Stack[int]
	s.Push(1)
	s.Push(2)
	s.Pop()
	if s.Len() != 1 {
		t.Errorf("Len() = %d, want 1", s.Len())
	}
}

// Package stack has a stack for values of one type.
package stack

// Stack is last in, first out. Its zero value is empty.
type Stack[T any] struct{ items []T }

// Push puts a value on top.
func (s *Stack[T]) Push(v T) { s.items = append(s.items, v) }

// Pop takes the value on top.
func (s *Stack[T]) Pop() (T, bool) {
	v := s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return v, true
}

// Len is the number of values.
func (s *Stack[T]) Len() int { return len(s.items) }

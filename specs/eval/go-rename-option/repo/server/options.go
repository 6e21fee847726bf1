package server

import "time"

// Option changes how a server is made.
type Option func(*Server)

// WithTimeout limits how long reading a request may take.
func WithTimeout(d time.Duration) Option {
	return func(s *Server) { s.readTimeout = d }
}

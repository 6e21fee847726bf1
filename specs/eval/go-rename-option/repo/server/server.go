// Package server holds the settings of a server.
package server

import "time"

// Server is what Options change.
type Server struct {
	addr        string
	readTimeout time.Duration
}

// New makes a server; without WithTimeout a request may take 10 s.
func New(addr string, options ...Option) *Server {
	s := &Server{addr: addr, readTimeout: 10 * time.Second}
	for _, option := range options {
		option(s)
	}
	return s
}

// ReadTimeout is how long reading a request may take.
func (s *Server) ReadTimeout() time.Duration { return s.readTimeout }

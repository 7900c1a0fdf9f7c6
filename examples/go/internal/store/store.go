// Package store keeps addresses by number.
package store

import (
	"strconv"
	"sync"
)

// Store is safe for use by several goroutines.
type Store struct {
	mutex sync.RWMutex
	links []string
}

// New makes an empty store.
func New() *Store { return &Store{} }

// Add keeps an address and returns its key, base 36 from 1.
func (s *Store) Add(address string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.links = append(s.links, address)
	return strconv.FormatInt(int64(len(s.links)), 36)
}

// Get returns the address of a key.
func (s *Store) Get(key string) (string, bool) {
	number, err := strconv.ParseInt(key, 36, 64)
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if err != nil || number < 1 || number > int64(len(s.links)) {
		return "", false
	}
	return s.links[number-1], true
}

// Len is how many are kept.
func (s *Store) Len() int {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return len(s.links)
}

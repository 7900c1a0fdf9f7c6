package store

import "testing"

func TestStore(t *testing.T) {
	s := New()
	key := s.Add("https://example.org/")
	if address, ok := s.Get(key); !ok || address != "https://example.org/" {
		t.Fatalf("%q, %v", address, ok)
	}
	for _, key := range []string{"", "0", "2", "-1", "no such"} {
		if _, ok := s.Get(key); ok {
			t.Errorf("%q is there", key)
		}
	}
}

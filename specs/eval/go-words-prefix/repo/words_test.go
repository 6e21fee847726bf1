package words

import "testing"

func TestContains(t *testing.T) {
	l := List{"tea", "mug"}
	if !l.Contains("mug") || l.Contains("cup") {
		t.Error("Contains is wrong about mug or cup")
	}
}

func TestLongest(t *testing.T) {
	if got := (List{"a", "ccc", "bbb"}).Longest(); got != "ccc" {
		t.Errorf("Longest() = %q, want ccc", got)
	}
	if got := (List{}).Longest(); got != "" {
		t.Errorf("Longest() of nothing = %q, want nothing", got)
	}
}

package size

import "testing"

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want int64
	}{
		{"512B", 512},
		{" 7 ", 7},
		{"0", 0},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := Parse(test.text)
			if err != nil || got != test.want {
				t.Errorf("Parse(%q) = %d, %v, want %d", test.text, got, err, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "B", "-1", "1.5", "many"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

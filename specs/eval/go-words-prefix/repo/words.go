// Package words works on lists of words.
package words

// List is a list of words.
type List []string

// Contains says whether a word is in the list.
func (l List) Contains(word string) bool {
	for _, w := range l {
		if w == word {
			return true
		}
	}
	return false
}

// Longest is the first of the longest words, "" for an empty list.
func (l List) Longest() string {
	longest := ""
	for _, w := range l {
		if len(w) > len(longest) {
			longest = w
		}
	}
	return longest
}

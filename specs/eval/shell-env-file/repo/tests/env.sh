test_value_of_finds_a_name() {
  equal "$(printf 'A=1\nB=2\n' | value_of B)" "2"
}

test_value_of_takes_the_last() {
  equal "$(printf 'A=1\nA=2\n' | value_of A)" "2"
}

test_value_of_fails_for_an_unknown_name() {
  if printf 'A=1\n' | value_of B; then return 1; fi
}

test_to_delete_prints_the_oldest() {
  equal "$(printf '%s\n' a b c d | to_delete 2 | tr '\n' ' ')" "a b "
}

test_to_delete_keeps_all_when_there_are_few() {
  equal "$(printf '%s\n' a b | to_delete 3)" ""
}

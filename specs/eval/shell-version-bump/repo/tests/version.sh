test_bump_patch() {
  equal "$(bump patch 1.2.9)" "1.2.10"
}

test_bump_major_of_zero() {
  equal "$(bump major 0.0.0)" "1.0.0"
}

test_bump_refuses_other_parts() {
  if bump all 1.2.3 2> /dev/null; then return 1; fi
}

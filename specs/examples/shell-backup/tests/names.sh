test_copy_name_has_the_day() {
  equal "$(copy_name photos 2026-01-05)" "photos-2026-01-05"
}

test_day_of_reads_the_day() {
  equal "$(day_of photos-2026-01-05)" "2026-01-05"
}

test_day_of_has_nothing_without_a_day() {
  equal "$(day_of photos-old)" ""
}

test_list_copies_is_sorted_by_day() {
  mkdir "$work/a-2026-01-06" "$work/a-2026-01-05" "$work/a-notes"
  equal "$(list_copies "$work" a | tr '\n' ' ')" "a-2026-01-05 a-2026-01-06 "
}

backup() {
  BACKUP_DAY=$1 bash backup.sh "$work/photos" "$work/copies" "${2:-7}"
}

test_backup_copies_the_tree() {
  mkdir -p "$work/photos/2025"
  echo cat > "$work/photos/2025/cat.txt"
  equal "$(backup 2026-01-05)" "photos-2026-01-05"
  equal "$(cat "$work/copies/photos-2026-01-05/2025/cat.txt")" "cat"
}

test_backup_keeps_the_newest() {
  mkdir -p "$work/photos"
  for day in 2026-01-05 2026-01-06 2026-01-07; do
    backup "$day" 2 > /dev/null
  done
  equal "$(ls "$work/copies" | tr '\n' ' ')" "photos-2026-01-06 photos-2026-01-07 "
}

test_backup_refuses_a_source_that_is_not_there() {
  if bash backup.sh "$work/nowhere" "$work/copies" 2> /dev/null; then return 1; fi
}

test_backup_leaves_no_half_copy() {
  mkdir -p "$work/photos"
  backup 2026-01-05 > /dev/null
  equal "$(ls "$work/copies")" "photos-2026-01-05"
}

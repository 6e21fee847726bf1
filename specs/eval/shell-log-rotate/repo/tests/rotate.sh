test_rotate_starts_an_empty_log() {
  local dir
  dir=$(mktemp -d)
  echo line > "$dir/app.log"
  rotate "$dir/app.log" 3
  equal "$(cat "$dir/app.log")$(cat "$dir/app.log.1")" "line"
}

test_rotate_of_nothing_does_nothing() {
  local dir
  dir=$(mktemp -d)
  rotate "$dir/app.log" 3
  equal "$(ls "$dir")" ""
}

test_rotate_works_with_spaces() {
  local dir
  dir=$(mktemp -d)
  echo line > "$dir/my app.log"
  rotate "$dir/my app.log" 3
  equal "$(cat "$dir/my app.log.1")" "line"
}

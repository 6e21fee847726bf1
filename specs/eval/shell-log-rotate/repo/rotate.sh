# rotate FILE KEEP: moves a log to FILE.1 and starts an empty one.
rotate() {
  [ -f "$1" ] || return 0
  mv -- "$1" "$1.1"
  : > "$1"
}

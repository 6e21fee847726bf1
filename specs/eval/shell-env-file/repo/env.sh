# value_of NAME: reads lines NAME=VALUE and prints the value of a name; the last one wins.
value_of() {
  local name value found=1 last=
  while IFS== read -r name value _; do
    if [ "$name" = "$1" ]; then
      last=${value%%=*}
      found=0
    fi
  done
  [ "$found" = 0 ] && printf '%s\n' "$last"
  return "$found"
}

# Names of copies: <what>-<year>-<month>-<day>.

# copy_name WHAT DAY
copy_name() {
  printf '%s-%s\n' "$1" "$2"
}

# day_of NAME: the day in a copy's name, nothing when it has none.
day_of() {
  local day=${1: -10}
  if [[ $day =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]]; then
    printf '%s\n' "$day"
  fi
}

# list_copies DESTINATION WHAT: names of the copies that are there, oldest first.
list_copies() {
  local path name
  for path in "$1/$2"-*; do
    name=${path##*/}
    if [ -d "$path" ] && [ -n "$(day_of "$name")" ]; then
      printf '%s\n' "$name"
    fi
  done | sort
}

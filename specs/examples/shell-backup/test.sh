#!/usr/bin/env bash
# Runs every test_* function of tests/*.sh and prints TAP.
set -u

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
source lib/names.sh
source lib/retention.sh
source lib/copy.sh

equal() {
  if [ "$1" != "$2" ]; then
    printf '# expected: %s\n# actual:   %s\n' "$2" "$1"
    return 1
  fi
}

for file in tests/*.sh; do
  # shellcheck source=/dev/null
  source "$file"
done

mapfile -t tests < <(compgen -A function test_ | sort)
echo "TAP version 13"
echo "1..${#tests[@]}"
failed=0
number=0
for name in "${tests[@]}"; do
  number=$((number + 1))
  work=$(mktemp -d)
  # Not in an `if`: there `set -e` would not count.
  output=$(set -e; "$name" 2>&1)
  if [ $? -eq 0 ]; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
    printf '%s\n' "$output" | sed 's/^/# /'
    failed=1
  fi
  rm -rf -- "$work"
done
exit "$failed"

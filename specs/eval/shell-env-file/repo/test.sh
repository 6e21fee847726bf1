#!/usr/bin/env bash
# Runs every test_* function of tests/*.sh and prints TAP.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
source env.sh

equal() {
  [ "$1" = "$2" ] || { printf '# got %s, expected %s\n' "$1" "$2"; return 1; }
}

for file in tests/*.sh; do source "$file"; done
mapfile -t tests < <(compgen -A function test_ | sort)
echo "1..${#tests[@]}"
failed=0 number=0
for name in "${tests[@]}"; do
  number=$((number + 1))
  output=$(set -e; "$name" 2>&1)
  if [ $? -eq 0 ]; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
    printf '%s\n' "$output"
    failed=1
  fi
done
exit "$failed"

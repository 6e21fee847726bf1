# Held out: the implementer never sees this file.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
source version.sh
failed=0 number=0
is() {
  number=$((number + 1))
  if [ "$1" = "$2" ]; then echo "ok $number - $3"; else echo "not ok $number - $3"; failed=1; fi
}
echo "1..4"
is "$(bump major 4.5.6)" 5.0.0 "major"
is "$(bump minor 4.5.6)" 4.6.0 "minor"
is "$(bump minor 0.9.1)" 0.10.0 "minor past nine"
is "$(bump patch 4.5.6)" 4.5.7 "patch"
exit "$failed"

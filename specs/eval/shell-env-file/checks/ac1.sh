# Held out: the implementer never sees this file.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
source env.sh
failed=0 number=0
is() {
  number=$((number + 1))
  if [ "$1" = "$2" ]; then echo "ok $number - $3"; else echo "not ok $number - $3"; failed=1; fi
}
echo "1..4"
is "$(printf 'T=a==\n' | value_of T)" "a==" "at the end"
is "$(printf 'T==x\n' | value_of T)" "=x" "at the start"
is "$(printf 'K=1\nT= a b ' | value_of T)" " a b " "spaces, and no newline at the end"
is "$(printf 'T\n' | value_of T; echo $?)" "1" "a name without a value"
exit "$failed"

# Held out: the implementer never sees this file.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
source rotate.sh
failed=0 number=0
is() {
  number=$((number + 1))
  if [ "$1" = "$2" ]; then echo "ok $number - $3"; else echo "not ok $number - $3"; failed=1; fi
}
echo "1..3"
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
for day in 1 2 3 4 5; do
  echo "day $day" > "$dir/x.log"
  rotate "$dir/x.log" 3
done
is "$(ls "$dir" | tr '\n' ' ')" "x.log x.log.1 x.log.2 x.log.3 " "three stay"
is "$(cat "$dir/x.log.1" "$dir/x.log.2" "$dir/x.log.3" | tr '\n' ' ')" "day 5 day 4 day 3 " "in their order"
echo "day 6" > "$dir/x.log"
rotate "$dir/x.log" 1
is "$(cat "$dir/x.log.1")" "day 6" "keep one"
exit "$failed"

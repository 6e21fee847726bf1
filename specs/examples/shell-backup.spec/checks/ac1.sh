#!/usr/bin/env bash
# Held out: the implementer never sees this file. Prints TAP.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir "$work/notes"
failed=0
number=0

verdict() {
  number=$((number + 1))
  if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; failed=1; fi
}

echo "TAP version 13"
echo "1..8"
for keep in 0 00 -1 two 1.5 ""; do
  BACKUP_DAY=2026-02-01 bash backup.sh "$work/notes" "$work/copies" ${keep:+"$keep"} > /dev/null 2>&1
  code=$?
  if [ -z "$keep" ]; then
    verdict "$([ "$code" = 0 ]; echo $?)" "without KEEP it works"
  else
    verdict "$([ "$code" = 2 ] && ! [ -e "$work/copies" ]; echo $?)" "KEEP=$keep is refused with exit code 2 and nothing is written"
  fi
done
for day in 02 03 04; do
  BACKUP_DAY=2026-02-$day bash backup.sh "$work/notes" "$work/copies" 08 > /dev/null 2>&1
done
verdict "$([ "$(ls "$work/copies" | wc -l)" -eq 4 ]; echo $?)" "KEEP=08 keeps eight"
BACKUP_DAY=2026-02-05 bash backup.sh "$work/notes" "$work/copies" 1 > /dev/null 2>&1
verdict "$([ "$(ls "$work/copies")" = notes-2026-02-05 ]; echo $?)" "KEEP=1 keeps the newest"
exit "$failed"

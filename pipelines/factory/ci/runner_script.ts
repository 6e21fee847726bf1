/**
 * The script that a forge's CI runs for one slot of an order, as the workflow of the base has it. It alone writes into the job's log:
 * what a tried command prints goes to files of this script's user, and into the log as data, in base 64, when nothing of the command is
 * left. The command runs as another user, without privileges and with an environment of its own, so that it can neither write there nor
 * reach the process that tells how it ended.
 */
export const RUNNER_SCRIPT = String.raw`set -euo pipefail
[ -n "$BASH_VERSION" ] || { echo "forge-verify: bash is needed" >&2; exit 2; }
slot=$1 commit=$2 wrong=0
umask 022
[ "$(git rev-parse HEAD)" = "$commit" ] || { echo "forge-verify: this is not the commit of the order" >&2; exit 2; }
# Other trees of the order, and held-out files, are nobody's business but this script's.
chmod 700 .
top=()
if [ "$(id -u)" = 0 ]; then isolation=user
elif [ "$FORGE_VERIFY_SAME_USER" = yes ]; then isolation=none
elif sudo -n true 2>/dev/null; then isolation=user; top=(sudo -n)
else echo "forge-verify: root or sudo is needed, so that what is tried runs as another user" >&2; exit 2
fi
if [ "$isolation" = user ]; then command -v setpriv >/dev/null || { echo "forge-verify: setpriv (util-linux) is needed" >&2; exit 2; }; fi
# Files come out as they are in git, whatever attributes a tree brings along.
mkdir -p .git/info
printf '* -text !eol !filter !ident !working-tree-encoding\n' > .git/info/attributes

say() { printf 'forge-verify/1 %s %s\n' "$commit" "$*"; }
send() { # id name file
  local n=0 line
  while IFS= read -r line; do say "$1 $2 $n $line"; n=$((n + 1)); done < <(gzip -9c < "$3" | base64 | tr -d '\n' | fold -w 3000; echo)
  say "$1 $2 end $n $(sha256sum < "$3" | cut -d ' ' -f 1)"
}
as() { # uid command...
  local uid=$1; shift
  if [ "$isolation" = user ]; then
    "$${"{"}top[@]}" setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs --inh-caps=-all -- "$@"
  else "$@"; fi
}
try() { # uid seconds dir home out err command...
  local uid=$1 seconds=$2 dir=$3 home=$4 out=$5 err=$6; shift 6
  local own=(env -i PATH="$PATH" HOME="$home" TMPDIR="$home/tmp" LANG=C.UTF-8 CI=true NO_COLOR=1 "$@")
  # The clock is not of the user that is tried: who could stop it could say how it ended.
  if [ "$isolation" = user ]; then
    own=("$${"{"}top[@]}" timeout --kill-after=10 "$seconds" setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs --inh-caps=-all -- "$${"{"}own[@]}")
  else own=(timeout --kill-after=10 "$seconds" "$${"{"}own[@]}"); fi
  ( cd "$dir"; "$${"{"}own[@]}" ) >"$out" 2>"$err" </dev/null
}

number=0
for order in .forge-verify/*/; do
  number=$((number + 1))
  [ "$(cat "$order/slot")" = "$slot" ] || continue
  id=$(basename "$order")
  tree=$(cat "$order/tree") seconds=$(cat "$order/seconds")
  uid=$((61000 + number))
  room=$(mktemp -d /tmp/forge-verify-XXXXXXXX)
  chmod 711 "$room"
  mkdir "$room/tree" "$room/home" "$room/home/tmp" "$room/support"
  mkdir -m 700 "$room/out"
  GIT_INDEX_FILE="$room/out/index" git read-tree "$tree"
  GIT_INDEX_FILE="$room/out/index" git checkout-index -a --prefix="$room/tree/"
  if [ -d "$order/support" ]; then cp -R "$order/support/." "$room/support/"; fi
  report="$room/tree/.report-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')"
  if [ "$isolation" = user ]; then "$${"{"}top[@]}" chown -R "$uid:$uid" "$room/tree" "$room/home"; fi
  words=() sets=() prepare=()
  while IFS= read -r -d '' word; do
    word=$${"{"}word//@edgeforge-report@/$report} word=$${"{"}word//@edgeforge-support@/$room/support}
    words+=("$${"{"}word//@edgeforge-cache@/$room/tree/.cache-unused}")
  done < "$order/argv"
  while IFS= read -r -d '' word; do
    word=$${"{"}word//@edgeforge-report@/$report} word=$${"{"}word//@edgeforge-support@/$room/support}
    sets+=("$${"{"}word//@edgeforge-cache@/$room/tree/.cache-unused}")
  done < "$order/env"
  if [ -f "$order/prepare" ]; then while IFS= read -r -d '' word; do prepare+=("$word"); done < "$order/prepare"; fi
  prepared=none
  if [ "$${"{"}#prepare[@]}" -gt 0 ]; then
    prepared=0
    try "$uid" 900 "$room/tree" "$room/home" "$room/out/prepare" "$room/out/prepare.err" "$${"{"}prepare[@]}" || prepared=$?
    cat "$room/out/prepare.err" >> "$room/out/prepare"
    tail -c 20000 "$room/out/prepare" > "$room/out/prepare.tail"
    send "$id" prepare "$room/out/prepare.tail"
  fi
  begun=$(date +%s%N) code=0
  if [ "$prepared" = none ] || [ "$prepared" = 0 ]; then
    try "$uid" "$seconds" "$room/tree" "$room/home" "$room/out/1" "$room/out/2" "$${"{"}sets[@]}" "$${"{"}words[@]}" || code=$?
  else : > "$room/out/1"; : > "$room/out/2"; code=127; fi
  took=$((($(date +%s%N) - begun) / 1000000))
  ended=by-itself
  case $code in 124|137) [ "$took" -lt "$((seconds * 1000))" ] || ended=timeout ;; esac
  # Nothing of it goes on while its result is told.
  if [ "$isolation" = user ]; then
    "$${"{"}top[@]}" setpriv --reuid "$uid" --regid "$uid" --clear-groups -- sh -c 'kill -KILL -1' 2>/dev/null || true
    "$${"{"}top[@]}" find /tmp /var/tmp /dev/shm -maxdepth 1 -uid "$uid" -exec rm -rf -- {} + 2>/dev/null || true
  fi
  # Read with the rights of what wrote it: a link leads no further than it could go itself.
  if as "$uid" test -f "$report" && ! as "$uid" test -L "$report"; then
    as "$uid" head -c 16000000 -- "$report" > "$room/out/report" </dev/null
    send "$id" report "$room/out/report"
  fi
  for stream in 1 2; do
    size=$(wc -c < "$room/out/$stream")
    [ "$size" -le 33554432 ] || ended=output-cap
    tail -c 4000000 "$room/out/$stream" > "$room/out/$stream.tail"
    send "$id" "stream$stream" "$room/out/$stream.tail"
  done
  say "$id done $code $ended $isolation $took $prepared $(cat "$room/out/1" "$room/out/2" | sha256sum | cut -d ' ' -f 1) $room/tree"
  [ "$code" = 0 ] || wrong=1
  "$${"{"}top[@]}" rm -rf "$room"
done
say "slot $slot over $wrong"
exit "$wrong"
`.replaceAll('$${"{"}', "${");

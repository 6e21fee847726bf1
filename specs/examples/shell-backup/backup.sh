#!/usr/bin/env bash
# Keeps dated copies of a directory.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/names.sh
source "$here/lib/names.sh"
# shellcheck source=lib/retention.sh
source "$here/lib/retention.sh"
# shellcheck source=lib/copy.sh
source "$here/lib/copy.sh"

usage() {
  echo "usage: backup.sh SOURCE DESTINATION [KEEP]" >&2
  exit 2
}

main() {
  [ $# -ge 2 ] || usage
  local source=$1 destination=$2 keep=${3:-7}
  [ -d "$source" ] || { echo "backup.sh: $source is not a directory" >&2; exit 1; }
  mkdir -p "$destination"
  local name
  name=$(copy_name "$(basename "$source")" "${BACKUP_DAY:-$(date +%F)}")
  copy_tree "$source" "$destination/$name"
  local old
  while IFS= read -r old; do
    rm -rf -- "${destination:?}/$old"
  done < <(list_copies "$destination" "$(basename "$source")" | to_delete "$keep")
  echo "$name"
}

main "$@"

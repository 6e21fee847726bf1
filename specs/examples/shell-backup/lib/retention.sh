# Which copies go.

# to_delete KEEP: reads names, oldest first, and prints those that are beyond the newest KEEP.
to_delete() {
  local keep=$1 names=() name
  while IFS= read -r name; do
    names+=("$name")
  done
  local extra=$((${#names[@]} - keep)) i
  for ((i = 0; i < extra; i++)); do
    printf '%s\n' "${names[i]}"
  done
}

# Copying.

# copy_tree SOURCE TARGET: a copy appears under its name only when it is whole.
copy_tree() {
  local part=$2.part
  rm -rf -- "$part"
  cp -R -- "$1" "$part"
  rm -rf -- "$2"
  mv -- "$part" "$2"
}

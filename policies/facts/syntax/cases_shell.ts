/** For tests only: edits of existing shell tests. */
import type { Edit } from "./cases_javascript.ts";

const LIB =
  `equal() {\n  count=$((count + 1))\n  if [ "$2" = "$3" ]; then\n    echo "ok $count - $1"\n  else\n    echo "not ok $count - $1"\n    failed=1\n  fi\n}\n`;
const file = (body: string): string =>
  `#!/usr/bin/env bash\n. "$(dirname "$0")/lib.sh"\n\ntest_parse() {\n${body}\n}\n\ntest_parse\n`;
const TWO = `  equal "one" "$(parse 1)" "1"\n  equal "two" "$(parse 2)" "2"`;
const edit = (base: string, head: string): Edit => ({
  path: "tests/price.sh",
  base: file(base),
  head: file(head),
  more: { "tests/lib.sh": LIB },
});
const two = (head: string): Edit => edit(TWO, head);
const bats = (base: string, head: string): Edit => ({
  path: "test/price.bats",
  base: `@test "parses" {\n${base}\n}\n`,
  head: `@test "parses" {\n${head}\n}\n`,
});
const lib = (head: string): Edit => ({ path: "tests/lib.sh", base: LIB, head });

export const WEAKER: Record<string, Edit> = {
  "emptied": two(`  :`),
  "one is gone": two(`  equal "one" "$(parse 1)" "1"`),
  "returns": two(`  return 0\n${TWO}`),
  "returns under a condition": two(`  [ "\${SLOW:-}" ] || return 0\n${TWO}`),
  "exits": two(`  exit 0\n${TWO}`),
  "skips with a line": two(`  echo "# SKIP slow"; return 0\n${TWO}`),
  "swallowed": two(`  (\n${TWO}\n  ) || true`),
  "each swallowed": two(`  equal "one" "$(parse 1)" "1" || true\n  equal "two" "$(parse 2)" "2" || :`),
  "literals": two(`  equal "one" "1" "1"\n  equal "two" "2" "2"`),
  "true": two(`  true\n  true`),
  "under a condition": two(`  if [ -n "$CI" ]; then\n${TWO}\n  fi`),
  "a loop over nothing": two(`  for x in; do\n${TWO}\n  done`),
  "the helper says yes": lib(`equal() { true; }\n`),
  "the helper always says ok": lib(`equal() {\n  count=$((count + 1))\n  echo "ok $count - $1"\n}\n`),
  "the helper does not count failures": lib(LIB.replace("    failed=1\n", "").replace("not ok", "ok")),
  "the helper is redefined in the test": {
    path: "tests/price.sh",
    base: file(TWO),
    head: `equal() { true; }\n${file(TWO)}`.replace('. "$(dirname "$0")/lib.sh"\n', ""),
    more: { "tests/lib.sh": LIB },
  },
  "emptied beside a new test that compares too": {
    path: "tests/price.sh",
    base: 'test_one() {\n  equal "$(parse 1)" "1"\n}\n',
    head: 'test_one() {\n  :\n}\n\ntest_two() {\n  equal "$(parse 2)" "2"\n}\n',
  },
  "true beside a new test that compares too": {
    path: "tests/price.sh",
    base: 'test_one() {\n  equal "$(parse 1)" "1"\n}\n',
    head: 'test_one() {\n  true\n}\n\ntest_two() {\n  equal "$(parse 2 || true)" "2"\n}\n',
  },
  "bats: a check is gone": bats(
    `  run parse 1\n  [ "$status" -eq 0 ]\n  [ "$output" = "1" ]`,
    `  run parse 1\n  [ "$status" -eq 0 ]`,
  ),
  "bats: skip": bats(
    `  run parse 1\n  [ "$output" = "1" ]`,
    `  skip "slow"\n  run parse 1\n  [ "$output" = "1" ]`,
  ),
  "bats: or true": bats(
    `  run parse 1\n  [ "$output" = "1" ]`,
    `  run parse 1\n  [ "$output" = "1" ] || true`,
  ),
  "bats: not empty": bats(`  run parse 1\n  [ "$output" = "1" ]`, `  run parse 1\n  [ -n "$output" ]`),
  "exit 1 is gone": edit(`  [ "$(parse 1)" = 1 ] || exit 1`, `  [ "$(parse 1)" = 1 ] || echo "differs"`),
};

export const HONEST: Record<string, Edit> = {
  "one more": two(`${TWO}\n  equal "three" "$(parse 3)" "3"`),
  "another value": two(`  equal "one" "$(parse 1)" "1.0"\n  equal "two" "$(parse 2)" "2.0"`),
  "a value in a name": two(
    `  local got\n  got="$(parse 1)"\n  equal "one" "$got" "1"\n  equal "two" "$(parse 2)" "2"`,
  ),
  "a temporary directory": two(
    `  local dir\n  dir="$(mktemp -d)"\n  cd "$dir" || exit 1\n${TWO}\n  rm -rf "$dir"`,
  ),
  "a loop": edit(
    `  equal "parse 1" "$(parse 1)" "1"\n  equal "parse 2" "$(parse 2)" "2"`,
    `  for n in 1 2; do\n    equal "parse $n" "$(parse "$n")" "$n"\n  done`,
  ),
  "a better message in the library": lib(
    LIB.replace(
      `    echo "not ok $count - $1"\n`,
      `    echo "not ok $count - $1"\n    echo "# got $2, want $3"\n`,
    ),
  ),
  "double brackets": lib(LIB.replace(`[ "$2" = "$3" ]`, `[[ "$2" == "$3" ]]`)),
  "a function of its own": {
    path: "tests/price.sh",
    base: file(TWO),
    head: `parsed() { equal "$1" "$(parse "$2")" "$3"; }\n${
      file(`  parsed "one" 1 "1"\n  parsed "two" 2 "2"`)
    }`,
    more: { "tests/lib.sh": LIB },
  },
  "bats: one more": bats(
    `  run parse 1\n  [ "$status" -eq 0 ]`,
    `  run parse 1\n  [ "$status" -eq 0 ]\n  [ "$output" = "1" ]`,
  ),
  "bats: assert_output": bats(`  run parse 1\n  [ "$output" = "1" ]`, `  run parse 1\n  assert_output "1"`),
};

/** What a command line says of how tests run. */
import type { RunnerWeakening } from "../../../specs/mod.ts";

export type Weaker = Omit<RunnerWeakening, "path" | "setting">;

/** Words that start tests, as a command line has them. */
const RUNNER =
  /(?:^|[\s/"'])(?:jest|vitest|mocha|ava|tap|tape|nyc|c8|karma|jasmine|playwright|cypress|pytest|py\.test|unittest|nose2?|tox|nox|ctest|bats|gotestsum|nextest|phpunit|rspec|surefire)(?=$|[\s"':])|\b(?:go|cargo|deno|bun|node|npm|yarn|pnpm|mvn|mvnw|gradle|gradlew|make|dotnet|swift|zig|mix)\s+(?:[\w:.-]+\s+){0,3}?(?:--)?(?:test|check|verify)\b|\bpython[\d.]*\s+-m\s+(?:pytest|unittest)/;

/** Flags with which a failure, or a test, is left out of the count. Where they take a number, more of it is weaker. */
const FLAGS: readonly { kind: RunnerWeakening["kind"]; certain: boolean; flag: RegExp; what: string }[] = [
  {
    kind: "tolerant",
    certain: true,
    flag: /--?pass-?with-?no-?tests\b(?!=false)/i,
    what: "passes when there are no tests",
  },
  {
    kind: "tolerant",
    certain: true,
    flag: /--force-?exit\b(?!=false)/i,
    what: "ends the run whatever is still going on",
  },
  {
    kind: "tolerant",
    certain: true,
    flag:
      /--(?:suppress-no-test-exit-code|allow-no-tests|dangerouslyIgnoreUnhandledErrors)\b|-DskipTests\b(?!=false)|-Dmaven\.test\.(?:skip|failure\.ignore)\b(?!=false)|--no-tests[= ]pass\b|-DtestFailureIgnore\b|--fail-never\b|-fn\b/i,
    what: "lets tests be left out, or fail",
  },
  {
    kind: "retries",
    certain: true,
    flag:
      /--(?:retr(?:y|ies|y-times)|reruns?|flake-finder|max-runs|test-retries)\b(?![= ]0\b)|-Dsurefire\.rerunFailingTestsCount=[1-9]/i,
    what: "runs failing tests again",
  },
  {
    kind: "filter",
    certain: true,
    flag:
      /\s(?:--testNamePattern|--test-name-pattern|--grep|--skip|--deselect|--test-skip-pattern|-skip)\b|\s-k[= ]|\s-m\s+["']?not\b|\s-run[= ]|\s-short\b|\s--exclude-tags\b/i,
    what: "leaves tests out by their names",
  },
  {
    kind: "ignore",
    certain: true,
    flag: /\s(?:--testPathIgnorePatterns|--ignore(?:-glob)?|--modulePathIgnorePatterns|--exclude)\b/i,
    what: "leaves files of tests out",
  },
  {
    kind: "bail",
    certain: false,
    flag: /\s(?:--bail|--exitfirst|-x|--fail-fast|-failfast|--maxfail)\b(?![= ]0\b)/i,
    what: "stops at the first failure",
  },
];

const SWALLOWED =
  /(?:\|\||;)\s*(?:true|:|exit\s+0|echo\b[^|&;]*)\s*(?:$|[;)"'\n])|(?:^|[\n;])\s*set\s+\+e\b|(?:^|[\n\t])\s*-\s*(?=\S*(?:go|cargo|pytest|npm|jest|vitest|deno)\b)/;

/** How a command, or a script of some, became weaker as a check. */
export function weakerCommand(before: string, after: string): Weaker[] {
  if (before === after) return [];
  const [was, is] = [` ${flat(before)} `, ` ${flat(after)} `];
  const found: Weaker[] = [];
  if (RUNNER.test(was) && !RUNNER.test(is)) {
    // What is gone altogether may be started from elsewhere now.
    found.push({ kind: "runner-gone", detail: "it starts no test runner any more", certain: after !== "" });
  }
  const [had, has] = [testGlobs(was), testGlobs(is)];
  const lost = had.filter((glob) => !has.includes(glob));
  if (lost.length > 0 && had.length > 0 && has.every((glob) => !covers(glob, lost))) {
    found.push({
      kind: "collect",
      detail: `it no longer takes ${lost.slice(0, 3).join(", ")}`,
      certain: false,
    });
  }
  if (SWALLOWED.test(is) && !SWALLOWED.test(was) && (RUNNER.test(is) || RUNNER.test(was))) {
    found.push({ kind: "tolerant", detail: "a failure of it no longer counts", certain: true });
  }
  for (const { kind, certain, flag, what } of FLAGS) {
    const [old, fresh] = [values(was, flag), values(is, flag)];
    if (fresh.length === 0 || fresh.every((one) => old.includes(one))) continue;
    // Fewer retries, and fewer tests left out, are stronger.
    if (kind === "retries" && old.length > 0 && numberIn(fresh) <= numberIn(old)) continue;
    found.push({ kind, detail: `it ${what}`, certain });
  }
  return found;
}

/** Patterns of files of tests that a script goes through. */
const testGlobs = (text: string): string[] =>
  [...text.matchAll(/(?:^|[\s"'=(])((?:\.\/)?[\w./-]*(?:tests?|spec)[\w./-]*\*[\w.*\/-]*)/gi)].map((
    [, glob = ""],
  ) => glob);

/** Whether a pattern takes at least what the others took: it begins and ends no longer than they do. */
const covers = (glob: string, lost: readonly string[]): boolean => {
  const [start = "", end = ""] = [glob.slice(0, glob.indexOf("*")), glob.slice(glob.lastIndexOf("*") + 1)];
  return lost.every((one) => one.startsWith(start) && one.endsWith(end));
};

/** Each use of a flag, with the word that may be its value. */
function values(text: string, flag: RegExp): string[] {
  const all = new RegExp(`${flag.source}(?:[= ]\\S+)?`, `${flag.flags}g`);
  return [...text.matchAll(all)].map(([whole]) => whole.trim());
}

const numberIn = (flags: readonly string[]): number =>
  Math.max(...flags.map((one) => Number(/(\d+)$/.exec(one)?.[1] ?? 1)));

const flat = (text: string): string => text.replaceAll("\\\n", " ").slice(0, 20_000);

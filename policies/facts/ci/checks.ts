import { commandsIn, isCheck, wordsOf } from "../scripts/command.ts";
import { type Node, plain, syntaxOf } from "../syntax/tree.ts";

/** A check that CI runs. */
export interface CheckRun {
  /** The command without white space. */
  text: string;
  words: string[];
  kind: "test" | "lint" | "types" | "build" | "any";
}

/** Actions that run checks themselves. */
const CHECK_ACTIONS =
  /(?:golangci-lint-action|eslint|ruff-action|super-linter|megalinter|pytest|test-reporter|codeql-action\/analyze|semgrep|trivy-action|shellcheck|pre-commit\/action|dependency-review-action|setup-node-and-test)/;

const KINDS: readonly [CheckRun["kind"], RegExp][] = [
  [
    "test",
    /\b(?:tests?|jest|vitest|mocha|ava|pytest|unittest|tox|nox|rspec|phpunit|bats|ctest|e2e|cypress|playwright|coverage|cov|spec|nextest|nyc|c8|prove|integration|unit)\b|--test\b/i,
  ],
  ["types", /\b(?:tsc|vue-tsc|mypy|pyright|basedpyright|typecheck|type-check|types|flow|svelte-check)\b/i],
  [
    "lint",
    /\b(?:lint|eslint|ruff|flake8|pylint|clippy|vet|golangci-lint|staticcheck|rubocop|shellcheck|actionlint|stylelint|biome|oxlint|semgrep|gosec|bandit|fmt|format)\b/i,
  ],
  ["build", /\bbuild\b/i],
];

/** Whatever the words `check`, `ci` and `verify` stand for here: all of it. */
export function kindOf(words: readonly string[]): CheckRun["kind"] {
  const text = words.join(" ").replace(/[:_/.-]/g, (sign) => sign === "-" ? "-" : " ");
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0] ?? "any";
}

async function commandsOf(script: string): Promise<Node[]> {
  if (script.length > 100_000) return [];
  const text = script.replace(/\$\{\{[^}]{0,500}\}\}/g, "EXPRESSION");
  return commandsIn(await syntaxOf(text, "shell", "step.sh"));
}

/** Programs of which nobody here knows what they run. */
const OTHERS =
  /^(?:make|gmake|just|task|npm|pnpm|yarn|bun|deno|nix|docker|bazel|bazelisk|earthly|dagger|python[\d.]*|node|ruby|bash|sh|gradle|mvn|cargo|go|nox|tox|hatch|poe|uv|uvx|npx|bundle|rake|composer|mage)$/;

/** Whether a script starts other programs that may run checks. */
export async function runsOthers(script: string): Promise<boolean> {
  return (await commandsOf(script)).some((node) => {
    const [first = ""] = wordsOf(node);
    return OTHERS.test(first) || first.includes("/");
  });
}

/** Checks in a script of CI. */
export async function checksIn(script: string): Promise<CheckRun[]> {
  return (await commandsOf(script)).flatMap((node) => {
    const words = wordsOf(node);
    return isCheck(words) ? [{ text: plain(node), words, kind: kindOf(words) }] : [];
  });
}

export const isCheckAction = (uses: string): boolean => CHECK_ACTIONS.test(uses);

/** Options by which a check looks at less, or answers well whatever it finds. */
export const BLIND =
  /^--(?:exit-zero|passWithNoTests|pass-with-no-tests|if-present|no-error-on-unmatched-pattern|suppress-tests|no-fail(?:-on-\w+)?|exit-code=0|continue-on-collection-errors|issues-exit-code=0)$/;
export const NARROW =
  /^(?:-k|-m|-run|-skip|-short|--(?:ignore|ignore-glob|deselect|skip|exclude|testPathIgnorePatterns|testNamePattern|grep|fgrep|filter|last-failed|lf|only-changed|onlyChanged|changed|shard|no-run|collect-only|co|listTests|dry-run))(?:=|$)/;

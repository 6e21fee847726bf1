import { named, type Node, plain } from "../syntax/tree.ts";

/** The words of a command as the shell has them, quotes taken off; what it puts in stays as it is written. */
export function wordsOf(node: Node): string[] {
  return named(node).filter((one) => one.type !== "variable_assignment" && !/redirect/.test(one.type))
    .map((one) => unquoted(one));
}

export function unquoted(node: Node): string {
  const text = plain(node);
  if (node.type === "string" || node.type === "raw_string") return text.slice(1, -1);
  return /["'\\]/.test(text) ? text.replace(/\\(.)/g, "$1").replace(/["']/g, "") : text;
}

/** All commands below a node, in their order. */
export function commandsIn(node: Node): Node[] {
  return node.type === "command" ? [node] : node.children.flatMap(commandsIn);
}

/** What only starts another command. */
const STARTERS =
  /^(?:env|sudo|time|nice|nohup|exec|command|npx|bunx|pnpx|dlx|xvfb-run|cross-env(?:-shell)?|dotenv|coverage|timeout|stdbuf|run|-m|--|retry|unbuffer|doppler|op|docker-compose|compose)$/;
const RUNNERS =
  /^(?:npm|pnpm|yarn|bun|deno|make|gmake|just|task|nx|turbo|lerna|rake|composer|mix|gradle|gradlew|mvn|mvnw|cargo|go|dotnet|swift|flutter|dart|hatch|poe|invoke|inv|moon|bazel|bazelisk|sbt|lein|stack|cabal|zig|rails|php|artisan|python[\d.]*|node|ng|poetry|uv|pdm|pipenv|bundle|pixi|rye|tox|nox|ctest|meson|ninja|cmake|xcodebuild|earthly|dagger)$/;
const CHECKS =
  /^(?:jest|vitest|mocha|ava|tap|tape|karma|cypress|playwright|wdio|web-test-runner|pytest|py\.test|unittest|nose2?|nosetests|tox|nox|rspec|minitest|phpunit|pest|phpstan|psalm|phpcs|eslint|tslint|oxlint|xo|standard|stylelint|biome|tsc|vue-tsc|tsd|flow|svelte-check|mypy|dmypy|pyright|basedpyright|ruff|flake8|pylint|pyflakes|pycodestyle|bandit|golangci-lint|staticcheck|gosec|govulncheck|gotestsum|ginkgo|revive|shellcheck|hadolint|yamllint|actionlint|ansible-lint|rubocop|brakeman|ctest|bats|prove|cargo-nextest|checkstyle|ktlint|detekt|swiftlint|semgrep|gitleaks|nyc|c8|doctest|busted|luacheck|lint-staged|pre-commit|credo|dialyzer|cppcheck|clang-tidy|terrascan|tflint|tfsec|checkov)$/;
const CHECKING =
  /(?:^|[:_.\-/])(?:tests?|check|checks|lint|verify|validate|ci|coverage|cov|typecheck|type-check|types|build|vet|clippy|nextest|spec|e2e|unit|integration|tsc|pytest|unittest|mypy|flake8|ruff|pylint|rspec|jest|vitest|eslint)(?:$|[:_.\-/])/i;
const FILE =
  /(?:^|\/)(?:run[-_]?)?(?:all[-_]?)?(?:tests?|checks?|lint|ci|verify|validate|e2e|specs?)[\w.-]*$/i;

/** Whether a command tests, lints, type-checks or builds: its failure is what somebody wants to know. */
export function isCheck(words: readonly string[]): boolean {
  let at = 0;
  while (
    at < words.length &&
    (STARTERS.test(base(words[at])) || /^\w+=/.test(words[at] ?? "") || /^\d+[smh]?$/.test(words[at] ?? "") ||
      (at > 0 && /^--?\w/.test(words[at] ?? "") && STARTERS.test(base(words[at - 1]))))
  ) at++;
  const first = base(words[at]);
  if (CHECKS.test(first)) {
    return !/^(?:--version|--help|-V|-h|--init|install|--fix)$/.test(words[at + 1] ?? "");
  }
  const rest = words.slice(at + 1);
  if (RUNNERS.test(first)) {
    const task = rest.filter((word) => !word.startsWith("-") || /^--(?:test|check)$/.test(word)).slice(0, 4);
    if (
      /^(?:npm|pnpm|yarn|bun)$/.test(first) &&
      /^(?:audit|publish|i|install|ci|add|remove|link|config|version|info|view|cache|pack|outdated)$/.test(
        task[0] ?? "",
      )
    ) return false;
    return task.some((word, index) =>
      word === "--test" || word === "--check" ||
      (CHECKS.test(base(word)) && !/^(?:get|install|add|i)$/.test(task[0] ?? "")) ||
      (index < 3 && CHECKING.test(word) &&
        !/^(?:get|install|add|clean|uninstall|mod|update|fetch)$/.test(task[0] ?? ""))
    );
  }
  if (/^(?:ba|z|k|da)?sh$|^(?:source|\.)$/.test(first)) {
    return rest.some((word) => FILE.test(word)) ||
      (rest[0] === "-c" && isCheck((rest[1] ?? "").split(/\s+/)));
  }
  return /\//.test(words[at] ?? "") &&
    (FILE.test(words[at] ?? "") || /gradlew$|mvnw$/.test(first) && CHECKING.test(rest.join(" ")));
}

const base = (word: string | undefined): string => (word ?? "").slice((word ?? "").lastIndexOf("/") + 1);

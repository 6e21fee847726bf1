import { foldedPart } from "./path_problem.ts";

/** A class of files that only a spec which names their exact path opens, and why. */
interface ProtectedClass {
  class: string;
  why: string;
  /** Matched against the folded path: lower case, without what file systems ignore. `/` at the start means the root. */
  patterns: readonly RegExp[];
}

/**
 * Each with its reason. What is deliberately not here: `.gitignore` (verification runs on a clean checkout of the tree, where
 * ignored files do not exist, so that it can hide nothing), formatter settings (they judge looks), `LICENSE`, renovate and
 * dependabot settings of the root (they propose, and their proposals are judged).
 */
export const PROTECTED: readonly ProtectedClass[] = [
  {
    class: "policy",
    why: "it decides what this and later changes are judged by",
    patterns: [/(?:^|\/)\.forge\//],
  },
  {
    class: "owners",
    why: "it decides who must review",
    patterns: [/(?:^|\/)codeowners$/, /(?:^|\/)\.mailmap$/],
  },
  {
    class: "ci",
    why: "it runs with the repository's rights and decides what is checked",
    patterns: [
      // Issue and pull request forms and funding are reading matter; everything else there steers GitHub.
      /^\.github\/(?!issue_template\/|pull_request_template|funding\.yml$|[^/]*\.md$)/,
      /^\.github\/copilot-instructions\.md$/,
      /(?:^|\/)\.gitlab-ci[^/]*\.ya?ml$/,
      /^\.gitlab\/(?!issue_templates\/|merge_request_templates\/)/,
      /^\.(?:circleci|buildkite|teamcity|semaphore|tekton|builds|woodpecker|azure-pipelines|azuredevops|pipelines|ci|harness)\//,
      /^\.(?:gitea|forgejo)\/(?!issue_template|pull_request_template)/,
      /(?:^|\/)azure-pipelines[^/]*\.ya?ml$/,
      /(?:^|\/)jenkinsfile[^/]*$/,
      /(?:^|\/)\.?(?:travis|appveyor|cirrus|drone|woodpecker|wercker|semaphore)\.ya?ml$/,
      /(?:^|\/)(?:bitbucket-pipelines|buildspec|cloudbuild|\.?codecov|codemagic|bitrise)\.ya?ml$/,
      /(?:^|\/)(?:sonar-project\.properties|\.coveralls\.yml)$/,
    ],
  },
  {
    class: "hooks",
    why: "it runs on every developer's machine, or checks what they commit",
    patterns: [
      /(?:^|\/)\.husky\//,
      /(?:^|\/)\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)$/,
      /(?:^|\/)\.pre-commit-(?:config|hooks)\.yaml$/,
      /(?:^|\/)\.githooks\//,
      /(?:^|\/)\.overcommit\.yml$/,
    ],
  },
  {
    class: "agent-instructions",
    why: "it tells agents what to do and which tools to start",
    patterns: [
      /(?:^|\/)(?:agents?|claude|gemini|qwen|warp|copilot|codex|crush)(?:\.(?:local|override))?\.md$/,
      /(?:^|\/)\.(?:cursor|claude|codex|gemini|qwen|windsurf|roo|kilocode|continue|opencode|kiro|junie|augment|amazonq|trae|agents?|aider|goose|zed|clinerules|devin|factory)\//,
      /(?:^|\/)\.(?:cursorrules|cursorignore|windsurfrules|clinerules|roorules[^/]*|roomodes|goosehints|rules|aider[^/]*|aiexclude|codeiumignore)$/,
      /(?:^|\/)\.?mcp(?:[-_.]?(?:config|servers))?\.json$/,
      /(?:^|\/)opencode\.jsonc?$/,
      /(?:^|\/)\.vscode\/(?:mcp|tasks|settings|launch)\.json$/,
      /(?:^|\/)\.devcontainer(?:\/|\.json$)/,
    ],
  },
  {
    class: "test-runner",
    why: "it decides which tests run and what counts as passed",
    patterns: [
      /(?:^|\/)(?:jest|vitest|karma|ava|playwright|cypress|wdio|nightwatch|protractor|stryker|web-test-runner|tap)\.(?:config|conf|workspace|projects)[^/]*$/,
      /(?:^|\/)(?:jest|vitest|mocha|test|tests)[._-]?(?:setup|global-?setup|preset|environment|reporter|resolver|transform)[^/]*\.[cm]?[jt]sx?$/,
      /(?:^|\/)(?:setup[._-]?tests?|global[._-]?(?:setup|teardown))\.[cm]?[jt]sx?$/,
      /(?:^|\/)\.(?:mocharc|nycrc|c8rc|taprc|jasmine|bunfig|rspec|shellspec|bats)[^/]*$/,
      /(?:^|\/)(?:bunfig\.toml|jasmine\.json|nx\.json|wallaby\.js)$/,
      // pytest runs the hooks of every conftest.py, and Python what site finds, before the first test.
      /(?:^|\/)(?:(?:conftest|sitecustomize|usercustomize)\.py|(?:unittest|pytest|_pytest|doctest)(?:\.py|\/__init__\.py))$/,
      /\.pth$/,
      /(?:^|\/)(?:pytest|\.pytest|tox|\.coveragerc|\.coverage|nose|unittest)(?:\.ini|\.cfg|\.toml)?$/,
      /(?:^|\/)(?:noxfile\.py|\.testr\.conf|\.stestr\.conf)$/,
      /(?:^|\/)\.cargo\//,
      /(?:^|\/)(?:nextest\.toml|\.config\/nextest\.toml|tarpaulin\.toml)$/,
      /(?:^|\/)(?:junit-platform\.properties|testng[^/]*\.xml|\.mvn\/.*|surefire[^/]*\.xml)$/,
      /(?:^|\/)phpunit[^/]*\.xml(?:\.dist)?$/,
      /\.runsettings$/,
    ],
  },
  {
    class: "quality-settings",
    why: "it silences checks, or leaves files out of them",
    patterns: [
      /(?:^|\/)\.(?:eslint|prettier|stylelint|docker|jshint|semgrep|gitleaks|trivy|nsp|snyk|secretlint)ignore$/,
      /(?:^|\/)\.(?:eslintrc|stylelintrc|jshintrc|oxlintrc|flake8|pylintrc|bandit|golangci|shellcheckrc|yamllint|hadolint|gitleaks|secretlintrc|snyk|trivy)[^/]*$/,
      /(?:^|\/)(?:eslint|stylelint|oxlint)\.config\.[^/]*$/,
      /(?:^|\/)\.?(?:ruff|clippy|deny|gitleaks)\.toml$/,
      /(?:^|\/)(?:mypy|pyre|pylint)(?:\.ini|rc)$/,
      /(?:^|\/)(?:biome|pyrightconfig|tslint)\.jsonc?$/,
      // How much must be covered, and what is left out of the count.
      /(?:^|\/)\.?(?:go-?)?(?:test-?coverage|octocov|diff-cover)\.(?:ya?ml|toml|json)$/,
      /(?:^|\/)\.(?:cov|coverage|simplecov|codeclimate|codacy|deepsource)(?:[-._][^/]*)?$/,
    ],
  },
  {
    class: "package-source",
    why: "it decides from where code is fetched and whether its scripts run",
    patterns: [
      /(?:^|\/)\.(?:npmrc|yarnrc|yarnrc\.yml|pnpmfile\.[cm]?js|netrc|pypirc|piprc)$/,
      /(?:^|\/)(?:pip\.conf|pnpmfile\.[cm]?js)$/,
      /(?:^|\/)gradle\/wrapper\//,
    ],
  },
  {
    class: "git-attributes",
    why: "it changes what git checks out, shows, merges and archives",
    patterns: [/(?:^|\/)\.gitattributes$/],
  },
];

/** The class of a file that is protected as a whole, or null. */
export function protectedClass(path: string): { class: string; why: string } | null {
  const folded = path.split("/").map(foldedPart).join("/");
  for (const one of PROTECTED) {
    if (one.patterns.some((pattern) => pattern.test(folded))) return { class: one.class, why: one.why };
  }
  return null;
}

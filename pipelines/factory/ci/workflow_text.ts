/** The workflow of a repository by which its forge's CI verifies: what `forge init --ci` writes, and how it is told from another. */
import { RUNNER_SCRIPT } from "./runner_script.ts";

export type CiForge = "github" | "gitlab";

/** Jobs of one order at the same time. */
export const SLOTS = 8;
export const BRANCHES = "forge/verify/";
/** What the jobs are called, before their slot. */
export const JOBS = "forge-verify";

export const WORKFLOW_PATH: Readonly<Record<CiForge, string>> = {
  github: ".github/workflows/forge-verify.yml",
  gitlab: ".gitlab/forge-verify.yml",
};

export const slotJob = (slot: number): string => `${JOBS} ${slot}/${SLOTS}`;

const indented = (text: string, by: number): string =>
  text.trimEnd().split("\n").map((line) => line === "" ? "" : `${" ".repeat(by)}${line}`).join("\n");

const HEAD = [
  "# Written by `forge init --ci`. It runs what an Edgeforge order on a throw-away branch asks for, and prints the results.",
  "# No secret is named here, and none is needed: what is tried runs as another user with an environment of its own.",
  "# Keep it protected (CODEOWNERS): the one at the base of a change is the one that counts.",
];

/** `setup`: commands that bring toolchains which the runner's image lacks; the repository's owners add their own. */
export function workflowText(forge: CiForge, setup: readonly string[] = []): string {
  return forge === "github" ? github(setup) : gitlab(setup);
}

function github(setup: readonly string[]): string {
  const slots = Array.from({ length: SLOTS }, (_, at) => at + 1).join(", ");
  return `${HEAD.join("\n")}
name: ${JOBS}
on:
  push:
    branches: ["${BRANCHES}**"]
permissions:
  contents: read
jobs:
  verify:
    name: ${JOBS} \${{ matrix.slot }}/${SLOTS}
    runs-on: ubuntu-24.04
    timeout-minutes: 120
    strategy:
      fail-fast: false
      matrix:
        slot: [${slots}]
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 200
          persist-credentials: false
${setup.map((command) => `      - run: ${command}\n`).join("")}      - name: ${JOBS}
        shell: bash
        env:
          FORGE_SLOT: \${{ matrix.slot }}
          FORGE_COMMIT: \${{ github.sha }}
          FORGE_VERIFY_SAME_USER: "no"
        run: |
          set -- "$FORGE_SLOT" "$FORGE_COMMIT"
${indented(RUNNER_SCRIPT, 10)}
`;
}

function gitlab(setup: readonly string[]): string {
  return `${HEAD.join("\n")}
# In .gitlab-ci.yml:
#   include: { local: "/${WORKFLOW_PATH.gitlab}" }
# and \`rules\` or \`workflow\` there keep other jobs off branches below ${BRANCHES}
${JOBS}:
  image: debian:bookworm
  parallel: ${SLOTS}
  timeout: 2h
  rules:
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH =~ /^forge\\/verify\\//
  variables:
    GIT_STRATEGY: clone
    GIT_DEPTH: "200"
    FORGE_VERIFY_SAME_USER: "no"
  before_script:
    - apt-get update -qq && apt-get install -qq -y --no-install-recommends git ca-certificates util-linux
${setup.map((command) => `    - ${command}\n`).join("")}  script:
    - |
      cat > "$CI_PROJECT_DIR.forge-verify.sh" <<'FORGE_VERIFY_SCRIPT'
${indented(RUNNER_SCRIPT, 6)}
      FORGE_VERIFY_SCRIPT
      bash "$CI_PROJECT_DIR.forge-verify.sh" "$CI_NODE_INDEX" "$CI_COMMIT_SHA"
`;
}

/** Whether a repository's workflow is the text that is written here, whatever is set up before it. */
export function isShipped(forge: CiForge, text: string): boolean {
  return indentedScripts[forge].every((part) => text.includes(part)) && text.startsWith(HEAD.join("\n"));
}

const indentedScripts: Readonly<Record<CiForge, readonly string[]>> = {
  github: [indented(RUNNER_SCRIPT, 10)],
  gitlab: [indented(RUNNER_SCRIPT, 6)],
};

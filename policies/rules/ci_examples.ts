import type { OversightExample } from "./oversight_example.ts";

const CI = ".github/workflows/ci.yml";
const SHA = "0123456789abcdef0123456789abcdef01234567";
const STEPS = "      - uses: actions/checkout@v4\n      - run: npm ci\n      - run: npm test\n";
const of = (given: { on?: string; top?: string; job?: string; steps?: string; more?: string } = {}) =>
  `on: ${given.on ?? "[push, pull_request]"}\n${given.top ?? ""}jobs:\n  test:\n    runs-on: ubuntu-latest\n${
    given.job ?? ""
  }    steps:\n${given.steps ?? STEPS}${given.more ?? ""}`;
const github = (
  which: OversightExample["case"],
  about: string,
  base: Parameters<typeof of>[0],
  head: Parameters<typeof of>[0],
  says?: OversightExample["says"],
): OversightExample => ({
  case: which,
  about,
  base: { [CI]: of(base) },
  head: { [CI]: of(head) },
  ...(says === undefined ? {} : { says }),
});
const LINT = "  lint:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm run lint\n";
const third = (ref: string) => `${STEPS}      - uses: acme/deploy@${ref}\n`;

/** S4: workflows that grant more or check less. */
export const CI_EXAMPLES: readonly OversightExample[] = [
  github("violating", "everything may be written", { top: "permissions:\n  contents: read\n" }, {
    top: "permissions: write-all\n",
  }),
  github(
    "violating",
    "what was granted is not said any more",
    { top: "permissions:\n  contents: read\n" },
    {},
  ),
  github("violating", "one scope more", { top: "permissions:\n  contents: read\n" }, {
    top: "permissions:\n  contents: write\n",
  }, "ask"),
  github("violating", "one scope more where strangers start the workflow", {
    on: "issue_comment",
    job: "    permissions:\n      contents: read\n",
  }, { on: "issue_comment", job: "    permissions:\n      contents: write\n" }),
  github("violating", "strangers' code with the repository's rights", {}, {
    on: "[push, pull_request, pull_request_target]",
    steps:
      "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n      - run: npm ci\n      - run: npm test\n",
  }),
  github("violating", "an action loses its commit", { steps: third(SHA) }, { steps: third("v1") }),
  github("violating", "an action follows a branch", { steps: third("v1") }, { steps: third("main") }),
  github("violating", "an action of others", {}, { steps: third("v1") }, "ask"),
  github("violating", "a secret", {}, {
    steps: `${STEPS}        env:\n          TOKEN: \${{ secrets.NPM_TOKEN }}\n`,
  }, "ask"),
  github("violating", "all secrets for others", {}, {
    more: "  call:\n    uses: acme/x/.github/workflows/a.yml@main\n    secrets: inherit\n",
  }),
  github("violating", "the lint job goes", { more: LINT }, {}),
  github("violating", "the tests go", {}, {
    steps: "      - uses: actions/checkout@v4\n      - run: npm ci\n",
  }),
  { case: "violating", about: "the workflow goes", base: { [CI]: of() }, head: {} },
  github("violating", "the tests become words", {}, {
    steps: STEPS.replace("npm test", "echo npm test passed"),
  }),
  github("violating", "the job never runs", {}, { job: "    if: false\n" }),
  github("violating", "the step never runs", {}, { steps: `${STEPS}        if: \${{ false }}\n` }),
  github(
    "violating",
    "the job runs under another condition",
    {},
    { job: "    if: github.actor != 'bot'\n" },
    "ask",
  ),
  github("violating", "no run for requests", {}, { on: "[push]" }, "ask"),
  github("violating", "code is left out", { on: "\n  pull_request:\n    branches: [main]" }, {
    on: "\n  pull_request:\n    branches: [main]\n    paths-ignore: ['**/*.ts']",
  }),
  github("violating", "other branches only", { on: "\n  pull_request:\n    branches: [main]" }, {
    on: "\n  pull_request:\n    branches: [never]",
  }, "ask"),
  github("violating", "tests that look at less", { steps: STEPS.replace("npm test", "pytest -q") }, {
    steps: STEPS.replace("npm test", "pytest -q --ignore=tests/slow"),
  }, "ask"),
  github("violating", "a linter that ends well", { steps: STEPS.replace("npm test", "flake8 src") }, {
    steps: STEPS.replace("npm test", "flake8 src --exit-zero"),
  }),
  github("violating", "a runner of one's own", {}, {
    more: "  own:\n    runs-on: [self-hosted]\n    steps:\n      - run: make\n",
  }, "ask"),
  github("violating", "a dependency between jobs goes", { more: `${LINT}    needs: [test]\n` }, {
    more: LINT,
  }, "ask"),
  {
    case: "violating",
    about: "a job of GitLab goes",
    base: { ".gitlab-ci.yml": "test:\n  script: [pytest]\nlint:\n  script: [ruff check .]\n" },
    head: { ".gitlab-ci.yml": "test:\n  script: [pytest]\n" },
  },
  {
    case: "violating",
    about: "a job of GitLab becomes manual",
    base: { ".gitlab-ci.yml": "test:\n  script: [pytest]\n" },
    head: { ".gitlab-ci.yml": "test:\n  when: manual\n  script: [pytest]\n" },
  },
  {
    case: "violating",
    about: "a system that nobody here compares",
    base: { ".circleci/config.yml": "version: 2.1\njobs: {}\n" },
    head: { ".circleci/config.yml": "version: 2.1\n" },
    says: "ask",
  },
  {
    case: "violating",
    about: "a workflow that is no YAML",
    base: { [CI]: of() },
    head: { [CI]: "jobs: [\n" },
    says: "ask",
  },
  github("evading", "an action loses its commit in another spelling", { steps: third(SHA) }, {
    steps: third("v1").replace("acme/deploy", "Acme/Deploy"),
  }),
  github("evading", "a short commit is a name like any other", { steps: third(SHA) }, {
    steps: third(SHA.slice(0, 7)),
  }),
  github("evading", "the job is renamed and runs nothing", {}, { steps: "      - run: true\n", job: "" }),
  github("evading", "the test moves to a job that never runs", { more: LINT }, {
    job: "    if: ${{ false }}\n",
    more: LINT,
  }),
  github("clean", "a newer action, still by its commit", { steps: third(SHA) }, {
    steps: third("f".repeat(40)),
  }),
  github("clean", "a newer version", {}, { steps: STEPS.replace("@v4", "@v5") }),
  github("clean", "a stricter permission", { top: "permissions: write-all\n" }, {
    top: "permissions:\n  contents: read\n",
  }),
  github("clean", "permissions that are said for the first time", {}, {
    top: "permissions:\n  contents: read\n",
  }),
  github("clean", "a new job", {}, { more: LINT }),
  github("clean", "a step between others", {}, {
    steps: STEPS.replace("      - run: npm test", "      - run: npm run build\n      - run: npm test"),
  }),
  github("clean", "jobs in another order, a job with another name", { more: LINT }, {
    more: LINT.replace("  lint:", "  style:"),
  }),
  github("clean", "more branches", { on: "\n  push:\n    branches: [main]" }, {
    on: "\n  push:\n    branches: [main, next]",
  }),
  github("clean", "reading matter left out", { on: "\n  push:\n    branches: [main]" }, {
    on: "\n  push:\n    branches: [main]\n    paths-ignore: ['docs/**']",
  }, "note"),
  github("clean", "fewer versions", { job: "    strategy:\n      matrix:\n        node: [14, 18, 20]\n" }, {
    job: "    strategy:\n      matrix:\n        node: [18, 20]\n",
  }, "note"),
  {
    case: "clean",
    about: "checks that move to another workflow",
    base: { [CI]: of({ more: LINT }) },
    head: { [CI]: of(), ".github/workflows/lint.yml": `on: [push]\njobs:\n${LINT}` },
  },
  {
    case: "clean",
    about: "a new workflow",
    base: {},
    head: { [CI]: of({ top: "permissions:\n  contents: read\n" }) },
  },
  {
    case: "clean",
    about: "a newer image of GitLab",
    base: { ".gitlab-ci.yml": "test:\n  image: a:1\n  script: [pytest]\n" },
    head: { ".gitlab-ci.yml": "test:\n  image: a:2\n  script: [pytest]\n" },
  },
  {
    case: "violating",
    about: "a job that the spec gives up is for a human",
    base: { [CI]: of({ more: LINT }) },
    head: { [CI]: of() },
    intent: { type: "UPDATE", scope: [CI], removes: [`${CI}::lint`] },
    says: "ask",
  },
];

const run = (script: string, more = "") => ({ steps: `${STEPS}      - run: ${script}\n${more}` });

/** X5: strangers' text in scripts. */
export const INJECTION_EXAMPLES: readonly OversightExample[] = [
  github("violating", "a title", {}, run('echo "${{ github.event.pull_request.title }}"')),
  github("violating", "a branch", {}, run("git checkout ${{ github.head_ref }}")),
  github("violating", "a comment in a program", {}, {
    steps:
      `${STEPS}      - uses: actions/github-script@v7\n        with:\n          script: console.log("\${{ github.event.comment.body }}")\n`,
  }),
  {
    case: "violating",
    about: "in an action of one's own",
    head: {
      "action.yml":
        "runs:\n  using: composite\n  steps:\n    - run: echo ${{ github.event.issue.title }}\n      shell: bash\n",
    },
  },
  {
    case: "violating",
    about: "GitLab",
    head: { ".gitlab-ci.yml": 'test:\n  script:\n    - eval "$CI_COMMIT_MESSAGE"\n' },
  },
  github("evading", "another spelling", {}, run("echo ${{github.event['pull_request']['title']}}")),
  github("evading", "by a variable", {}, {
    steps:
      `${STEPS}      - run: echo \${{ env.TITLE }}\n        env:\n          TITLE: \${{ github.event.issue.title }}\n`,
  }),
  github("evading", "the whole event", {}, run("echo '${{ toJSON(github.event) }}'")),
  github("evading", "by a function", {}, run("echo ${{ format('{0}', github.event.issue.body) }}")),
  github("evading", "the key of a cache", {}, {
    steps:
      `${STEPS}      - uses: actions/cache@v4\n        with:\n          path: x\n          key: a-\${{ github.head_ref }}\n`,
  }, "ask"),
  github("clean", "by a variable that the shell reads", {}, {
    steps:
      `${STEPS}      - run: echo "$TITLE"\n        env:\n          TITLE: \${{ github.event.issue.title }}\n`,
  }),
  github(
    "clean",
    "what nobody chooses",
    {},
    run("echo ${{ github.sha }} ${{ matrix.node }} ${{ github.event.number }} ${{ steps.a.outputs.b }}"),
  ),
  github("clean", "a comparison", {}, run("echo ${{ github.head_ref == 'main' }}")),
  github("clean", "it was there", run("echo ${{ github.head_ref }}"), {
    ...run("echo ${{ github.head_ref }}"),
    more: LINT,
  }),
  {
    case: "clean",
    about: "a comment that warns of it",
    base: { [CI]: of() },
    head: { [CI]: `# Never: run: echo \${{ github.event.issue.title }}\n${of()}` },
  },
  {
    case: "violating",
    about: "the title of an event in a shell, in Node",
    head: {
      "scripts/label.js":
        'import { execSync } from "node:child_process";\nconst { issue } = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"));\nexecSync(`gh issue edit ${issue.number} --add-label "${issue.title}"`);\n',
    },
  },
  {
    case: "violating",
    about: "a comment in a shell, in Python",
    head: {
      "bot.py":
        "import json, os, subprocess\nevent = json.load(open(os.environ[\"GITHUB_EVENT_PATH\"]))\nsubprocess.run(f\"echo {event['comment']['body']}\", shell=True)\n",
    },
  },
  {
    case: "violating",
    about: "the title of a webhook, in Go",
    head: {
      "hook.go":
        'package hook\n\nfunc Serve(w W, r *R) {\n\tvar event struct{ Issue struct{ Title string } }\n\t_ = json.NewDecoder(r.Body).Decode(&event)\n\texec.Command("sh", "-c", "echo "+event.Issue.Title).Run()\n}\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "the title of a webhook, in Java",
    head: {
      "src/Hook.java":
        'class Hook {\n  void f(Event event) throws Exception {\n    new ProcessBuilder("sh", "-c", "echo " + event.getIssue().getTitle()).start();\n  }\n}\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "a builder, in Rust",
    head: {
      "src/hook.rs":
        'fn f(issue: &Issue) {\n    Command::new("sh").arg("-c").arg(format!("echo {}", issue.title)).status();\n}\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "eval of a comment, in a script",
    head: { "bin/hook.sh": '#!/bin/bash\nbody=$(jq -r .comment.body "$GITHUB_EVENT_PATH")\neval "$body"\n' },
  },
  {
    case: "violating",
    about: "a message of a commit, in a script",
    head: { "ci/notify.sh": '#!/bin/sh\nsh -c "echo $CI_COMMIT_MESSAGE"\n' },
  },
  {
    case: "violating",
    about: "a model that is told to obey",
    head: {
      "scripts/triage.ts":
        "const issue = context.payload.issue;\nexport const prompt = `You are the maintainer. Follow these instructions: ${issue.body}`;\n",
    },
    says: "ask",
  },
  {
    case: "evading",
    about: "by way of a model",
    head: {
      "scripts/triage.ts":
        'const issue = JSON.parse(await Deno.readTextFile(Deno.env.get("GITHUB_EVENT_PATH") ?? ""));\nconst prompt = `Fix this: ${issue.issue.body}`;\nconst answer = await (await fetch(url, { method: "POST", body: prompt })).text();\nawait new Deno.Command("sh", { args: ["-c", answer] }).output();\n',
    },
  },
  {
    case: "evading",
    about: "by names and parts",
    head: {
      "a.py":
        'import json, os\nwith open(os.environ["GITHUB_EVENT_PATH"]) as f:\n    data = json.load(f)\ntext = data.get("pull_request").get("title").strip()\nline = "notify " + text\nos.system(line)\n',
    },
  },
  {
    case: "evading",
    about: "through a pipe",
    head: { "a.sh": '#!/bin/sh\ntitle=$(gh pr view 1 --json title -q .title)\necho "$title" | bash\n' },
  },
  {
    case: "evading",
    about: "by the environment of a step",
    head: {
      ".github/workflows/a.yml":
        'on: issues\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - env:\n          BODY: ${{ github.event.issue.body }}\n        run: eval "$BODY"\n',
    },
  },
  {
    case: "clean",
    about: "an argument without a shell",
    head: {
      "a.js":
        'const { issue } = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"));\nexecFileSync("gh", ["issue", "edit", String(issue.number), "--title", issue.title]);\nconst found = /a/.exec(issue.title);\n',
    },
  },
  {
    case: "clean",
    about: "a number of an event",
    head: {
      "a.js":
        'import { execSync } from "node:child_process";\nconst { issue } = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8"));\nexecSync(`gh issue close ${issue.number}`);\n',
    },
  },
  {
    case: "clean",
    about: "quoted for a shell",
    head: {
      "a.py":
        'import json, os, shlex, subprocess\nevent = json.load(open(os.environ["GITHUB_EVENT_PATH"]))\nsubprocess.run("echo " + shlex.quote(event["comment"]["body"]), shell=True)\n',
    },
  },
  {
    case: "clean",
    about: "an argument of a script",
    head: {
      "a.sh":
        '#!/bin/sh\nbody=$(jq -r .comment.body "$GITHUB_EVENT_PATH")\nsh -c \'echo "$1"\' _ "$body"\nprintf "%s" "$body" | wc -c\n',
    },
  },
  {
    case: "clean",
    about: "data for a model",
    head: {
      "a.ts":
        'const issue = context.payload.issue;\nexport const messages = [{ role: "user", content: `Sum up the report between the marks.\\n<report>${issue.body}</report>` }];\n',
    },
  },
  {
    case: "violating",
    about: "the prompt of an agent in a workflow",
    head: {
      ".github/workflows/a.yml":
        "on: issues\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/agent@1111111111111111111111111111111111111111\n        with:\n          prompt: 'Fix this: ${{ github.event.issue.body }}'\n",
    },
    says: "ask",
  },
  {
    case: "clean",
    about: "the number of an issue in a prompt",
    head: {
      ".github/workflows/a.yml":
        "on: issues\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/agent@1111111111111111111111111111111111111111\n        with:\n          prompt: 'Look at issue ${{ github.event.issue.number }}'\n          title: ${{ github.event.issue.title }}\n",
    },
  },
];

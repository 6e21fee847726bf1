import type { OversightExample } from "./oversight_example.ts";

const scripts = (release: string) => `{\n  "scripts": { "release": ${JSON.stringify(release)} }\n}\n`;
const CI = ".github/workflows/ci.yml";
const run = (command: string, env = "") =>
  `on: [push]\njobs:\n  a:\n    runs-on: x\n${env}    steps:\n      - run: ${command}\n`;

/** S3: ways around hooks and signatures. */
export const BYPASS_EXAMPLES: readonly OversightExample[] = [
  {
    case: "violating",
    about: "--no-verify in a package script",
    base: { "package.json": scripts("git commit -am x") },
    head: { "package.json": scripts("git commit -am x --no-verify") },
  },
  {
    case: "violating",
    about: "-n in a script",
    head: { "scripts/save.sh": "#!/bin/sh\ngit add .\ngit commit -n -m wip\n" },
  },
  {
    case: "violating",
    about: "push --no-verify in a recipe",
    head: { Makefile: "push:\n\tgit push --no-verify origin main\n" },
  },
  { case: "violating", about: "HUSKY=0 before a commit", head: { "a.sh": "HUSKY=0 git commit -m x\n" } },
  { case: "violating", about: "LEFTHOOK=0 exported", head: { "a.sh": "export LEFTHOOK=0\ngit push\n" } },
  { case: "violating", about: "SKIP for pre-commit", head: { "a.sh": "SKIP=mypy,ruff git commit -m x\n" } },
  {
    case: "violating",
    about: "a folder without hooks",
    head: { "a.sh": "git config core.hooksPath /dev/null\n" },
  },
  {
    case: "violating",
    about: "for one command",
    head: { Makefile: "save:\n\tgit -c core.hooksPath=/dev/null commit -m x\n" },
  },
  {
    case: "violating",
    about: "in git's own settings",
    head: { ".gitconfig": "[core]\n\thooksPath = /dev/null\n" },
  },
  { case: "violating", about: "in the environment of a folder", head: { ".envrc": "export HUSKY=0\n" } },
  {
    case: "violating",
    about: "hooks that are taken away",
    head: { "setup.sh": "rm -rf .git/hooks\npre-commit uninstall\n" },
  },
  {
    case: "violating",
    about: "CI that commits",
    base: { [CI]: run("git commit -m x") },
    head: { [CI]: run("git commit --no-verify -m x") },
    says: "ask",
  },
  {
    case: "violating",
    about: "a program that commits",
    head: { "src/save.ts": 'export const save = () => run("git", ["commit", "--no-verify", "-m", "x"]);\n' },
    says: "ask",
  },
  {
    case: "violating",
    about: "in Python",
    head: { "save.py": 'import subprocess\nsubprocess.run(["git", "commit", "-n", "-m", "x"])\n' },
    says: "ask",
  },
  {
    case: "violating",
    about: "in Go",
    head: { "save.go": 'package a\n\nvar c = exec.Command("git", "commit", "--no-verify")\n' },
    says: "ask",
  },
  {
    case: "violating",
    about: "as a whole command",
    head: { "save.js": 'exec("git commit -am wip --no-verify");\n' },
    says: "ask",
  },
  { case: "evading", about: "the beginning of the option", head: { "a.sh": "git commit --no-verif -m x\n" } },
  { case: "evading", about: "among other letters", head: { "a.sh": "git commit -anm x\n" } },
  { case: "evading", about: "in quotes", head: { "a.sh": 'git "commit" "--no-ver""ify" -m x\n' } },
  {
    case: "evading",
    about: "behind options of git",
    head: { "a.sh": "/usr/bin/git -C sub -c a.b=c commit --no-verify\n" },
  },
  { case: "evading", about: "by env", head: { "a.sh": "env HUSKY=0 git commit -m x\n" } },
  {
    case: "clean",
    about: "a message that speaks of it",
    head: {
      "a.sh":
        'git commit -m "do not use --no-verify" -- n\ngit commit -m -n\ngit push -n\ngrep -n commit file\necho "--no-verify"\n',
    },
  },
  {
    case: "clean",
    about: "hooks that are switched on",
    head: { "setup.sh": "git config core.hooksPath .githooks\nchmod +x .git/hooks/pre-commit\n" },
  },
  {
    case: "clean",
    about: "CI without hooks",
    head: { [CI]: run("npm ci", "    env:\n      HUSKY: 0\n") },
    says: "note",
  },
  {
    case: "clean",
    about: "a test of git",
    head: {
      "a_test.ts": 'run("git", ["commit", "--no-verify"]);\n',
      "tests/setup.sh": "git config commit.gpgsign false\ngit commit --no-verify -m x\n",
    },
    says: "note",
  },
  {
    case: "clean",
    about: "a program that speaks of it",
    head: {
      "src/help.ts":
        'export const HELP = "git commit --no-verify passes by the hooks";\nconst words = ["--no-verify", "-n"];\n',
    },
  },
  {
    case: "clean",
    about: "reading matter",
    head: { "docs/a.md": "Use `git commit --no-verify` or HUSKY=0.\n" },
  },
  {
    case: "clean",
    about: "it was there",
    base: { "a.sh": "git commit --no-verify -m x\n" },
    head: { "b.sh": "if a; then\n  git commit --no-verify -m x\nfi\n" },
  },
  {
    case: "violating",
    about: "what the spec names is for a human",
    head: { "a.sh": "git commit -n -m x\n" },
    intent: { type: "UPDATE", scope: ["**"], removes: ["a.sh::no-verify"] },
    says: "ask",
  },
  {
    case: "evading",
    about: "by an alias",
    head: { "a.sh": "git config --global alias.ci 'commit --no-verify'\n" },
  },
  {
    case: "violating",
    about: "a folder without hooks, set by a program",
    head: {
      "scripts/setup.ts":
        'new Deno.Command("git", { args: ["config", "core.hooksPath", "/dev/null"] }).outputSync();\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "hooks that a program takes away, in Python",
    head: {
      "dev.py":
        'import subprocess\nsubprocess.run(["pre-commit", "uninstall"])\nsubprocess.run(["git", "config", "--local", "core.hooksPath", "/tmp/none"])\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "files of hooks, in Node",
    head: {
      "a.js":
        'import { rmSync } from "node:fs";\nrmSync(join(root, ".git", "hooks"), { recursive: true });\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "a library of git",
    head: { "a.ts": 'await simpleGit().commit("x", { "--no-verify": null });\n' },
    says: "ask",
  },
  {
    case: "violating",
    about: "a library of git in Python",
    head: { "a.py": 'repo.index.commit("x", skip_hooks=True)\n' },
    says: "ask",
  },
  {
    case: "violating",
    about: "a variable in the environment of a program",
    head: { "a.ts": 'run("git", ["commit", "-m", "x"], { env: { ...process.env, HUSKY: "0" } });\n' },
    says: "ask",
  },
  {
    case: "violating",
    about: "a builder of Rust",
    head: {
      "src/a.rs":
        'fn f() { Command::new("git").arg("commit").args(["-m", "x"]).arg("--no-verify").status(); }\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "a variable in Go",
    head: { "a.go": 'package a\n\nfunc f(c *exec.Cmd) {\n\tc.Env = append(os.Environ(), "LEFTHOOK=0")\n}\n' },
    says: "ask",
  },
  {
    case: "evading",
    about: "a path that has a name",
    head: { "a.py": 'import shutil\nhooks = Path(".git") / "hooks"\nshutil.rmtree(hooks)\n' },
    says: "ask",
  },
  {
    case: "evading",
    about: "a hook that says yes",
    head: { "a.js": 'fs.writeFileSync(".git/hooks/pre-commit", "#!/bin/sh\\nexit 0\\n");\n' },
    says: "ask",
  },
  {
    case: "evading",
    about: "a setting by a whole command in a program",
    head: { "a.py": 'import os\nos.system("git config core.hooksPath /dev/null")\n' },
    says: "ask",
  },
  {
    case: "clean",
    about: "a program that writes hooks",
    head: {
      "a.js":
        'fs.writeFileSync(".git/hooks/pre-commit", "#!/bin/sh\\nnpx lint-staged\\n");\nfs.chmodSync(".git/hooks/pre-commit", 0o755);\n',
    },
  },
  {
    case: "clean",
    about: "a clone that runs no hooks of others",
    head: { "a.ts": 'run("git", ["-c", "core.hooksPath=/dev/null", "clone", url]);\n' },
  },
  {
    case: "clean",
    about: "names that every object has",
    head: { "a.ts": 'export const hooks = { constructor: "0", toString: "1" };\nset("valueOf", "0");\n' },
  },
  {
    case: "clean",
    about: "hooks of something else",
    head: {
      "a.ts": 'hooks.remove("commit", handler);\nconst SKIP = "none";\nunlink(join(dir, "hooks", "a"));\n',
    },
  },
  {
    case: "violating",
    about: "hooks that go out of the settings of pre-commit",
    base: {
      ".pre-commit-config.yaml": "repos:\n  - repo: a\n    hooks:\n      - id: ruff\n      - id: mypy\n",
    },
    head: { ".pre-commit-config.yaml": "repos: []\n" },
    says: "ask",
  },
  {
    case: "evading",
    about: "a hook that only talks",
    base: { ".husky/pre-commit": "npx lint-staged\n" },
    head: { ".husky/pre-commit": "echo checked\nexit 0\n" },
    says: "ask",
  },
  {
    case: "clean",
    about: "another hook in the place of one",
    base: { ".pre-commit-config.yaml": "repos:\n  - repo: a\n    hooks:\n      - id: flake8\n" },
    head: { ".pre-commit-config.yaml": "repos:\n  - repo: b\n    hooks:\n      - id: ruff\n" },
  },
];

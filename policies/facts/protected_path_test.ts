import assert from "node:assert/strict";
import { protectedClass } from "./protected_path.ts";

const classOf = (path: string) => protectedClass(path)?.class ?? null;

Deno.test("policy, owners, CI of every kind, hooks and agent instructions are protected", () => {
  for (
    const [wanted, ...paths] of [
      ["policy", ".forge/policy.yaml", ".forge/packs/x/rule.yaml", "sub/.forge/waivers/a.json"],
      ["owners", "CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
      [
        "ci",
        ...[
          ".github/workflows/ci.yml",
          ".github/actions/x/action.yml",
          ".github/dependabot.yml",
          ".github/copilot-instructions.md",
          ".gitlab-ci.yml",
          "ci/.gitlab-ci.base.yml",
        ],
        ...[
          ".circleci/config.yml",
          "azure-pipelines.yml",
          "Jenkinsfile",
          "Jenkinsfile.release",
          ".travis.yml",
          "appveyor.yml",
          ".drone.yml",
          "bitbucket-pipelines.yml",
          ".buildkite/pipeline.yml",
        ],
        ...[
          ".ci/run",
          "cloudbuild.yaml",
          "buildspec.yml",
          "codecov.yml",
          ".woodpecker/test.yml",
          ".forgejo/workflows/a.yml",
          "sonar-project.properties",
        ],
      ],
      ["hooks", ".husky/pre-commit", ".pre-commit-config.yaml", "lefthook.yml"],
      [
        "agent-instructions",
        ...[
          "AGENTS.md",
          "src/AGENTS.md",
          "CLAUDE.md",
          "CLAUDE.local.md",
          "GEMINI.md",
          ".cursor/rules/a.mdc",
          ".cursorrules",
          ".mcp.json",
          ".vscode/mcp.json",
          ".vscode/tasks.json",
        ],
        ...[
          ".claude/settings.json",
          ".windsurfrules",
          ".clinerules",
          ".aider.conf.yml",
          ".kiro/steering/a.md",
          ".codex/config.toml",
          "opencode.json",
          ".devcontainer/devcontainer.json",
        ],
      ],
      [
        "test-runner",
        ...[
          "jest.config.js",
          "vitest.config.ts",
          "vitest.workspace.ts",
          ".mocharc.json",
          "playwright.config.ts",
          "jest.setup.ts",
          "setupTests.js",
          "test/setup.ts".replace("test/setup", "test_setup"),
        ],
        ...[
          "conftest.py",
          "tests/conftest.py",
          "pytest.ini",
          "tox.ini",
          ".coveragerc",
          "noxfile.py",
          "sitecustomize.py",
          "evil.pth",
          ".cargo/config.toml",
          ".config/nextest.toml",
          "src/test/resources/junit-platform.properties",
          "phpunit.xml",
          "bunfig.toml",
          ".nycrc",
        ],
      ],
      [
        "quality-settings",
        ".testcoverage.yml",
        "tools/test-coverage.yaml",
        ".coverage-thresholds.json",
        ".simplecov",
        ".codeclimate.yml",
        ".eslintrc.json",
        "eslint.config.js",
        ".eslintignore",
        "ruff.toml",
        ".flake8",
        "mypy.ini",
        "biome.json",
        ".golangci.yml",
        ".semgrepignore",
        ".gitleaks.toml",
      ],
      ["package-source", ".npmrc", ".yarnrc.yml", "gradle/wrapper/gradle-wrapper.jar", "pip.conf"],
      ["git-attributes", ".gitattributes", "sub/.gitattributes"],
    ] as const
  ) for (const path of paths) assert.equal(classOf(path), wanted, path);
});

Deno.test("spelling does not open them: other case, trailing dots, streams, ignored code points", () => {
  for (
    const path of [
      "agents.MD",
      "Claude.md",
      ".GitHub/Workflows/ci.yml",
      "conftest.py.",
      ".forge./policy.yaml",
      ".for\u200cge/policy.yaml",
      "JENKINSFILE",
      ".npmrc::$DATA",
    ]
  ) {
    assert.notEqual(classOf(path), null, path);
  }
});

Deno.test("ordinary files are open, also those that only sound like it", () => {
  for (
    const path of [
      ...[
        "src/agents.ts",
        "docs/agents-guide.md",
        "src/forge/policy.yaml",
        "README.md",
        ".gitignore",
        ".github/ISSUE_TEMPLATE/bug.md",
        ".github/pull_request_template.md",
        ".github/FUNDING.yml",
      ],
      ...[
        "src/jest.ts",
        "src/vitest/config.ts",
        "contest.py",
        "src/test.ts",
        "src/setup.ts",
        ".prettierrc",
        "eslint-rules/a.js",
        "src/hooks/useX.ts",
        "ci-notes.md",
        "src/ci/report.ts",
        "LICENSE",
      ],
      ...[
        "package.json",
        "deno.json",
        "pyproject.toml",
        "Makefile",
        "src/codeowners.ts",
        "tests/setup.py",
        "Cargo.toml",
      ],
    ]
  ) assert.equal(classOf(path), null, path);
});

import assert from "node:assert/strict";
import {
  type Case,
  HEX,
  noLock,
  npm,
  npm0,
  npmEvil,
  pair,
  PIPFILE,
  POETRY,
  poetryWith,
} from "../testing/supply_cases.ts";
import { edited, type Files, judgeSupply, specFor, treeOf } from "../testing/supply_trees.ts";
import { supplyRules } from "./supply.ts";

/** Changes that package managers made, each with its manifest and its lockfile. */
const REAL = [
  "npm-0 npm-add",
  "npm-add npm-bump",
  "npm-bump npm-remove",
  "npm-remove npm-esbuild",
  "npm-bump npms-alias",
  "npms-alias npms-ws",
  "npms-ws npms-ws-add",
  "npms-ws-add npms-v2",
  "npmv1-0 npmv1-add",
  "npmv1-add npmv1-to3",
  "yarn1-0 yarn1-add",
  "yarn1-add yarn1-bump",
  "yarn1-add yarn1-ws",
  "berry-0 berry-add",
  "berry-add berry-bump",
  "berry-add berry-ws",
  "pnpm-0 pnpm-add",
  "pnpm-add pnpm-peer",
  "pnpm-peer pnpm-ws",
  "deno-0 deno-add",
  "deno-add deno-bump",
  "deno-bump deno-inline",
  "deno-inline deno-ws",
  "cargo-0 cargo-add",
  "cargo-add cargo-bump",
  "cargo-bump cargo-feature",
  "cargo-feature cargo-ws",
  "go-0 go-bump",
  "go-bump go-add",
  "go-add go-untidy",
  "go-untidy go-tidy",
  "go-tidy go-remove",
  "uvs-0 uvs-add",
  "uvs-add uvs-bump",
  "uvs-bump uvs-remove",
  "pips-0 pips-add",
].map((names) => {
  const [from = "", to = ""] = names.split(" ");
  return pair(from, to);
});

/** From nothing: a project is begun with its lockfile. */
const BEGUN = [
  "npms-ws-add",
  "npms-v2",
  "npmv1-add",
  "yarn1-ws",
  "berry-ws",
  "pnpm-ws",
  "deno-ws",
  "cargo-ws",
  "go-add",
  "uvs-add",
  "pips-add",
]
  .map((name): Case => ({ what: `${name} from nothing`, from: {}, to: treeOf(name) }));

/** Requirements of the developers that take in those of the tests, as pip-compile writes them. */
const takingIn = (tests: string, pins: string): Files => ({
  "requirements/dev.in": "-r tests.txt\ntox\n",
  "requirements/tests.in": tests,
  "requirements/tests.txt": pins,
  "requirements/dev.txt": `${pins.replace("-r tests.in", "-r tests.txt")}tox==4.15.0\n    # via -r dev.in\n`,
});
const PYTEST = "iniconfig==2.0.0\n    # via pytest\npytest==8.1.1\n    # via -r tests.in\n";

const HONEST: Case[] = [
  ...REAL,
  ...BEGUN,
  {
    what: "requirements that take in others get what those ask for",
    from: takingIn("", ""),
    to: takingIn("pytest\n", PYTEST),
    spec: { intent: { type: "UPDATE", scope: ["requirements/**"] }, title: "Add pytest" },
  },
  {
    what: "a dependency is added where the repository has no lockfile",
    from: noLock,
    to: { "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","debug":"^4.3.4"}}' },
  },
  {
    what: "a range opens over what is locked",
    from: npm0,
    to: edited(
      edited(npm0, "package.json", '"2.1.2"', '"^2.1.0"'),
      "package-lock.json",
      '"ms": "2.1.2"',
      '"ms": "^2.1.0"',
    ),
  },
  {
    what: "a dependency moves to the development group",
    from: npm,
    to: edited(
      edited(
        npm,
        "package.json",
        /"dependencies":\{[^}]*\}/,
        '"dependencies": { "ms": "2.1.2" }, "devDependencies": { "debug": "^4.3.4" }',
      ),
      "package-lock.json",
      '"node_modules/debug": {',
      '"node_modules/debug": {\n      "dev": true,',
    ),
  },
  {
    what: "a lockfile is left behind by one that another tool writes",
    from: { ...npm0, "yarn.lock": treeOf("yarn1-0")["yarn.lock"] ?? "" },
    to: { ...treeOf("yarn1-add"), "package-lock.json": npm0["package-lock.json"] ?? "" },
  },
  {
    what: "npm writes the addresses that it left out",
    from: npm0,
    to: edited(
      npm0,
      "package-lock.json",
      '"integrity"',
      '"resolved": "https://registry.npmjs.org/ms/-/ms-2.1.2.tgz",\n      "integrity"',
    ),
  },
  {
    what: "a lockfile of a test's fixture",
    from: {},
    to: {
      "src/testdata/package-lock.json":
        '{"lockfileVersion":3,"packages":{"node_modules/evil":{"version":"1.0.0"}}}',
    },
  },
  {
    what: "a lockfile that never agreed with its manifest stays as it was",
    from: { ...npm0, "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","uuid":"^9.0.0"}}' },
    to: {
      ...npm0,
      "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","uuid":"^9.0.0","clsx":"^2.0.0"}}',
    },
  },
  {
    what: "poetry adds a dependency with what it needs",
    from: POETRY,
    to: edited(
      edited(POETRY, "pyproject.toml", 'idna = "^3.6"', 'idna = "^3.6"\nanyio = "^3.7"'),
      "poetry.lock",
      "[metadata]",
      `${
        poetryWith("anyio", "3.7.1", '\n[package.dependencies]\nidna = ">=2.8"\nsniffio = ">=1.1"\n').replace(
          "[metadata]",
          "",
        )
      }${poetryWith("sniffio", "1.3.0")}`,
    ),
  },
  {
    what: "pipenv adds a dependency, and what it needs with it",
    from: PIPFILE,
    to: edited(
      edited(PIPFILE, "Pipfile", 'idna = "*"', 'idna = "*"\nanyio = "*"'),
      "Pipfile.lock",
      '"develop"',
      `"extra":{"anyio":{"hashes":["sha256:${HEX}"],"version":"==3.7.1"},"sniffio":{"hashes":["sha256:${HEX}"],"version":"==1.3.0"}},"develop"`,
    ),
  },
  {
    what: "requirements without a lockfile",
    from: { "requirements.txt": "flask==2.3.0\n" },
    to: { "requirements.txt": "flask==2.3.3\nrequests>=2.31 # for the client\n" },
  },
  {
    what: "a Maven dependency",
    from: {
      "pom.xml":
        "<project><groupId>a</groupId><artifactId>b</artifactId><dependencies></dependencies></project>",
    },
    to: {
      "pom.xml":
        "<project><groupId>a</groupId><artifactId>b</artifactId><dependencies><dependency><groupId>com.google.code.gson</groupId><artifactId>gson</artifactId><version>2.10</version></dependency></dependencies></project>",
    },
  },
  {
    what: "a dependency of a Gradle script",
    from: { "build.gradle": "dependencies {\n}\n" },
    to: { "build.gradle": 'dependencies {\n  implementation "com.google.guava:guava:32.1.2-jre"\n}\n' },
  },
  {
    what: "a fork from git, which the spec asks for",
    from: noLock,
    to: {
      "package.json":
        '{"name":"app","dependencies":{"ms":"github:vercel/ms#1c6264b795492e8fdecbc82cb8802fcfbfc08d26"}}',
    },
    spec: { title: "Take ms from its git repository until the fix is out" },
  },
  {
    what: "a package beside the manifest",
    from: { ...noLock, "lib/x/package.json": '{"name":"x"}' },
    to: {
      "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","x":"file:./lib/x"}}',
      "lib/x/package.json": '{"name":"x"}',
    },
  },
  {
    what: "a new package of the workspace under a glob of its own directory",
    from: treeOf("npms-ws"),
    to: treeOf("npms-ws-add"),
    spec: { intent: { type: "UPDATE", scope: ["packages/b/**", "package-lock.json"] } },
  },
  {
    what: "a wide scope, and the spec names the dependency",
    ...{ from: npm0, to: npm },
    spec: { title: "Add debug for tracing", intent: { type: "UPDATE", scope: ["**"] } },
  },
  {
    what: "an older version, which the spec asks for",
    from: treeOf("npm-bump"),
    to: npm,
    spec: { title: "Go back to ms 2.1.2, because 2.1.3 breaks the parser" },
  },
  {
    what: "scripts that nobody runs by accident",
    from: noLock,
    to: {
      "package.json":
        '{"name":"app","scripts":{"start":"node a.js","prepack":"tsc"},"dependencies":{"ms":"2.1.2"}}',
    },
  },
  {
    what: "a setup.py with another version of a dependency",
    from: { "setup.py": "from setuptools import setup\nsetup(install_requires=['a==1'])\n" },
    to: { "setup.py": "from setuptools import setup\nsetup(install_requires=['a==2'])\n" },
  },
  {
    what: "a deleted lockfile, which the spec names",
    from: npm0,
    to: { "package.json": npm0["package.json"] ?? "" },
    spec: { intent: { type: "UPDATE", scope: ["*.json"], removes: ["package-lock.json"] } },
  },
  {
    what: "a module of Go that a place in the repository stands for",
    from: { "go.mod": "module a\n", "go.sum": "", "kit/go.mod": "module example.com/kit\n" },
    to: {
      "go.mod": "module a\n\nrequire example.com/kit v0.0.0\n\nreplace example.com/kit => ./kit\n",
      "go.sum": "",
      "kit/go.mod": "module example.com/kit\n",
    },
  },
  {
    what: "the address of a project in its Gradle script",
    from: { "build.gradle": "dependencies {\n}\n" },
    to: { "build.gradle": 'dependencies {\n}\npublishing { pom { url = "https://acme.example" } }\n' },
  },
  {
    what: "a lockfile gives way to that of another tool",
    from: npm0,
    to: treeOf("yarn1-0"),
  },
];

for (const { what, from, to, spec } of HONEST) {
  Deno.test(`dependencies, accepted: ${what}`, async () => {
    const said = await judgeSupply(supplyRules, from, to, specFor(spec));
    assert.deepEqual([said.refused, said.findings], [[], []]);
  });
}
Deno.test("a finding of a lockfile shows the line of the entry", async () => {
  const head = npmEvil(npm);
  const { findings } = await judgeSupply(supplyRules, npm, head);
  const line =
    (head["package-lock.json"] ?? "").split("\n").findIndex((text) =>
      text.includes("node_modules/left-pad")
    ) + 1;
  assert.deepEqual(findings.map((finding) => [finding.gate, finding.path, finding.line]), [[
    "lock-agreement",
    "package-lock.json",
    line,
  ]]);
});

Deno.test("facts without dependencies, although a manifest changes, are an error and no pass", async () => {
  const said = await judgeSupply(supplyRules, npm0, npm, specFor(), (input) => {
    delete input.patchFacts?.supply;
  });
  assert.deepEqual([...new Set(Object.values(said.verdicts))], ["error"]);
  assert.equal(said.verdict, "deny");
});

Deno.test("a change without manifests and lockfiles is not judged by these rules, and the reason is recorded", async () => {
  const said = await judgeSupply(supplyRules, { "a.ts": "1" }, { "a.ts": "2" });
  assert.deepEqual([...new Set(Object.values(said.verdicts))], ["not_applicable"]);
});

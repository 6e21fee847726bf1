import assert from "node:assert/strict";
import type { OperationInput } from "../../../../specs/mod.ts";
import { exactVersion, isExact, nextRange } from "./dependency/version.ts";
import { applied, type Files, lines, refused } from "./testing.ts";

type Bumping = Omit<Extract<OperationInput, { op: "bump-dependency" }>, "op">;
const bump = async (files: Files, operation: Bumping) =>
  await applied(files, { op: "bump-dependency", ...operation });
const problem = async (files: Files, operation: Bumping) =>
  await refused(files, { op: "bump-dependency", ...operation });

const SHA512 = `sha512-${"A".repeat(86)}==`;
const HEX = "ab".repeat(32);
const H1 = `h1:${"a".repeat(43)}=`;
const H1_MOD = `h1:${"b".repeat(43)}=`;

Deno.test("a range operator that is there stays, one that is given wins, several parts are ambiguous", () => {
  const next = (before: string, to: string) => {
    const found = nextRange(before, to, "m");
    return found.ok ? found.value : found.error.code;
  };
  assert.equal(next("^1.2.3", "2.0.0"), "^2.0.0");
  assert.equal(next("~1.2", "2.0.0"), "~2.0.0");
  assert.equal(next("1.2.3", "2.0.0"), "2.0.0");
  assert.equal(next("v1.2.3", "2.0.0"), "v2.0.0");
  assert.equal(next("==1.0", "2.0"), "==2.0");
  assert.equal(next("^1.0.0", ">=2 <3"), ">=2 <3");
  assert.equal(next("*", "2.0.0"), "2.0.0");
  assert.equal(next("^1 || ^2", "3.0.0"), "ambiguous");
  assert.equal(next("workspace:*", "3.0.0"), "unsupported");
  assert.equal(next("git+https://x/y.git", "3.0.0"), "unsupported");
  assert.equal(exactVersion("^v1.2.3"), "1.2.3");
  assert.deepEqual(["1.2.3", "1.2.3-rc.1", "^1.2.3", "1.x", ">=1 <2", "latest"].map(isExact), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

const PACKAGE = lines(
  "{",
  '  "name": "app",',
  '  "dependencies": {',
  '    "left-pad": "^1.0.0", ',
  '    "other": "2.0.0"',
  "  },",
  '  "peerDependencies": { "left-pad": ">=1" }',
  "}",
);

Deno.test("package.json: the version is set where it stands, the peer range stays", async () => {
  const { files, steps } = await bump({ "package.json": PACKAGE }, { name: "left-pad", to: "1.3.0" });
  assert.equal(files["package.json"], PACKAGE.replace("^1.0.0", "^1.3.0"));
  assert.match(steps[0]?.notes.join() ?? "", /peerDependencies/);
});

const LOCK = JSON.stringify(
  {
    name: "app",
    lockfileVersion: 3,
    packages: {
      "": { name: "app", dependencies: { "left-pad": "^1.0.0", other: "2.0.0" } },
      "node_modules/left-pad": {
        version: "1.0.0",
        resolved: "https://registry.npmjs.org/left-pad/-/left-pad-1.0.0.tgz",
        integrity: "sha512-old==",
      },
      "node_modules/other/node_modules/left-pad": { version: "0.9.0" },
    },
  },
  null,
  2,
) + "\n";

Deno.test("package-lock.json: version, range, address and checksum are set together", async () => {
  const { files } = await bump({ "package.json": PACKAGE, "package-lock.json": LOCK }, {
    name: "left-pad",
    to: "1.3.0",
    integrity: SHA512,
  });
  assert.equal(
    files["package-lock.json"],
    LOCK.replace("^1.0.0", "^1.3.0").replace('"version": "1.0.0"', '"version": "1.3.0"')
      .replace("left-pad-1.0.0.tgz", "left-pad-1.3.0.tgz").replace("sha512-old==", SHA512),
  );
});

Deno.test("package-lock.json v2 says it twice", async () => {
  const two = JSON.parse(LOCK);
  two.lockfileVersion = 2;
  two.dependencies = {
    "left-pad": {
      version: "1.0.0",
      resolved: "https://registry.npmjs.org/left-pad/-/left-pad-1.0.0.tgz",
      integrity: "x",
    },
  };
  const { files } = await bump({ "package.json": PACKAGE, "package-lock.json": JSON.stringify(two) }, {
    name: "left-pad",
    to: "1.3.0",
    integrity: SHA512,
    resolved: "https://mirror/left-pad.tgz",
  });
  const after = JSON.parse(files["package-lock.json"] ?? "");
  const entry = { version: "1.3.0", resolved: "https://mirror/left-pad.tgz", integrity: SHA512 };
  assert.deepEqual(after.dependencies["left-pad"], entry);
  assert.deepEqual(after.packages["node_modules/left-pad"], entry);
  assert.equal(after.packages["node_modules/other/node_modules/left-pad"].version, "0.9.0");
});

Deno.test("package-lock.json of a workspace: the member's entry above it is set", async () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      "": {},
      "libs/a": { dependencies: { "left-pad": "1.0.0" } },
      "node_modules/left-pad": { version: "1.0.0" },
    },
  };
  const { files } = await bump({
    "libs/a/package.json": '{"dependencies":{"left-pad":"1.0.0"}}',
    "package-lock.json": JSON.stringify(lock),
  }, {
    name: "left-pad",
    to: "1.3.0",
    integrity: SHA512,
  });
  const after = JSON.parse(files["package-lock.json"] ?? "");
  assert.equal(after.packages["libs/a"].dependencies["left-pad"], "1.3.0");
  assert.deepEqual(after.packages["node_modules/left-pad"], { version: "1.3.0", integrity: SHA512 });
});

Deno.test("a lockfile that cannot follow is a failure that says what to give", async () => {
  const files = { "package.json": PACKAGE, "package-lock.json": LOCK };
  const none = await problem(files, { name: "left-pad", to: "1.3.0" });
  assert.equal(none.code, "lockfile");
  assert.match(none.remedy ?? "", /npm view left-pad@1\.3\.0 dist\.integrity/);
  assert.equal((await problem(files, { name: "left-pad", to: ">=1.3", integrity: SHA512 })).code, "lockfile");
  assert.equal((await problem(files, { name: "left-pad", to: "1.3.0", integrity: "x" })).code, "invalid");
  assert.equal(
    (await problem({ ...files, "package-lock.json": '{"lockfileVersion":1}' }, {
      name: "left-pad",
      to: "1.3.0",
    })).code,
    "lockfile",
  );
  const yarn = { "package.json": PACKAGE, "yarn.lock": "left-pad@^1.0.0:\n  version 1.0.0\n" };
  assert.equal((await problem(yarn, { name: "left-pad", to: "1.3.0" })).code, "lockfile");
  // A lockfile that does not name the package is no obstacle.
  await bump({ "package.json": PACKAGE, "yarn.lock": "left-padding@1:\n" }, {
    name: "left-pad",
    to: "1.3.0",
  });
});

Deno.test("deno.json and its lockfile: every entry of the package, and the specifiers that lead to it", async () => {
  const files = {
    "deno.json":
      '{\n  "imports": {\n    "zod": "npm:zod@4.0.0",\n    "zod/": "npm:/zod@4.0.0/",\n    "x": "jsr:@a/x@^1.0.0"\n  }\n}\n',
    "deno.lock": JSON.stringify({
      version: "5",
      specifiers: { "npm:zod@4.0.0": "4.0.0", "npm:y@1": "1.0.0" },
      npm: { "y@1.0.0": { integrity: "i", dependencies: ["zod@4.0.0"] }, "zod@4.0.0": { integrity: "old" } },
      workspace: { dependencies: ["npm:zod@4.0.0"] },
    }),
  };
  const { files: after } = await bump(files, { name: "zod", to: "4.6.7", integrity: SHA512 });
  assert.equal(after["deno.json"], files["deno.json"].replaceAll("4.0.0", "4.6.7"));
  assert.deepEqual(JSON.parse(after["deno.lock"] ?? ""), {
    version: "5",
    specifiers: { "npm:zod@4.6.7": "4.6.7", "npm:y@1": "1.0.0" },
    npm: { "y@1.0.0": { integrity: "i", dependencies: ["zod@4.6.7"] }, "zod@4.6.7": { integrity: SHA512 } },
    workspace: { dependencies: ["npm:zod@4.6.7"] },
  });
  assert.equal((await problem(files, { name: "zod", to: "4.6.7" })).code, "lockfile");
  const jsr = await bump(files, { name: "@a/x", to: "1.2.0" });
  assert.match(jsr.files["deno.json"] ?? "", /jsr:@a\/x@\^1\.2\.0/);
  const peers = { ...files, "deno.lock": files["deno.lock"].replace('"y@1.0.0"', '"y@1.0.0_zod@4.0.0"') };
  assert.equal((await problem(peers, { name: "zod", to: "4.6.7", integrity: SHA512 })).code, "lockfile");
});

Deno.test("requirements.txt: extras, markers, comments and other lines stay; names compare as pip does", async () => {
  const text = lines(
    "# pins",
    "Flask-Login[x]==0.5.0 ; python_version > '3.8'  # why",
    "requests>=2,<3",
    "flask",
    "-r other.txt",
  );
  const { files } = await bump({ "requirements.txt": text }, { name: "flask_login", to: "0.6.3" });
  assert.equal(files["requirements.txt"], text.replace("==0.5.0", "==0.6.3"));
  assert.equal(
    (await problem({ "requirements.txt": text }, { name: "requests", to: "2.32.0" })).code,
    "ambiguous",
  );
  const range = await bump({ "requirements.txt": text }, { name: "requests", to: ">=2.32,<3" });
  assert.match(range.files["requirements.txt"] ?? "", /^requests>=2\.32,<3$/m);
  const bare = await bump({ "requirements.txt": text }, { name: "flask", to: "3.0.0" });
  assert.match(bare.files["requirements.txt"] ?? "", /^flask==3\.0\.0$/m);
});

Deno.test("requirements.txt with hashes needs the new ones", async () => {
  const text = `a==1.0 \\\r\n    --hash=sha256:${"0".repeat(64)} \\\r\n    --hash=sha256:${
    "1".repeat(64)
  }\r\nb==1\r\n`;
  const file = { "requirements/base.txt": text };
  assert.equal((await problem(file, { name: "a", to: "2.0" })).code, "lockfile");
  assert.equal((await problem(file, { name: "a", to: "2.0", integrity: "abc" })).code, "invalid");
  const { files } = await bump(file, { name: "a", to: "2.0", integrity: HEX });
  assert.equal(files["requirements/base.txt"], `a==2.0 \\\r\n    --hash=sha256:${HEX}\r\nb==1\r\n`);
});

Deno.test("pyproject.toml: PEP 621 lists, groups and Poetry tables, comments kept", async () => {
  const text = lines(
    "[project]",
    "dependencies = [ # all",
    '  "requests>=2.0", # http',
    '  "flask[async]~=3.0",',
    "]",
    "[project.optional-dependencies]",
    'dev = ["pytest==8.0"]',
    "[tool.poetry.dependencies]",
    'python = "^3.11"',
    'httpx = { version = "^0.27", extras = ["http2"] }',
  );
  const file = { "pyproject.toml": text };
  assert.equal(
    (await bump(file, { name: "requests", to: "2.32" })).files["pyproject.toml"],
    text.replace(">=2.0", ">=2.32"),
  );
  assert.equal(
    (await bump(file, { name: "Flask", to: "3.1" })).files["pyproject.toml"],
    text.replace("~=3.0", "~=3.1"),
  );
  assert.equal(
    (await bump(file, { name: "pytest", to: "8.3" })).files["pyproject.toml"],
    text.replace("==8.0", "==8.3"),
  );
  assert.equal(
    (await bump(file, { name: "httpx", to: "0.28" })).files["pyproject.toml"],
    text.replace("^0.27", "^0.28"),
  );
  const locked = { ...file, "uv.lock": '[[package]]\nname = "requests"\n' };
  assert.equal((await problem(locked, { name: "requests", to: "2.32" })).code, "lockfile");
  assert.equal((await bump(locked, { name: "flask", to: "3.1" })).changed.length, 1);
});

const GOMOD = lines(
  "module m",
  "",
  "go 1.22",
  "",
  "require github.com/a/b v1.2.3 // why",
  "",
  "require (",
  "\tgithub.com/c/d v0.1.0",
  "\tgithub.com/a/b/v2 v2.0.0 // indirect",
  ")",
);
const GOSUM = lines(
  "github.com/a/b v1.2.3 h1:old=",
  "github.com/a/b v1.2.3/go.mod h1:oldmod=",
  "github.com/c/d v0.1.0 h1:x=",
);

Deno.test("go.mod and go.sum: one module, in a block or alone, with both checksums", async () => {
  const { files } = await bump({ "go.mod": GOMOD, "go.sum": GOSUM }, {
    name: "github.com/a/b",
    to: "1.3.0",
    integrity: H1,
    goModIntegrity: H1_MOD,
  });
  assert.equal(files["go.mod"], GOMOD.replace("v1.2.3 //", "v1.3.0 //"));
  assert.equal(
    files["go.sum"],
    lines(
      `github.com/a/b v1.3.0 ${H1}`,
      `github.com/a/b v1.3.0/go.mod ${H1_MOD}`,
      "github.com/c/d v0.1.0 h1:x=",
    ),
  );
  const block = await bump({ "go.mod": GOMOD }, { name: "github.com/c/d", to: "v0.2.0" });
  assert.match(block.files["go.mod"] ?? "", /\tgithub\.com\/c\/d v0\.2\.0\n/);
});

Deno.test("go: a new major version, a replaced module, vendored code and missing checksums are refused", async () => {
  assert.equal((await problem({ "go.mod": GOMOD }, { name: "github.com/a/b", to: "2.0.0" })).code, "invalid");
  assert.equal(
    (await problem({ "go.mod": `${GOMOD}replace github.com/a/b => ../b\n` }, {
      name: "github.com/a/b",
      to: "1.3.0",
    })).code,
    "unsupported",
  );
  assert.equal(
    (await problem({ "go.mod": GOMOD, "vendor/modules.txt": "" }, { name: "github.com/a/b", to: "1.3.0" }))
      .code,
    "lockfile",
  );
  assert.equal(
    (await problem({ "go.mod": GOMOD, "go.sum": GOSUM }, {
      name: "github.com/a/b",
      to: "1.3.0",
      integrity: H1,
    })).code,
    "lockfile",
  );
  assert.equal(
    (await problem({ "go.mod": GOMOD }, { name: "github.com/a/b", to: "latest" })).code,
    "invalid",
  );
});

const CARGO = lines(
  "[package]",
  'name = "app"',
  "",
  "[dependencies]",
  'serde = { version = "1.0.100", features = ["derive"] } # s',
  'rand = "0.8"',
);
const CARGO_LOCK = lines(
  "version = 3",
  "",
  "[[package]]",
  'name = "app"',
  'version = "0.1.0"',
  "dependencies = [",
  ' "serde 1.0.100",',
  "]",
  "",
  "[[package]]",
  'name = "serde"',
  'version = "1.0.100"',
  'source = "registry+https://github.com/rust-lang/crates.io-index"',
  `checksum = "${"00".repeat(32)}"`,
);

Deno.test("Cargo.toml and Cargo.lock: version, checksum and those that name the version", async () => {
  const { files } = await bump({ "Cargo.toml": CARGO, "Cargo.lock": CARGO_LOCK }, {
    name: "serde",
    to: "1.0.200",
    integrity: HEX,
  });
  assert.equal(files["Cargo.toml"], CARGO.replace("1.0.100", "1.0.200"));
  assert.equal(
    files["Cargo.lock"],
    CARGO_LOCK.replaceAll("1.0.100", "1.0.200").replace("00".repeat(32), HEX),
  );
  assert.equal(
    (await bump({ "Cargo.toml": CARGO, "Cargo.lock": CARGO_LOCK }, { name: "rand", to: "0.9" })).changed
      .length,
    1,
  );
  assert.equal(
    (await problem({ "Cargo.toml": CARGO, "Cargo.lock": CARGO_LOCK }, { name: "serde", to: "1.0.200" })).code,
    "lockfile",
  );
  const two = `${CARGO_LOCK}\n[[package]]\nname = "serde"\nversion = "0.9.0"\n`;
  assert.equal(
    (await problem({ "Cargo.toml": CARGO, "Cargo.lock": two }, {
      name: "serde",
      to: "1.0.200",
      integrity: HEX,
    })).code,
    "lockfile",
  );
});

Deno.test("a package that nobody names, that several name, and a version that is there already are failures", async () => {
  const none = await problem({ "package.json": PACKAGE }, { name: "left-pda", to: "1.0.0" });
  assert.equal(none.code, "no-match");
  assert.match(none.remedy ?? "", /^nearest: left-pad \(package\.json:4\)/);
  const files = {
    "package.json": PACKAGE,
    "libs/a/package.json": '{"devDependencies": {"left-pad": "^1.0.0"}}',
  };
  assert.equal((await problem(files, { name: "left-pad", to: "1.3.0" })).code, "ambiguous");
  const chosen = await bump(files, { name: "left-pad", to: "1.3.0", manifest: "libs/a/package.json" });
  assert.deepEqual(chosen.changed, ["libs/a/package.json"]);
  assert.equal((await problem({ "package.json": PACKAGE }, { name: "other", to: "2.0.0" })).code, "no-match");
  assert.equal(
    (await problem({ "package.json": PACKAGE }, { name: "other", to: "3.0.0", manifest: "go.mod" })).code,
    "missing-file",
  );
  assert.equal(
    (await problem({ "a.txt": "" }, { name: "other", to: "3.0.0", manifest: "a.txt" })).code,
    "unsupported",
  );
});

Deno.test("CRLF and a byte order mark of a manifest stay", async () => {
  const text = '\ufeff{\r\n  "dependencies": {\r\n    "a": "1.0.0"\r\n  }\r\n}';
  const { files } = await bump({ "package.json": text }, { name: "a", to: "2.0.0" });
  assert.equal(files["package.json"], text.replace("1.0.0", "2.0.0"));
});

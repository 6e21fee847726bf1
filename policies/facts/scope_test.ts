import assert from "node:assert/strict";
import { Spec } from "../../specs/code/mod.ts";
import { pathsNear, scopeOf, subjectOf } from "./scope.ts";

const spec = (...scope: string[]) => Spec.parse({ title: "t", intent: { type: "UPDATE", scope } });
function reasons(scope: string[], known: string[], paths: string[]): Record<string, string | null> {
  const found = scopeOf(spec(...scope), known);
  return Object.fromEntries(paths.map((path) => [path, found.reasonFor(path)]));
}

Deno.test("tests beside the files in scope are in scope: same directory, test directory, mirrored tree, named after them", () => {
  assert.deepEqual(
    reasons(["src/auth/**"], ["src/auth/email.ts", "src/billing/pay.ts"], [
      "src/auth/email.ts",
      "tests/auth/email_test.ts",
      "tests/email_test.ts",
      "test/auth/__tests__/email.test.ts",
      "tests/test_auth.py",
      "src/billing/pay.ts",
      "src/billing/pay_test.ts",
      "tests/billing/pay_test.ts",
      "tests/pay_test.ts",
      "README.md",
    ]),
    {
      "src/auth/email.ts": "glob",
      "tests/auth/email_test.ts": "test-beside",
      "tests/email_test.ts": "test-beside",
      "test/auth/__tests__/email.test.ts": "test-beside",
      "tests/test_auth.py": "test-beside",
      "src/billing/pay.ts": null,
      "src/billing/pay_test.ts": null,
      "tests/billing/pay_test.ts": null,
      "tests/pay_test.ts": null,
      "README.md": null,
    },
  );
});

Deno.test("a literal scope takes in the tests of that file, also when it does not exist yet, and no others", () => {
  assert.deepEqual(
    reasons(["src/slug.ts"], ["src/slug.ts", "src/other.ts"], [
      "src/slug_test.ts",
      "src/slug.test.ts",
      "src/__tests__/slug.ts",
      "tests/slug.spec.ts",
      "src/other_test.ts",
      "src/slugs.ts",
      "tests/other_test.ts",
    ]),
    {
      "src/slug_test.ts": "test-beside",
      "src/slug.test.ts": "test-beside",
      "src/__tests__/slug.ts": "test-beside",
      "tests/slug.spec.ts": "test-beside",
      "src/other_test.ts": null,
      "src/slugs.ts": null,
      "tests/other_test.ts": null,
    },
  );
  assert.deepEqual(reasons(["calc/new.py"], [], ["tests/test_new.py", "calc/test_new.py"]), {
    "tests/test_new.py": "test-beside",
    "calc/test_new.py": "test-beside",
  });
});

Deno.test("other languages' habits: the tests of a Go package, of a crate, of a Java class", () => {
  assert.deepEqual(reasons(["bucket.go"], ["bucket.go"], ["limiter_test.go", "sub/x_test.go"]), {
    "limiter_test.go": "test-beside",
    "sub/x_test.go": null,
  });
  assert.deepEqual(reasons(["src/lib.rs"], ["src/lib.rs"], ["tests/api.rs"]), {
    "tests/api.rs": "test-beside",
  });
  assert.deepEqual(
    reasons(["src/main/java/shop/Cart.java"], ["src/main/java/shop/Cart.java"], [
      "src/test/java/shop/CartTest.java",
      "src/test/java/bank/AccountTest.java",
    ]),
    { "src/test/java/shop/CartTest.java": "test-beside", "src/test/java/bank/AccountTest.java": null },
  );
});

Deno.test("fixtures and snapshots beside the files in scope are in scope, a program there is not taken for a test of something else", () => {
  assert.deepEqual(
    reasons(["src/auth/**"], ["src/auth/email.ts"], [
      "src/auth/testdata/a.json",
      "lib/testdata/a.json",
      "tests/other/run.ts",
    ]),
    {
      "src/auth/testdata/a.json": "glob",
      "lib/testdata/a.json": null,
      "tests/other/run.ts": null,
    },
  );
});

Deno.test("a lockfile is derived from a manifest in scope, and from nothing else", () => {
  assert.deepEqual(
    reasons(["package.json"], ["package.json"], ["package-lock.json", "yarn.lock", "deno.lock", "go.sum"]),
    {
      "package-lock.json": "derived",
      "yarn.lock": "derived",
      "deno.lock": "derived",
      "go.sum": null,
    },
  );
  assert.deepEqual(reasons(["src/**"], ["package.json", "src/a.js"], ["package-lock.json"]), {
    "package-lock.json": null,
  });
  assert.deepEqual(
    reasons(["web/package.json"], ["web/package.json"], ["package-lock.json", "api/package-lock.json"]),
    {
      "package-lock.json": "derived",
      "api/package-lock.json": null,
    },
  );
});

Deno.test("each path belongs to the intents whose scope covers it", () => {
  const mixed = Spec.parse({
    title: "t",
    intent: [{ type: "CREATE", scope: ["src/new/**"] }, {
      type: "DESTROY",
      scope: ["src/old/**"],
      removes: ["x"],
    }],
  });
  const scope = scopeOf(mixed, ["src/old/a.ts"]);
  assert.deepEqual(scope.intentsFor("src/old/a.ts").map(({ type }) => type), ["DESTROY"]);
  assert.deepEqual(scope.intentsFor("src/new/b.ts").map(({ type }) => type), ["CREATE"]);
  assert.deepEqual(scope.intentsFor("lib/c.ts"), []);
});

Deno.test("a scope that is no glob covers nothing and is told", () => {
  const scope = scopeOf(spec("../**", "src/*"), []);
  assert.equal(scope.reasonFor("src/a"), "glob");
  assert.equal(scope.reasonFor("../x"), null);
  assert.deepEqual(scope.problems.map(({ glob }) => glob), ["../**"]);
});

Deno.test("what a test is about is told from its name", () => {
  assert.deepEqual(
    ["email_test.ts", "email.spec.ts", "test_email.py", "EmailTest.java", "email.ts", "tests.py"].map(
      subjectOf,
    ),
    [
      "email",
      "email",
      "email",
      "email",
      "email",
      "tests",
    ],
  );
});

Deno.test("of a large repository only the neighbours are kept, and a cut list says so", () => {
  const many = Array.from({ length: 50 }, (_, at) => `src/f${at}.ts`);
  const near = pathsNear(["tests/f7_test.ts"], [...many, "other/place/f7.ts", "other/place/x.ts"], 1000);
  assert.ok(near.known.includes("other/place/f7.ts"));
  assert.ok(!near.known.includes("other/place/x.ts"));
  assert.equal(pathsNear(["src/f1.ts"], many, 10).truncated, true);
});

Deno.test("a directory called specs that holds code is no test directory; what rspec and fixtures keep there is", () => {
  assert.deepEqual(
    reasons(["policies/**"], ["policies/judge.ts"], [
      "specs/policies/judge.ts",
      "spec/policies/judge_spec.rb",
      "specs/policies/data.json",
    ]),
    {
      "specs/policies/judge.ts": null,
      "spec/policies/judge_spec.rb": "test-beside",
      "specs/policies/data.json": "test-beside",
    },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { importGitleaks } from "./gitleaks.ts";

const VALUE = ["q7W", "e9R", "t2Y", "u4I", "o6P"].join("");
const rule = (lines: string, id = "acme-key") =>
  `[[rules]]\nid = "${id}"\nregex = '''acme_([0-9A-Za-z]{15})'''\n${lines}`;

async function rules(toml: string) {
  const imported = await importGitleaks(toml);
  if (!imported.ok) throw new Error(imported.error.message);
  return imported.value;
}
const found = async (toml: string, text: string, path?: string) =>
  (await rules(toml)).find(text, path).map((span) => text.slice(span.start, span.end));
const refused = async (toml: string) => {
  const imported = await importGitleaks(toml);
  assert.ok(!imported.ok);
  return imported.error;
};
const TEXT = `one\nkey = "acme_${VALUE}" # mine\n`;

Deno.test("a rule gives the place of its secret: the named group, the first with a text, or the whole match", async () => {
  assert.deepEqual(await found(rule(""), TEXT), [VALUE]);
  assert.deepEqual(await found(rule("secretGroup = 1"), TEXT), [VALUE]);
  const plain = rule("").replace("([0-9A-Za-z]{15})", "[0-9A-Za-z]{15}");
  assert.deepEqual(await found(plain, TEXT), [`acme_${VALUE}`]);
});

Deno.test("keywords, entropy and path decide whether a rule is asked", async () => {
  assert.equal((await found(rule('keywords = ["ACME_"]'), TEXT)).length, 1);
  assert.equal((await found(rule('keywords = ["other", "ey ="]'), TEXT)).length, 1);
  assert.equal((await found(rule('keywords = ["other"]'), TEXT)).length, 0);
  assert.equal((await found(rule("entropy = 3.5"), TEXT)).length, 1);
  assert.equal((await found(rule("entropy = 3.5"), `acme_${"a1".repeat(7)}a`)).length, 0);
  const inTests = rule("path = '''\\.env$'''");
  assert.equal((await found(inTests, TEXT, "app/.env")).length, 1);
  assert.equal((await found(inTests, TEXT, "app/env.ts")).length, 0);
  assert.equal((await found(inTests, TEXT)).length, 0);
  const pathOnly = "[[rules]]\nid = \"key-file\"\npath = '''\\.p12$'''\n";
  assert.deepEqual((await rules(pathOnly)).find("", "a/b.p12"), [{ rule: "key-file", start: 0, end: 0 }]);
});

Deno.test("allowlists let go by any of their conditions, or with AND by all of them; commits are never known", async () => {
  const with_ = (lines: string) => rule(`[[rules.allowlists]]\n${lines}\n`);
  const count = async (toml: string, path = "src/a.ts") => (await found(toml, TEXT, path)).length;
  assert.equal(await count(with_(`stopwords = ["${VALUE.slice(2, 6).toUpperCase()}"]`)), 0);
  assert.equal(await count(with_("regexes = ['''^q7''']")), 0);
  assert.equal(await count(with_("regexes = ['''^acme''']")), 1);
  assert.equal(await count(with_("regexTarget = \"match\"\nregexes = ['''^acme''']")), 0);
  assert.equal(await count(with_("regexTarget = \"line\"\nregexes = ['''# mine$''']")), 0);
  assert.equal(await count(with_("paths = ['''^src/''']")), 0);
  const both = "condition = \"AND\"\npaths = ['''^src/''']\nstopwords = [\"q7w\"]";
  assert.equal(await count(with_(both)), 0);
  assert.equal(await count(with_(both), "lib/a.ts"), 1);
  assert.equal(await count(with_('condition = "AND"\ncommits = ["abc"]\nstopwords = ["q7w"]')), 1);
  const global = (targets: string) =>
    `[[allowlists]]\n${targets}stopwords = ["q7w"]\n${rule("")}${rule("", "b")}`;
  assert.equal(await count(global("")), 0);
  assert.equal(await count(global('targetRules = ["b"]\n')), 1);
  assert.equal(await count(`[allowlist]\nstopwords = ["q7w"]\n${rule("")}`), 0);
});

Deno.test("a rule that only serves others does not report; one that needs others reports beside them", async () => {
  const other = `[[rules]]\nid = "user"\nregex = '''user=\\w+'''\nskipReport = true\n`;
  const near = rule('[[rules.required]]\nid = "user"\nwithinLines = 2\n') + other;
  assert.deepEqual((await rules(near)).ids, ["acme-key"]);
  assert.equal((await found(near, `user=ana\n${TEXT}`)).length, 1);
  assert.equal((await found(near, `user=ana\n\n\n\n${TEXT}`)).length, 0);
  assert.equal((await found(near, TEXT)).length, 0);
});

Deno.test("what cannot be followed is refused with its place, its value and a remedy", async () => {
  const cases: [string, string][] = [
    ["rules = ", ""],
    ["title = 'x'", "rules"],
    [rule("").replace("acme_", "(?<=acme_)"), "rules[0].regex"],
    [rule("").replace("acme_", "(?!x)acme_"), "rules[0].regex"],
    [rule("").replace("acme_", "(a)\\1"), "rules[0].regex"],
    [rule("").replace("{15}", "{15,99999}"), "rules[0].regex"],
    [rule("[[rules.allowlists]]\npaths = ['''(?=a)''']"), "rules[0].allowlists[0].paths[0]"],
    [rule("[[rules.allowlists]]\ndescription = 'none'"), "rules[0].allowlists[0]"],
    [rule("secretGroup = 2"), "rules[0].secretGroup"],
    [rule("entropie = 3"), "rules[0]"],
    [rule('[[rules.required]]\nid = "gone"'), "rules[0].required"],
    [rule("") + rule(""), "rules[1].id"],
    ["[[rules]]\nid = 'x'", "rules[0]"],
    [`[extend]\npath = "base.toml"\n${rule("")}`, "extend"],
    [`[[allowlists]]\ntargetRules = ["gone"]\nstopwords = ["a"]\n${rule("")}`, "allowlists[0].targetRules"],
    [`# ${"x".repeat(2_000_000)}\n${rule("")}`, ""],
  ];
  for (const [toml, path] of cases) {
    const problem = await refused(toml);
    assert.equal(problem.path, path, problem.message);
    assert.ok((problem.remedy ?? "").length > 5 && problem.code === "gitleaks-import");
  }
  assert.match((await refused(rule("").replace("acme_", "(?!x)acme_"))).value ?? "", /^\(\?!x\)/);
  assert.equal((await refused("title = 1\nrules = ")).line, 2);
});

Deno.test("gitleaks' own rules are not here, and the import says so", async () => {
  assert.match((await rules(`[extend]\nuseDefault = true\n${rule("")}`)).notes[0] ?? "", /useDefault/);
});

Deno.test("a secret in a text of several stretches is found once, wherever it stands, and not hidden behind what is allowed", async () => {
  const brought = await rules(rule('[[rules.allowlists]]\nstopwords = ["allowed"]\n'));
  for (const before of [0, 57_300, 60_000, 65_530, 131_000]) {
    const text = `${" ".repeat(before)}acme_${VALUE}${" ".repeat(70_000)}`;
    assert.deepEqual(brought.find(text), [{ rule: "acme-key", start: before + 5, end: before + 20 }]);
  }
  const crowd = "acme_allowed12345678 ".repeat(300);
  assert.ok(brought.find(`${crowd}acme_${VALUE}`).length > 0);
});

Deno.test("no pattern and no text make a search superlinear", async () => {
  const patterns = [
    "(a+)+$",
    "(a|a)*b",
    "a.*b|a",
    "(x+x+)+y",
    "(?s)a.*z|a",
    "([a-z]+)*!",
    "\\w*\\w*\\w*=",
    "(.*),(.*)",
  ];
  const toml = patterns.map((one, at) => `[[rules]]\nid = "r${at}"\nregex = '''${one}'''\n`).join("");
  const brought = await rules(toml);
  const timed = (text: string) => {
    const began = performance.now();
    brought.find(text);
    return performance.now() - began;
  };
  timed("warm a,b=z!".repeat(500));
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[abxyz,=! \n]{1,6}$/), (piece) => {
      const [small, large] = [8_000, 64_000].map((size) => piece.repeat(Math.ceil(size / piece.length)));
      const one = Math.min(timed(small ?? ""), timed(small ?? ""));
      // Eight times the text: quadratic cost would be sixty-four times.
      assert.ok(timed(large ?? "") < 30 * one + 2000, piece);
      return Promise.resolve();
    }),
    { numRuns: 4, seed: 11 },
  );
});

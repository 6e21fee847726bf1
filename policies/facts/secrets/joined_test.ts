import assert from "node:assert/strict";
import { redact, scanSecrets } from "../secrets.ts";
import { joinedSecrets } from "./joined.ts";

// Put together at run time, as all tokens of these tests.
const TOKEN = "gh" + "p_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5";
const AWS = "AK" + "IA" + "Q3EGVXLN5ZRT7JWP";
const [A, B, C] = [TOKEN.slice(0, 14), TOKEN.slice(14, 27), TOKEN.slice(27)];
const codes = [...TOKEN].map((char) => char.charCodeAt(0));
const hex = (code: number) => code.toString(16).padStart(2, "0");

const SPLIT: Record<string, string> = {
  "JavaScript, two lines": `const k = "${A}" +\n  "${B}" + "${C}";`,
  "JavaScript, a comment between": `const k = "${A}" + // the first half\n  /* and */ "${B}${C}";`,
  "JavaScript, single and double quotes": `const k = '${A}' + "${B}" + \`${C}\`;`,
  "JavaScript, a list": `const k = ["${A}", "${B}", "${C}"].join("");`,
  "JavaScript, a list over lines": `const k = [\n  "${A}",\n  "${B}",\n  "${C}",\n].join("");`,
  "JavaScript, a list backwards": `const k = ["${C}", "${B}", "${A}"].reverse().join("");`,
  "JavaScript, a list with a separator": `const k = ["ghp", "${TOKEN.slice(4)}"].join("_");`,
  "JavaScript, names":
    `const a = "${A}";\nconst b = "${B}";\nfetch(url, { headers: { auth: a + b + "${C}" } });`,
  "JavaScript, names below": `export const key = () => head + tail;\nconst head = "${A}${B}", tail = "${C}";`,
  "JavaScript, a template": `const a = "${A}";\nconst rest = "${B}${C}";\nconst k = \`\${a}\${rest}\`;`,
  "JavaScript, members": `const parts = { one: "${A}", two: "${B}${C}" };\nuse(parts.one + parts.two);`,
  "JavaScript, added to": `let k = "${A}";\nk += "${B}";\nk += "${C}";`,
  "JavaScript, concat": `const k = "${A}".concat("${B}", "${C}");`,
  "JavaScript, letter by letter": `const k = [${[...TOKEN].map((char) => `"${char}"`).join(", ")}].join("");`,
  "JavaScript, codes": `const k = String.fromCharCode(${codes.join(", ")});`,
  "JavaScript, codes in hexadecimal": `new Uint8Array([${codes.map((code) => `0x${hex(code)}`).join(",")}])`,
  "JavaScript, escapes": `const k = "${codes.map((code) => `\\x${hex(code)}`).join("")}";`,
  "JavaScript, one escape": `const k = "\\u0067${TOKEN.slice(1)}";`,
  "JavaScript, a line that goes on": `const k = "${A}\\\n${B}${C}";`,
  "JavaScript, base 64 in pieces": `atob("${btoa(TOKEN).slice(0, 20)}" + "${btoa(TOKEN).slice(20)}")`,
  "JavaScript, hexadecimal in pieces": `Buffer.from("${codes.map(hex).join("").slice(0, 45)}" + "${
    codes.map(hex).join("").slice(45)
  }", "hex")`,
  "JavaScript, hexadecimal in a list": `["${codes.map(hex).join("").slice(0, 45)}", "${
    codes.map(hex).join("").slice(45)
  }"].join("")`,
  "JavaScript, base 64 of base 64": `atob(atob("${btoa(btoa(TOKEN))}"))`,
  "JavaScript, backwards in pieces": `("${reverse(TOKEN).slice(0, 20)}" + "${reverse(TOKEN).slice(20)}")`,
  "TypeScript, typed": `const head: string = "${A}";\nconst k: string = head + "${B}${C}";`,
  "Python, side by side": `KEY = ("${A}"\n       "${B}"\n       '${C}')`,
  "Python, join": `KEY = "".join(["${A}", "${B}", "${C}"])`,
  "Python, an f-string": `head = "${A}"\nKEY = f"{head}{tail}"\ntail = '${B}${C}'`,
  "Python, format": `KEY = "{}{}{}".format("${A}", "${B}", "${C}")`,
  "Python, percent": `KEY = "%s%s" % ("${A}${B}", "${C}")`,
  "Python, prefixes": `KEY = b"${A}" + rb"${B}${C}"`,
  "Python, bytes": `KEY = bytes([${codes.join(", ")}]).decode()`,
  "Go, plus": `var key = "${A}" +\n\t"${B}${C}"`,
  "Go, Join": `key := strings.Join([]string{"${A}", "${B}", "${C}"}, "")`,
  "Go, Sprintf": `key := fmt.Sprintf("%s%s", "${A}${B}", "${C}")`,
  "Java, append": `new StringBuilder().append("${A}").append("${B}").append("${C}").toString();`,
  "Java, plus": `static final String KEY = "${A}"\n    + "${B}${C}";`,
  "Rust, concat!": `const KEY: &str = concat!("${A}", "${B}", "${C}");`,
  "Rust, String": `let key = String::from("${A}") + "${B}${C}";`,
  "PHP, dots": `$key = "${A}" . '${B}' . "${C}";`,
  "Lua, dots": `local key = "${A}" .. "${B}${C}"`,
  "shell, side by side": `KEY="${A}"'${B}'"${C}"`,
  "shell, variables": `A=${A}\nB=${B}${C}\nexport KEY="$A$B"`,
  "shell, variables without quotes": `A=${A}${B}\nKEY=\${A}${C}\n`,
  "shell, a line that goes on": `export KEY=${A}\\\n${B}${C}\n`,
  "YAML, a quoted line that goes on": `key: "${A}\\\n  ${B}${C}"\n`,
  ".env, references": `HEAD=${A}\nTAIL=${B}${C}\nKEY=\${HEAD}\${TAIL}\n`,
  "a notebook": JSON.stringify({ cells: [{ source: [`key = "${A}" + \\\n`, `  "${B}${C}"\n`] }] }, null, 1),
  "a notebook in one string": JSON.stringify({ source: `key = '${A}' + '${B}${C}'` }),
  "an AWS key": `const id = "${AWS.slice(0, 8)}" + "${AWS.slice(8)}";`,
  "YAML, folded": `key: >-\n  ${A}${B}\n  ${C}\nother: 1\n`,
  "text, a line end": `the key is ${A}\n${B}\n${C}\n`,
  "base 64 over lines":
    btoa(`${"name ".repeat(12)}${TOKEN} ${"word ".repeat(18)}`).replace(/(.{76})/g, "$1\n") + "\n",
  "hexadecimal with spaces": codes.map(hex).join(" "),
  "HTML entities": codes.map((code) => `&#${code};`).join(""),
  "UTF-16 in base 64": btoa([...TOKEN].map((char) => `${char}\0`).join("")),
  "SQL": `SELECT '${A}' || '${B}${C}';`,
};

function reverse(text: string): string {
  return [...text].reverse().join("");
}

for (const [how, text] of Object.entries(SPLIT)) {
  Deno.test(`a token in pieces is found, and taken out whole: ${how}`, () => {
    const found = scanSecrets(text, "src/a");
    assert.ok(found.length > 0, text);
    assert.ok(found.every((one) => (one.line ?? 0) <= text.split("\n").length));
    const clean = redact(text);
    assert.deepEqual(scanSecrets(clean), []);
    assert.equal(clean.split("\n").length, text.split("\n").length);
    for (const piece of [A, B, C]) if (text.includes(piece)) assert.ok(!clean.includes(piece), clean);
  });
}

const HONEST: Record<string, string> = {
  "prefixes that a scanner looks for": `const starts = ["${"gh"}p_", "gho_", "ghu_", "${"AK"}IA", "ASIA"];`,
  "a made-up token of words": `const t = "${"gh"}p_" + "x".repeat(36);`,
  "a published example": `const id = "${"AK"}IA" + "IOSFODNN7" + "EXAMPLE";`,
  "checksums in a list": `const sums = [\n  "${hash(64)}",\n  "${hash(64, 3)}",\n];`,
  "integrity in pieces": `const csp = "sha256-" + "${btoa(hash(32))}" + "=";`,
  "a UUID in pieces": `const id = "550e8400" + "-" + "e29b-41d4-a716-446655440000";`,
  "words and keys": `const keys = ["key-", "SK", "pat", "sl.", "${hash(20)}"].map(String);`,
  "prose with apostrophes": "It's the user's token; don't share 'it', and don't print \"it\".",
  "a table of numbers": `const table = [${
    Array.from({ length: 300 }, (_, at) => (at * 7919) % 127).join(", ")
  }];`,
  "a shell script": 'DIR="$(dirname "$0")"\nNAME=$1\nFILE="$DIR/$NAME"\necho "$FILE" "$NAME"\n',
  "a column of names": `${"AK"}IA\nNORTHWESTERN\nSOUTHWESTERN\n${"gh"}p_\nsome_function_name\nother_name\n`,
  "a git log": Array.from({ length: 9 }, (_, at) => `commit ${hash(40, at)}`).join("\n"),
  "a template": "const url = `${base}/users/${id}/tokens/${name}`;",
  "translations": JSON.stringify(Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`label.${at}`, `Text number ${at} of the page`]),
  )),
};

function hash(length: number, seed = 1): string {
  return Array.from({ length }, (_, at) => ((at * 37 + seed * 11 + (at * at) % 7) % 16).toString(16)).join(
    "",
  );
}

for (const [what, text] of Object.entries(HONEST)) {
  Deno.test(`pieces that make no token are left alone: ${what}`, () => {
    assert.deepEqual(scanSecrets(text, "src/a"), [], text);
    assert.equal(redact(text), text);
  });
}

Deno.test("what is joined from hostile text costs no more than its length", () => {
  for (
    const piece of [
      '"',
      "'a",
      "`",
      '"a" + ',
      '["a", ',
      "$A",
      "A=b\n",
      "\\\n",
      '"${A}"',
      "x += 'a'\n",
      "1,",
      "# ",
    ]
  ) {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    const began = performance.now();
    joinedSecrets(text);
    assert.ok(performance.now() - began < 8000, `${piece}: ${performance.now() - began}`);
  }
});

Deno.test("escaped quotes of a literal without an end are gone over once", () => {
  const began = performance.now();
  assert.deepEqual(scanSecrets(`"${'\\"'.repeat(150_000)}`), []);
  // Once from each of them takes minutes.
  assert.ok(performance.now() - began < 10_000);
});

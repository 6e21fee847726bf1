import assert from "node:assert/strict";
import { pinnedHashes } from "./pinned_hashes.ts";

const hash = (letter: string) => `--hash=sha256:${letter.repeat(64)}`;
const pin = (name: string, version: string, ...hashes: string[]) =>
  [`${name}==${version}`, ...hashes.map((one) => `    ${one}`)].join(" \\\n") + "\n";
const BASE = pin("requests", "2.32.3", hash("a"), hash("b")) + pin("urllib3", "2.2.2", hash("c"));

const found = (before: string | null, after: string) =>
  pinnedHashes("requirements.txt", before, after).map(({ kind, name, certain }) =>
    `${kind} ${name} ${certain}`
  );

for (
  const [what, after, expected] of [
    ["nothing changes", BASE, []],
    [
      "a version changes with its hashes",
      pin("requests", "2.32.4", hash("d")) + pin("urllib3", "2.2.2", hash("c")),
      [],
    ],
    ["a package goes", pin("urllib3", "2.2.2", hash("c")), []],
    [
      "fewer files of a release are allowed",
      pin("requests", "2.32.3", hash("a")) + pin("urllib3", "2.2.2", hash("c")),
      [],
    ],
    [
      "all hashes go",
      "requests==2.32.3\nurllib3==2.2.2\n",
      ["integrity-removed requests true", "integrity-removed urllib3 true"],
    ],
    [
      "a version that stays gets another hash",
      BASE.replace(hash("c"), hash("e")),
      ["integrity-changed urllib3 true"],
    ],
    [
      "one of two hashes is exchanged",
      BASE.replace(hash("b"), hash("e")),
      ["integrity-changed requests false"],
    ],
    [
      "a hash is added and nothing else changes",
      BASE.replace(`${hash("c")}`, `${hash("c")} \\\n    ${hash("e")}`),
      ["integrity-changed urllib3 false"],
    ],
    ["a new pin has no hash", `${BASE}colorama==0.4.6\n`, ["integrity-removed colorama false"]],
  ] as const
) {
  Deno.test(`hashes of a requirements file: ${what}`, () => assert.deepEqual(found(BASE, after), expected));
}

Deno.test("a requirements file that had no hashes, or was not there, is asked for none", () => {
  assert.deepEqual(found("requests==2.32.3\n", "requests==2.32.4\nurllib3==2.2.2\n"), []);
  assert.deepEqual(found(null, "requests==2.32.3\n"), []);
});

import assert from "node:assert/strict";
import { sampleFacts } from "../testing/trees.ts";

const TOKEN = "R4nd0mR4nd0mR4nd0mR4nd0mR4nd0mR4nd0m";
const file = (half: string, filler: string) =>
  `${filler}export const token = "gh" + "p_" +\n  "${half}";\n${filler}`;

Deno.test("the second half of a token is found where its first half stood before, in a small file and in a large one", async () => {
  for (const lines of [0, 30_000]) {
    const filler = "export const n = 12345;\n".repeat(lines);
    const { secrets } = await sampleFacts({ "src/a.ts": file("", filler) }, {
      "src/a.ts": file(TOKEN, filler),
    });
    assert.deepEqual(secrets.map(({ rule, line }) => [rule, line]), [["github-token", lines + 2]]);
  }
});

Deno.test("a token that stood in a large file before is not brought in by a line beside it", async () => {
  const filler = "export const n = 12345;\n".repeat(30_000);
  const { secrets } = await sampleFacts(
    { "src/a.ts": file(TOKEN, filler) },
    { "src/a.ts": `${file(TOKEN, filler)}export const m = 1;\n` },
  );
  assert.deepEqual(secrets, []);
});

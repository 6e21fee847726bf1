/** What scripted models say in tests of sessions, and how what came of it is looked at. */
import assert from "node:assert/strict";
import { AgentSession } from "../../../../../specs/code/mod.ts";
import { renderEdit } from "../edit/parse.ts";
import type { session } from "./room.ts";

type Ran = Awaited<ReturnType<typeof session>>;
export const replace = (path: string, search: string, by: string) =>
  renderEdit({ kind: "replace", path, search: search.split("\n"), replace: by.split("\n") });
export const write = (path: string, content: string) => renderEdit({ kind: "write", path, content });
export const handover = ({ result }: Ran) => {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};
export const refusal = ({ result }: Ran) => {
  assert.ok(!result.ok, JSON.stringify(result));
  return result.error;
};
export const log = (ran: Ran) => {
  const { session } = handover(ran);
  assert.ok(session);
  return AgentSession.parse(session);
};

export const base = {
  "src/sum.ts": "export function sum(a: number, b: number): number {\n  return a - b;\n}\n",
  "src/sum_test.ts":
    `import assert from "node:assert/strict";\nimport { sum } from "./sum.ts";\nDeno.test("zero", () => assert.equal(sum(0, 0), 0));\n`,
  "README.md": "# Sample\n",
};
export const fix = replace("src/sum.ts", "  return a - b;", "  return a + b;");

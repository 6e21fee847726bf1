import assert from "node:assert/strict";
import { gzipSync } from "fflate";
import { digestOf } from "../../../specs/mod.ts";
import { slotResults } from "./results.ts";
import { slotJob } from "./workflow_text.ts";

const COMMIT = "a".repeat(40);
const HEX = "0".repeat(64);

interface Said {
  id: string;
  code: number;
  stdout?: string;
  report?: string;
}

/** What the script prints for a slot, in the words of its log lines. */
async function linesOf(slot: number, all: readonly Said[]): Promise<string[]> {
  const lines: string[] = [];
  const say = (text: string) => lines.push(`forge-verify/1 ${COMMIT} ${text}`);
  const send = async (id: string, name: string, text: string) => {
    const chunks = gzipSync(new TextEncoder().encode(text)).toBase64().match(/.{1,40}/g) ?? [];
    chunks.forEach((chunk, nth) => say(`${id} ${name} ${nth} ${chunk}`));
    say(`${id} ${name} end ${chunks.length} ${(await digestOf(text)).slice(7)}`);
  };
  for (const { id, code, stdout = "", report } of all) {
    if (report !== undefined) await send(id, "report", report);
    await send(id, "stream1", stdout);
    await send(id, "stream2", "");
    say(`${id} done ${code} by-itself user 12 none ${HEX} /tmp/room/tree`);
  }
  say(`slot ${slot} over ${all.some(({ code }) => code !== 0) ? 1 : 0}`);
  return lines;
}

const job = (conclusion: string, more: { name?: string; step?: string } = {}) => ({
  id: "1",
  name: more.name ?? slotJob(2),
  status: "completed" as const,
  conclusion,
  steps: more.step === undefined ? [] : [{ name: "forge-verify", conclusion: more.step }],
  url: null,
});

async function read(lines: readonly string[], told = job("success"), ids = ["e001"]) {
  const found = await slotResults({ slot: 2, text: lines.join("\n"), job: told }, { commit: COMMIT, ids });
  return found.ok ? found.value : found.error.message;
}

Deno.test("what the script printed is read back, with time stamps of the forge or without", async () => {
  const lines = await linesOf(2, [{ id: "e001", code: 0, stdout: "hello ü\n".repeat(50), report: "<xml/>" }]);
  const other = "##[group]Run set -- \"$FORGE_SLOT\"\n  say() { printf 'forge-verify/1 %s %s\\n'; }";
  for (
    const stamped of [
      [other, ...lines],
      lines.map((line) => `2026-11-23T18:00:00.0000000Z ${line}\r`),
      lines.map((line) => `2026-11-23T18:00:00.000000Z 01O ${line}`),
    ]
  ) {
    const found = await read(stamped, job("success", { step: "success" }));
    assert.ok(found instanceof Map, String(found));
    const one = found.get("e001");
    assert.equal(new TextDecoder().decode(one?.stdout), "hello ü\n".repeat(50));
    assert.equal(new TextDecoder().decode(one?.report ?? new Uint8Array()), "<xml/>");
    assert.deepEqual([one?.code, one?.ended, one?.isolation, one?.prepared, one?.root], [
      0,
      "by-itself",
      "user",
      null,
      "/tmp/room/tree",
    ]);
  }
});

Deno.test("a log that is not whole, is of something else or contradicts the forge is no result", async () => {
  const whole = await linesOf(2, [{ id: "e001", code: 1, stdout: "no\n" }]);
  assert.ok(await read(whole, job("failure", { step: "failure" })) instanceof Map);
  for (const at of whole.keys()) {
    const message = await read(whole.toSpliced(at, 1), job("failure"));
    assert.equal(typeof message, "string", `without line ${at}: ${whole[at]}`);
  }
  const cases: [string, string[], ReturnType<typeof job>, RegExp][] = [
    ["the forge says it went well", whole, job("success"), /exit codes say 'failure'/],
    ["its step went well", whole, job("failure", { step: "success" }), /'success' of its step/],
    ["the job was cancelled", whole, job("cancelled"), /no result of a command/],
    ["another job", whole, job("failure", { name: "forge-verify 3/8" }), /not called/],
    [
      "another commit",
      whole.map((line) => line.replace(COMMIT, "b".repeat(40))),
      job("failure"),
      /the commit b/,
    ],
    ["more after its end", [...whole, whole[0] ?? ""], job("failure"), /goes on after its end/],
    ["a line of nobody", [`forge-verify/1 ${COMMIT} e001 hello`, ...whole], job("failure"), /does not write/],
    ["twice the same", [...whole.slice(0, -1), ...whole], job("failure"), /not whole|twice/],
    [
      "an exit code that was changed",
      whole.map((line) => line.replace("done 1", "done 0")),
      job("failure"),
      /say/,
    ],
    [
      "data that was changed",
      whole.map((line) => line.replace(/stream1 0 ..../, "stream1 0 AAAA")),
      job("failure"),
      /whole/,
    ],
    ["a slot of another number", whole.map((line) => line.replace("slot 2", "slot 3")), job("failure"), /./],
  ];
  for (const [what, lines, told, message] of cases) {
    assert.match(String(await read(lines, told)), message, what);
  }
  assert.match(String(await read(whole, job("failure"), ["e001", "e009"])), /were asked for/);
});

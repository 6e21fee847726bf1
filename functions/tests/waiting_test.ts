import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import { runText } from "../cli/run_text.ts";
import { edgeApplication } from "../edge.ts";

const SPEC = '---\ntitle: T\nintent: { type: UPDATE, scope: ["src/**"] }\n---\n';
const OWNER = { kind: "user", id: "ada" } as const;

// req: N8-14
Deno.test("a parked run says what it waits for and what to do, in its document, in lists and in words", async () => {
  await using service = await edge();
  const submitted = await service.submit({ spec: SPEC, repo: "https://git.example/a.git" }, OWNER);
  assert.ok(submitted.ok);
  const document = await service.settled(submitted.value.run);
  assert.equal(document.status, "parked");
  assert.match(document.waiting?.reason ?? "", /no processes and no files/);
  assert.equal(document.waiting?.until, null);
  assert.match(document.waiting?.remedy ?? "", new RegExp(`forge workflow resume ${document.run}`));
  assert.deepEqual((await service.document(document.run))?.waiting, document.waiting);
  assert.deepEqual((await service.list()).runs[0]?.waiting, document.waiting);
  assert.ok(
    document.notes.some((note) => note.includes("no processes and no files")),
    String(document.notes),
  );
  assert.match(runText(document), /no processes and no files[^]*forge workflow resume/);
});

Deno.test("a paused run says who can let it go on; a running or ended one waits for nothing", async () => {
  await using service = await edge();
  const submitted = await service.submit({ spec: SPEC, repo: "https://git.example/a.git" }, OWNER);
  assert.ok(submitted.ok);
  const { run } = submitted.value;
  await service.settled(run);
  assert.deepEqual((await service.act(run, { action: "pause", why: "a freeze" }, OWNER)).ok, true);
  const paused = await service.document(run);
  assert.deepEqual([paused?.status, paused?.waiting?.reason], ["paused", "a freeze"]);
  assert.match(paused?.waiting?.remedy ?? "", /forge workflow resume/);
  await service.act(run, { action: "cancel" }, OWNER);
  const cancelled = await service.settled(run);
  assert.deepEqual([cancelled.status, cancelled.waiting], ["cancelled", null]);
});

Deno.test("resuming a parked run tries its phase again at once", async () => {
  await using service = await edge();
  const submitted = await service.submit({ spec: SPEC, repo: "https://git.example/a.git" }, OWNER);
  assert.ok(submitted.ok);
  const { run } = submitted.value;
  await service.settled(run);
  assert.deepEqual(await service.act(run, { action: "resume" }, OWNER), { ok: true, run });
  await service.settled(run);
  const events = await service.events(run);
  assert.equal(events.filter((event) => event.type === "run.unparked").length, 1);
});

async function edge() {
  const service = await edgeApplication({
    store: await openKvStore(":memory:"),
    env: () => undefined,
  });
  return { ...service, [Symbol.asyncDispose]: () => service.close() };
}

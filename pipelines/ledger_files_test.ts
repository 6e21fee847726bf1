import assert from "node:assert/strict";
import type { Engine, RunView } from "../kernel/mod.ts";
import { ledgerFiles } from "./ledger_files.ts";

/** A ledger of so many events, given in pages as the engine gives them. */
function ledgerOf(count: number): Engine["events"] {
  const all = Array.from({ length: count }, (_, at) => ({
    seq: at + 1,
    id: `e${at + 1}`,
    parent: at === 0 ? null : `e${at}`,
    hash: `h${at + 1}`,
    prevHash: `h${at}`,
    type: "progress",
    at: new Date(at * 1000).toISOString(),
    payload: {},
  }));
  return ((_run: string, { after = 0, limit = 100 }: { after?: number; limit?: number }) =>
    Promise.resolve(all.slice(after, after + limit))) as unknown as Engine["events"];
}
const viewOf = (seq: number) => ({ run: "run_abc", head: { seq } }) as unknown as RunView;

Deno.test("a bundle holds a ledger of many pages up to its head and nothing beyond it", async () => {
  for (const [events, head] of [[1200, 1200], [1200, 700], [500, 500], [1, 1]] as const) {
    const { files, at, id } = await ledgerFiles(ledgerOf(events), viewOf(head));
    const log = files.find(({ path }) => path === "log/events.jsonl");
    const lines = new TextDecoder().decode(log?.bytes).trim().split("\n");
    assert.equal(lines.length, head);
    assert.equal(JSON.parse(lines.at(-1) ?? "").seq, head);
    assert.equal(at, new Date((head - 1) * 1000).toISOString());
    assert.equal(id, `ev_abc${head.toString(36)}`);
  }
});

Deno.test("a ledger that ends before its head is never sealed", async () => {
  await assert.rejects(ledgerFiles(ledgerOf(699), viewOf(700)), /ends at 699, not at 700/);
  await assert.rejects(ledgerFiles(ledgerOf(0), viewOf(1)), /ends at 0, not at 1/);
});

Deno.test("a ledger with a gap is never sealed, and a clock that went back is told", async () => {
  const broken = (change: (event: Record<string, unknown>, at: number) => object | null): Engine["events"] =>
    (async (run: string, page: { after?: number; limit?: number }) =>
      (await ledgerOf(9)(run, page)).flatMap((event, at) => {
        const changed = change(event as unknown as Record<string, unknown>, at);
        return changed === null ? [] : [changed];
      })) as unknown as Engine["events"];
  await assert.rejects(
    ledgerFiles(broken((event, at) => at === 4 ? null : event), viewOf(9)),
    /its ledger has a gap: event 5 is missing/,
  );
  await assert.rejects(
    ledgerFiles(broken((event, at) => at === 4 ? { ...event, hash: "other" } : event), viewOf(9)),
    /event 6 does not follow on the one before it/,
  );
  const back = await ledgerFiles(
    broken((event, at) => at === 4 ? { ...event, at: "1970-01-01T00:00:01.000Z" } : event),
    viewOf(9),
  );
  assert.match(back.notes.join(), /the clock went back by up to 2000 ms/);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore, type Store } from "../../kernel/mod.ts";
import { canonicalBytesOf } from "../../policies/evidence/mod.ts";
import { digestOf } from "../../specs/mod.ts";
import { type Room, room } from "./samples.ts";

const SPEC = `---
title: Nothing
intent: { type: UPDATE, scope: ["src/**"] }
operations: []
implementer: codemod
---
Nothing is asked.
`;

interface Answer {
  verified: boolean;
  problem?: string;
  compared: number;
  differences: { leaf: number; run: string; problem: string }[];
}

async function ledger(at: Room): Promise<Answer & { exit: number }> {
  const { exit, document } = await at.forge("log", "verify", "--ledger");
  return { ...document as unknown as Answer, exit };
}

async function inStore<T>(at: Room, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openKvStore(join(at.data, "state.db"));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

type Line = Record<string, unknown> & { hash: string; id: string; actor?: unknown };

/**
 * Writes the history of a run anew, as whoever has its store can: an event is changed, and every hash from there on made again, so that
 * the chain holds.
 */
async function rewrite(store: Store, run: string, change: (line: Line) => boolean): Promise<void> {
  let before: { seq: number; id: string | null; hash: string; actor: unknown } = {
    seq: 0,
    id: null,
    hash: "0".repeat(64),
    actor: null,
  };
  let changed = 0;
  const again = async (line: string): Promise<string> => {
    const { hash: _, ...kept } = JSON.parse(line) as Line;
    if (change(kept as Line)) changed += 1;
    const actor = kept.actor ?? before.actor;
    const whole = { ...kept, run, seq: before.seq + 1, parent: before.id, prevHash: before.hash, actor };
    const hash = (await digestOf(canonicalBytesOf(whole))).slice("sha256:".length);
    before = { seq: before.seq + 1, id: String(kept.id), hash, actor };
    return JSON.stringify({ ...kept, hash });
  };
  const each = async (lines: readonly string[]) => {
    const done: string[] = [];
    for (const line of lines) done.push(await again(line));
    return done;
  };
  const pages = await store.list({
    start: ["kernel", "event", run, 0],
    end: ["kernel", "event", run, Number.MAX_SAFE_INTEGER],
  }, 100);
  for (const { key, value } of pages) {
    const [, ...lines] = String(value).split("\n");
    const first = JSON.stringify(before);
    await store.commit({ sets: [{ key, value: [first, ...await each(lines)].join("\n") }] });
  }
  const key = ["kernel", "run", run];
  const head = (await store.get(key))?.value;
  assert.ok(head instanceof Uint8Array);
  const [snapshot = "", ...rest] = new TextDecoder().decode(head).split("\n");
  const meta = { ...JSON.parse(rest.pop() ?? ""), ...(before.seq === 0 ? {} : { x: before }) };
  const text = [snapshot, ...await each(rest), JSON.stringify(meta)].join("\n");
  await store.commit({ sets: [{ key, value: new TextEncoder().encode(text) }] });
  assert.equal(changed, 1);
}

Deno.test("a ledger that was written anew with all its hashes, a log of other records, another bundle and a missing one are found by their leaves", async (t) => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  const spec = await at.write("nothing.md", SPEC);
  const runs: string[] = [];
  for (let n = 0; n < 2; n++) runs.push((await at.forge("run", spec, "--repo", repo)).document.run);
  const [run = ""] = runs;
  const honest = await ledger(at);
  assert.deepEqual([honest.exit, honest.differences], [0, []], honest.problem);
  const decisions = (await at.forge("workflow", "events", run)).document as unknown as {
    events: { type: string; seq: number }[];
  };
  const decided = decisions.events.filter(({ type }) => type === "transition.decided").length;
  // Decisions and a bundle of each run.
  assert.equal(honest.compared, 2 * (decided + 1));

  const untouched = await Deno.readFile(join(at.data, "state.db"));
  const restored = () => Deno.writeFile(join(at.data, "state.db"), untouched);
  const found = async (problem: RegExp, of = run) => {
    const { exit, verified, differences } = await ledger(at);
    assert.deepEqual([exit, verified], [1, false]);
    assert.deepEqual([...new Set(differences.map((one) => one.run))], [of]);
    assert.match(differences[0]?.problem ?? "", problem);
    await restored();
  };

  await t.step("a decision that says something else", async () => {
    let last = false;
    await inStore(at, (store) =>
      rewrite(store, run, (line) => {
        const { decision } = (line.payload ?? {}) as { decision?: { verdict: string } };
        if (decision?.verdict !== "deny" || last) return false;
        decision.verdict = "allow";
        return last = true;
      }));
    // The chain holds: nothing in the ledger itself tells.
    assert.equal((await at.forge("workflow", "events", run)).exit, 0);
    await found(/another decision at event \d+: it says allow/);
  });

  await t.step("what stands before a decision", async () => {
    await inStore(at, (store) =>
      rewrite(store, run, (line) => {
        if (line.type !== "run.accepted") return false;
        (line.payload as { title: string }).title = "Another title";
        return true;
      }));
    await found(/written anew before event \d+/);
  });

  await t.step("records of the log that are not those of its tree", async () => {
    await inStore(at, async (store) => {
      const [first] = await store.list({ start: ["tlog", "entries", 0], end: ["tlog", "entries", 9e9] }, 1);
      assert.ok(first?.value instanceof Uint8Array);
      const bytes = first.value.slice();
      const text = new TextDecoder().decode(bytes);
      const place = text.indexOf('"kind"') + 2;
      bytes[place] = (bytes[place] ?? 0) ^ 1;
      await store.commit({ sets: [{ key: first.key, value: bytes }] });
    });
    await found(/not those under its root/, "");
  });

  await t.step("a bundle that is another one, or gone", async () => {
    const { evidence } = (await at.forge("evidence", "list")).document as unknown as {
      evidence: { id: string; path: string; run: string }[];
    };
    const one = evidence.find((each) => each.run === run);
    assert.ok(one);
    const manifest = join(one.path, "manifest.json");
    const bytes = await Deno.readTextFile(manifest);
    await Deno.writeTextFile(manifest, bytes.replace('"status":"denied"', '"status":"completed"'));
    await found(/is another one/);
    await Deno.remove(one.path, { recursive: true });
    await found(/gone, and no leaf tells that it was removed/);
  });
});

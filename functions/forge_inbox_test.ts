import assert from "node:assert/strict";
import type { ForgeEvent } from "../connectors/mod.ts";
import { openKvStore } from "../kernel/mod.ts";
import { forgeInbox } from "./forge_inbox.ts";

const REPO = "https://github.com/acme/tools";
const HOUR = 3600_000;

async function subject(ended: readonly string[] = []) {
  const store = await openKvStore(":memory:");
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const told: string[] = [];
  const inbox = forgeInbox({
    store,
    now: () => clock.ms,
    engine: {
      signal: (run, _name, _payload, _actor, id = "") => {
        if (ended.includes(run)) {
          return Promise.resolve({ ok: false, code: "conflict", message: "ended", remedy: "" });
        }
        if (!told.includes(`${run} ${id}`)) told.push(`${run} ${id}`);
        return Promise.resolve({ ok: true, run });
      },
    },
  });
  let number = 0;
  const come = (more: Partial<ForgeEvent> = {}) => {
    number++;
    return inbox.deliver({
      id: `d-${number}`,
      forge: "github",
      repository: REPO,
      pulls: [7],
      kind: "check",
      action: "completed",
      at: new Date(clock.ms).toISOString(),
      ...more,
    }, number.toString(16).padStart(64, "f"));
  };
  const watch = (run: string, pull = 7) =>
    inbox.watch(run, { repository: REPO, number: pull, branch: `forge/x-${pull}`, base: "main" });
  return { store, clock, told, inbox, come, watch, [Symbol.asyncDispose]: () => store.close() };
}

Deno.test("an event goes to the runs that watch its pull request, and to no others", async () => {
  await using at = await subject();
  await at.watch("run_a");
  await at.watch("run_b", 8);
  await at.come();
  await at.come({ pulls: [8, 9] });
  await at.come({ pulls: [], branch: "forge/x-8" });
  await at.come({ pulls: [], branch: "elsewhere" });
  await at.come({ pulls: [], branch: "main", kind: "push" });
  await at.come({ pulls: [], branch: "main", kind: "check" });
  await at.come({ repository: `${REPO}-else` });
  assert.deepEqual(at.told, [
    "run_a github:d-1",
    "run_b github:d-2",
    "run_b github:d-3",
    "run_a github:d-5",
    "run_b github:d-5",
  ]);
});

Deno.test("what came before anybody watched is told when somebody does, while it is young", async () => {
  await using at = await subject();
  await at.come();
  at.clock.ms += 71 * HOUR;
  await at.come();
  await at.watch("run_a");
  assert.deepEqual(at.told, ["run_a github:d-1", "run_a github:d-2"]);
  at.clock.ms += 2 * HOUR;
  await at.come({ pulls: [99] });
  await at.watch("run_b");
  assert.deepEqual(at.told.filter((one) => one.startsWith("run_b")), ["run_b github:d-2"]);
  await at.watch("run_b");
  assert.equal(at.told.length, 3, "watching again tells nothing again");
});

Deno.test("a run that has ended, or does not watch any more, is not told", async () => {
  await using at = await subject(["run_gone"]);
  await at.watch("run_gone");
  assert.deepEqual(await at.come(), { repeated: false, runs: 0 });
  await at.watch("run_a");
  await at.inbox.unwatch("run_a");
  await at.inbox.unwatch("run_never");
  at.told.length = 0;
  assert.deepEqual(await at.come(), { repeated: false, runs: 0 });
  assert.deepEqual(at.told, []);
});

Deno.test("the inbox stays small: what is past its time goes with later deliveries, ids and digests too", async () => {
  await using at = await subject();
  for (let n = 0; n < 25; n++) await at.come();
  at.clock.ms += 73 * HOUR;
  for (let n = 0; n < 5; n++) await at.come();
  const left = await at.store.list({ prefix: ["forge-event"] }, 1000);
  assert.equal(left.length, 15, "five events, each with its id and digest");
});

Deno.test("two deliveries of the same at once are one", async () => {
  await using at = await subject();
  await at.watch("run_a");
  const event: ForgeEvent = {
    ...{ id: "same", forge: "github", repository: REPO, pulls: [7], kind: "review", action: "submitted" },
    at: "2026-01-01T00:00:00.000Z",
  };
  const all = await Promise.all([1, 2, 3].map(() => at.inbox.deliver(event, "e".repeat(64))));
  assert.equal(all.filter((one) => !one.repeated).length, 1);
  assert.deepEqual(at.told, ["run_a github:same"]);
});

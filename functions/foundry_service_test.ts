import assert from "node:assert/strict";
import type { Commit, Engine, Entry, Store } from "../kernel/mod.ts";
import type { FoundryPorts } from "../pipelines/foundry/mod.ts";
import { foundryService } from "./foundry_service.ts";

const ACTOR = { kind: "user" as const, id: "ann" };
const PIPELINE = {
  id: "orders",
  streams: [{
    id: "orders",
    source: { connector: "http", resource: "orders" },
    write: { disposition: "append" },
  }],
};

/** The keys that lanes need, with a hook in front of each commit. */
function storeOf(
  before: (commit: Commit) => void,
): Pick<Store, "get" | "commit"> & { put(key: unknown, value: string): void } {
  const kept = new Map<string, Entry>();
  let version = 0;
  const put = (key: unknown, value: unknown) =>
    void kept.set(JSON.stringify(key), {
      key: key as Entry["key"],
      value: value as Entry["value"],
      version: `${++version}`,
    });
  return {
    put,
    get: (key) => Promise.resolve(kept.get(JSON.stringify(key)) ?? null),
    commit(commit) {
      before(commit);
      const holds = (commit.checks ?? []).every(({ key, version }) =>
        (kept.get(JSON.stringify(key))?.version ?? null) === version
      );
      if (!holds) return Promise.resolve({ ok: false });
      for (const { key, value } of commit.sets ?? []) put(key, value);
      return Promise.resolve({ ok: true, version: `${version}` });
    },
  };
}

/** What accepting a pipeline needs, and nothing that a run would. */
const PORTS = {
  sources: {
    http: {
      connector: "http",
      discover: () => [{ name: "*", description: "any", required: [], optional: [] }],
      check: () => [],
    },
  },
  blobs: { put: () => Promise.resolve(`sha256:${"0".repeat(64)}`) },
  clock: { now: () => 0 },
} as unknown as FoundryPorts;

Deno.test("two that begin the same work at one instant share its run, and neither cancels it", async () => {
  const asked: string[] = [];
  const engine = {
    view: () => Promise.resolve(null),
    settled: () => Promise.resolve(),
    control: (run: string, { action }: { action: string }) =>
      Promise.resolve(void asked.push(`${action} ${run}`)),
    submit: () => Promise.resolve({ run: "run_1", existed: false }),
  } as unknown as Engine;
  // The other one found the run by its idempotency key, and noted it first.
  let isFirst = true;
  const store = storeOf(({ sets }) => {
    if (isFirst) store.put(sets?.[0]?.key, "run_1");
    isFirst = false;
  });
  const service = foundryService(engine, PORTS, store);
  const begun = await service.submitPipeline({ pipeline: PIPELINE, folder: "/nowhere" }, ACTOR);
  assert.deepEqual(begun, { ok: true, value: { run: "run_1", existed: false } });
  assert.deepEqual(asked, []);
});

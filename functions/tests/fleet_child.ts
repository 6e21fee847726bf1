/** A process that dies around the end of a run: killed before the run is counted, or right after. */
import { join } from "node:path";
import {
  createEngine,
  directoryBlobs,
  groupCommit,
  openKvStore,
  randomIds,
  systemClock,
} from "../../kernel/mod.ts";
import { WorkflowDefinition } from "../../specs/mod.ts";
import { createFleet } from "../fleet/fleet.ts";

export const ACTOR = { kind: "user", id: "ada" } as const;

const workflow = WorkflowDefinition.parse({
  id: "short",
  version: "1.0.0",
  start: "a",
  seals: true,
  phases: {
    a: { handler: "a", timeoutSeconds: 60, attempts: 1, on: { ok: { to: "@completed", gated: false } } },
  },
});

/** An engine with a fleet over the files of a folder; `around` is called before and after a run is counted. */
export async function fleetHost(dir: string, around: (when: "before" | "after") => Promise<void>) {
  const store = groupCommit(await openKvStore(join(dir, "state.db")));
  const clock = systemClock();
  const ids = randomIds(clock);
  const blobs = directoryBlobs(join(dir, "blobs"));
  const fleet = createFleet({ store, blobs, clock, ids });
  const engine = createEngine({
    store,
    blobs,
    clock,
    ids,
    handlers: { a: () => Promise.resolve({ kind: "done", outcome: "ok", output: null }) },
    effects: {},
    judge: () => Promise.reject(new Error("nothing is gated here")),
    hold: (run) => fleet.hold(run),
    async seal(view) {
      await around("before");
      await fleet.ended(engine, view);
      await around("after");
      return { id: `ev_${view.run}`, digest: `sha256:${view.head.hash}`, path: "" };
    },
  });
  await engine.start();
  return {
    engine,
    fleet,
    async submit() {
      const spec = await blobs.put(JSON.stringify({ tier: "standard", intent: { type: "UPDATE" } }));
      const input = { kind: "factory", spec, repository: { location: "/r" } };
      return (await engine.submit({ workflow, input, actor: ACTOR })).run;
    },
    async close() {
      await engine.stop();
      await store.close();
    },
  };
}

if (import.meta.main) {
  const [dir = "", when = ""] = Deno.args;
  const host = await fleetHost(dir, async (now) => {
    if (now !== when) return;
    console.log(`at ${now}`);
    await new Promise(() => setInterval(() => {}, 1000));
  });
  console.log(`run ${await host.submit()}`);
}

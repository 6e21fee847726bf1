import type { Engine, RunView, Store } from "../kernel/mod.ts";
import {
  acceptPipeline,
  FoundryInput,
  type FoundryPorts,
  keptStaging,
  pipelineDocument,
  sweepStaging,
} from "../pipelines/foundry/mod.ts";
import { digestOf, err, type Json, ok, type Problem } from "../specs/mod.ts";
import { standstill } from "./standstill.ts";
import type { Service } from "./service.ts";

const UNDER_WAY = new Set<RunView["status"]>(["queued", "running", "parked", "cancelling"]);

/** The data side of the application: one live run of a pipeline at a time, and its document. */
export function foundryService(
  engine: Engine,
  ports: FoundryPorts,
  store: Pick<Store, "get" | "commit">,
): Required<Pick<Service, "submitPipeline" | "pipelineDocument" | "foundry" | "staging">> {
  const begin: NonNullable<Service["submitPipeline"]> = async (
    { wait = true, chainKey, ...request },
    actor,
  ) => {
    const accepted = await acceptPipeline(ports, { ...request, requester: actor.id });
    if (!accepted.ok) return accepted;
    const { workflow, input, title, limits } = accepted.value;
    const lane = [
      "foundry",
      "active",
      input.id,
      input.mode === "backfill" ? `${input.range.from}..${input.range.to}` : input.replay ? "replay" : "live",
    ];
    for (;;) {
      const entry = await store.get(lane);
      const active = typeof entry?.value === "string" ? await engine.view(entry.value) : null;
      if (active !== null && UNDER_WAY.has(active.status)) {
        const before = FoundryInput.parse(active.input);
        if (before.fingerprint === input.fingerprint) {
          // The same work is under way, cut off or parked: it is gone on with instead of begun again.
          if (active.status === "parked") {
            await engine.control(active.run, { action: "retry", why: "run again" }, actor);
          }
          return ok({ run: active.run, existed: true });
        }
        if (active.status === "parked") {
          await engine.control(active.run, {
            action: "cancel",
            why: "another definition of the pipeline is run",
          }, actor);
        } else if (!wait) return err(busy(input.id, active.run));
        await engine.settled(active.run);
      } else if (active?.status === "paused") {
        return err({
          code: "busy",
          message: `A run of ${input.id} is paused: ${active.run}`,
          value: active.run,
          remedy:
            `Let it go on: forge workflow resume ${active.run}; or end it: forge workflow cancel ${active.run}`,
        });
      }
      const submitted = await engine.submit({
        workflow,
        input: JSON.parse(JSON.stringify(input)) as Json,
        title,
        actor,
        limits,
        ...(request.chain?.run === undefined ? {} : { parent: request.chain.run }),
        // Two that begin at the same instant are one.
        idempotencyKey: chainKey ??
          `foundry:${input.id}:${lane[3]}:${input.fingerprint}:${entry?.version ?? "first"}`,
      });
      const noted = await store.commit({
        checks: [{ key: lane, version: entry?.version ?? null }],
        sets: [{ key: lane, value: submitted.run }],
      });
      if (noted.ok || submitted.existed) return ok(submitted);
      // Who began at the same instant may have noted this very run: it is nobody's to cancel.
      if ((await store.get(lane))?.value === submitted.run) return ok(submitted);
      // Somebody else began another run in between; ours waits for it.
      await engine.control(submitted.run, { action: "cancel", why: "another run began first" }, actor);
    }
  };
  const busy = (id: string, run: string): Problem => ({
    code: "busy",
    message: `Another run of ${id} is under way: ${run}`,
    value: run,
    remedy: "Wait until it has ended, or cancel it",
  });
  return {
    foundry: ports,
    staging: {
      kept: () => keptStaging(ports, (run) => engine.view(run)),
      sweep: () => sweepStaging(ports, (run) => engine.view(run)),
    },
    async submitPipeline({ idempotencyKey, ...request }, actor) {
      if (idempotencyKey === undefined) return await begin(request, actor);
      const place = ["foundry", "asked", await digestOf(`${actor.kind}:${actor.id}:${idempotencyKey}`)];
      const known = await store.get(place);
      if (typeof known?.value === "string") return ok({ run: known.value, existed: true });
      const begun = await begin(request, actor);
      // Of two that came at once with one key, one began the run and the other joined it.
      if (begun.ok) await store.commit({ sets: [{ key: place, value: begun.value.run }] });
      return begun;
    },
    async pipelineDocument(run) {
      const view = await engine.view(run);
      if (view === null || !FoundryInput.safeParse(view.input).success) return null;
      const { status } = view;
      const still = status === "parked" || status === "paused"
        ? await standstill(engine, view, status)
        : null;
      return await pipelineDocument(ports, view, still);
    },
  };
}

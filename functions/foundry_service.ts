import type { Engine, RunView, Store } from "../kernel/mod.ts";
import { acceptPipeline, FoundryInput, type FoundryPorts, pipelineDocument } from "../pipelines/mod.ts";
import { err, type Json, ok } from "../specs/mod.ts";
import { standstill } from "./run_documents.ts";
import type { Service } from "./service.ts";

const UNDER_WAY = new Set<RunView["status"]>(["queued", "running", "parked", "cancelling"]);

/** The data side of the application: one live run of a pipeline at a time, and its document. */
export function foundryService(
  engine: Engine,
  ports: FoundryPorts,
  store: Pick<Store, "get" | "commit">,
): Required<Pick<Service, "submitPipeline" | "pipelineDocument" | "foundry">> {
  return {
    foundry: ports,
    async submitPipeline(request, actor) {
      const accepted = await acceptPipeline(ports, { ...request, requester: actor.id });
      if (!accepted.ok) return accepted;
      const { workflow, input, title, limits } = accepted.value;
      const lane = [
        "foundry",
        "active",
        input.id,
        input.mode === "backfill"
          ? `${input.range.from}..${input.range.to}`
          : input.replay
          ? "replay"
          : "live",
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
          }
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
          // Two that begin at the same instant are one.
          idempotencyKey: `foundry:${input.id}:${lane[3]}:${input.fingerprint}:${entry?.version ?? "first"}`,
        });
        const noted = await store.commit({
          checks: [{ key: lane, version: entry?.version ?? null }],
          sets: [{ key: lane, value: submitted.run }],
        });
        if (noted.ok || submitted.existed) return ok(submitted);
        // Somebody else began another run in between; ours waits for it.
        await engine.control(submitted.run, { action: "cancel", why: "another run began first" }, actor);
      }
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

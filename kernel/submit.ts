import type { Actor, EventBody } from "../specs/mod.ts";
import type { Core } from "./core.ts";
import { keys } from "./keys.ts";
import { compileWorkflow, next } from "./machine.ts";
import type { Submission } from "./port.ts";
import type { Commit } from "./store/port.ts";
import { WORK_TOPIC, type Worker } from "./worker.ts";

type Accepted = Extract<EventBody, { type: "run.accepted" }>;

/** Accepts a run: durable when it returns. The same idempotency key gives the same run. */
export async function submitRun(
  core: Core,
  worker: Worker,
  submission: Submission,
): Promise<{ run: string; existed: boolean }> {
  const { workflow, input, title, actor, idempotencyKey, parent, limits } = submission;
  return await acceptRun(
    core,
    worker,
    {
      type: "run.accepted",
      v: 1,
      payload: {
        workflow,
        input,
        title: (title ?? "").slice(0, 300),
        limits: limits ?? {},
        ...(parent === undefined ? {} : { parent }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      },
    },
    [],
    actor,
  );
}

/** Makes a run's first commit; `more` follows its first event. */
export async function acceptRun(
  core: Core,
  worker: Worker,
  accepted: Accepted,
  more: readonly EventBody[],
  actor: Actor,
): Promise<{ run: string; existed: boolean }> {
  const { workflow, idempotencyKey } = accepted.payload;
  const compiled = compileWorkflow(workflow, core.bound);
  if (!compiled.ok) {
    throw new TypeError(
      compiled.error.map((p) => `${p.message} (${p.path}: ${p.value}); ${p.remedy}`).join("\n"),
    );
  }
  const { definition } = compiled.value;
  if (definition.seals && core.options.seal === undefined) {
    throw new TypeError(
      `Cannot accept a run of ${definition.id} as it seals evidence and this engine has no seal bound: bind one`,
    );
  }
  for (;;) {
    const existing = idempotencyKey === undefined ? null : await core.store.get(keys.asked(idempotencyKey));
    if (typeof existing?.value === "string") return { run: existing.value, existed: true };
    const run = core.ids.make("run");
    const body = { ...accepted, payload: { ...accepted.payload, workflow: definition } };
    const draft = core.ledger.begin(run, body, actor);
    core.ledger.extend(draft, more, actor);
    const extra: Commit = idempotencyKey === undefined ? {} : {
      checks: [{ key: keys.asked(idempotencyKey), version: null }],
      sets: [{ key: keys.asked(idempotencyKey), value: run }],
    };
    const place = worker.reserve();
    try {
      // With a free place here, the first phase is entered and the run claimed in the same commit.
      if (place !== null) {
        const command = next(draft.state, core.clock.now());
        if (command.do === "append") core.ledger.extend(draft, command.bodies, core.actor);
      }
      const outcome = await core.ledger.commit(
        draft,
        place === null ? { kind: "keep" } : {
          kind: "claim",
          worker: core.worker,
          fromMs: null,
          untilMs: place.untilMs,
          crashed: false,
        },
        extra,
      );
      if (!outcome.ok) continue;
      core.counters.submitted++;
      core.attendance.tell(draft.state);
      if (place !== null) place.adopt(outcome.record);
      // Whoever has a place: this worker hears it too.
      else core.store.wake(WORK_TOPIC);
      return { run, existed: false };
    } finally {
      place?.cancel();
    }
  }
}

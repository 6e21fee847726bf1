import type { RunStatus } from "../specs/mod.ts";
import type { Active } from "./active.ts";
import type { Core } from "./core.ts";
import { failureOf } from "./failure.ts";
import { type Made, type Make, STOPPED } from "./phase.ts";
import { viewOf } from "./projection.ts";
import { Step } from "./step.ts";

const SEAL_TIMEOUT_MS = 300_000;
const BASE_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/** Seals the evidence of a way out; failing is recorded, tried again, and at last visible. */
export async function sealRun(
  core: Core,
  active: Active,
  status: RunStatus,
  failures: number,
): Promise<Made | typeof STOPPED> {
  const { state } = active.record;
  const { seal } = core.options;
  const work = new Step(core.clock, SEAL_TIMEOUT_MS, 0);
  active.step = work;
  try {
    const sealed = async () => {
      if (seal === undefined) throw new Error("no seal is bound: this engine cannot seal evidence");
      return await seal(viewOf(state), status);
    };
    const result = await work.race(sealed);
    const reason = work.reason;
    if (reason === "lost") return { make: () => [] };
    if ("gaveUp" in result && reason === "stopping") return STOPPED;
    if ("given" in result) {
      const { id, digest, path } = result.given;
      return {
        make: (at) =>
          at.sealing === null
            ? []
            : [{ type: "evidence.sealed", v: 1, payload: { id, digest, path, status } }],
        refused: (why) => failedSeal(core, status, failures, why),
      };
    }
    const threw = "threw" in result
      ? result.threw
      : new Error(`sealing did not end within ${SEAL_TIMEOUT_MS} ms`);
    return { make: failedSeal(core, status, failures, threw) };
  } finally {
    active.step = null;
  }
}

function failedSeal(core: Core, status: RunStatus, failures: number, threw: unknown): Make {
  const attempt = failures + 1;
  const final = attempt >= core.settings.sealAttempts;
  const delayMs = Math.min(BASE_DELAY_MS * 2 ** failures, MAX_DELAY_MS) * (0.75 + core.settings.random() / 2);
  const record = failureOf(threw, { class: "data-integrity", source: "platform", retryable: true });
  const failure = {
    ...record,
    message: `Cannot seal the evidence of this ${status} run: ${record.message}`.slice(0, 8000),
    remedy: "Mend what the message names, then retry the run: only sealing is done again",
  };
  return (at) => {
    if (at.sealing === null) return [];
    const retryAt = final ? {} : { retryAt: new Date(Math.ceil(core.clock.now() + delayMs)).toISOString() };
    return [{ type: "evidence.failed", v: 1, payload: { status, attempt, failure, final, ...retryAt } }];
  };
}

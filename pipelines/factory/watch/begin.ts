import type { Engine } from "../../../kernel/mod.ts";
import type { Actor } from "../../../specs/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { deliveredBy } from "./delivered.ts";
import { WATCH_HOURS, WatchInput } from "./record.ts";
import { watchWorkflow } from "./workflow.ts";

/** Sorting comments takes no more of the delivery's budget than this. */
const MOST_TOKENS = 20_000;
const MOST_MICRO_USD = 50_000;

/** A watch to be begun. */
export interface Watch {
  input: WatchInput;
  limits: Record<string, number>;
}

/** The watch of what a run opened; null when it opened nothing on a forge with a server. */
export async function watchOf(
  ports: Pick<FactoryPorts, "runs" | "blobs">,
  run: string,
  nowMs: number,
  hours: number = WATCH_HOURS,
): Promise<Watch | null> {
  const delivered = await deliveredBy(ports, run);
  if (delivered === null) return null;
  const { pull, input } = delivered;
  const repository = input.repository.remote;
  if (input.forge === "local" || repository === undefined) return null;
  const left = (unit: string) => {
    const { limit = 0, spent = 0 } = delivered.view.budget[unit] ?? {};
    return Math.max(0, limit - spent);
  };
  const watch = WatchInput.parse({
    kind: "watch",
    delivery: run,
    forge: input.forge,
    pull: { repository, number: pull.number, url: pull.url, branch: pull.branch, base: pull.base },
    requester: input.requester,
    until: new Date(nowMs + hours * 3600_000).toISOString(),
    ...(input.personal === undefined ? {} : { personal: input.personal }),
  });
  return {
    input: watch,
    limits: {
      tokens: Math.min(MOST_TOKENS, left("tokens")),
      costMicroUsd: Math.min(MOST_MICRO_USD, left("costMicroUsd")),
    },
  };
}

const OVER: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);
const MOST_WATCHES = 100;

/** Begins the watch as a run that is linked to the delivery; one that is under way is joined. */
export async function submitWatch(
  engine: Pick<Engine, "submit" | "view">,
  { input: watch, limits }: Watch,
  actor: Actor,
): Promise<{ run: string; existed: boolean }> {
  for (let n = 1; n <= MOST_WATCHES; n++) {
    const submitted = await engine.submit({
      workflow: watchWorkflow,
      input: JSON.parse(JSON.stringify(watch)),
      title: `Watch pull request ${watch.pull.number}`,
      actor,
      parent: watch.delivery,
      idempotencyKey: `${watch.delivery}/watch/${n}`,
      limits,
    });
    if (!submitted.existed) return submitted;
    const view = await engine.view(submitted.run);
    if (view === null || !OVER.has(view.status)) return submitted;
  }
  throw new Error(`Cannot watch ${watch.pull.url}: it was watched ${MOST_WATCHES} times`);
}

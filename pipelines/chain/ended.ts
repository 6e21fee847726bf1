import { z } from "zod";
import type { Engine, RunView } from "../../kernel/mod.ts";
import { ChainLink } from "../../specs/mod.ts";
import type { Begun } from "./port.ts";
import { ChainInput } from "./input.ts";
import { chainStateOf } from "./state.ts";
import { STAGE_SIGNAL } from "./wait.ts";

const ACTOR = { kind: "engine", id: "chain" } as const;
const Linked = z.object({ chain: ChainLink });

const END: ReadonlySet<string> = new Set(["completed", "denied", "failed", "cancelled"]);

/** Tells a chain that the run of one of its stages has come to a way out. */
export async function stageEnded(
  engine: Pick<Engine, "signal">,
  view: Pick<RunView, "run" | "input" | "head">,
  status: string,
): Promise<void> {
  const linked = Linked.safeParse(view.input);
  const chain = linked.success ? linked.data.chain.run : undefined;
  if (chain === undefined) return;
  await engine.signal(
    chain,
    STAGE_SIGNAL,
    { run: view.run, status },
    ACTOR,
    `${view.run}/${view.head.seq}/${status}`,
  );
}

/** Longest wait for runs that are cancelled with their chain, so that its evidence tells how they ended. */
const CANCEL_MS = 5_000;
const BETWEEN_MS = 50;

/** Ends the runs of a chain that is cancelled, before it is sealed itself. */
export async function cancelStages(
  engine: Pick<Engine, "control" | "view">,
  view: RunView,
  now: () => number = Date.now,
): Promise<void> {
  if (!ChainInput.safeParse(view.input).success) return;
  const runs: string[] = [];
  for (const stage of Object.values(chainStateOf(view)?.stages ?? {})) {
    // One that was just begun stands only in the effect.
    const begun = stage.key === null ? undefined : view.effects[stage.key] as unknown as Begun | undefined;
    const run = stage.run ?? (begun !== undefined && "run" in begun ? begun.run : null);
    const there = run === null ? null : await engine.view(run);
    if (there === null || END.has(there.status)) continue;
    await engine.control(
      there.run,
      { action: "cancel", why: `the chain ${view.run} was cancelled` },
      ACTOR,
    );
    runs.push(there.run);
  }
  for (const until = now() + CANCEL_MS; runs.length > 0 && now() < until;) {
    const there = await Promise.all(runs.map((run) => engine.view(run)));
    if (there.every((one) => one === null || (END.has(one.status) && one.evidence !== null))) return;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
}

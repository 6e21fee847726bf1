import type { Engine, RunView } from "../kernel/mod.ts";
import { isMoving, isOver, stackOf } from "../pipelines/factory/mod.ts";
import { type Begun, chainStateOf, stageIsOver, stageMoves } from "../pipelines/chain/mod.ts";

const BETWEEN_LOOKS_MS = 200;

/** A run that another one waits for, as that one knows it. */
interface Part {
  readonly run: string | undefined;
  readonly status: string;
  readonly over: boolean;
}

/** The runs of a plan's tasks or of a chain's stages; null for a run that waits for none. */
function partsOf(view: RunView): Part[] | null {
  const stack = stackOf(view);
  if (stack !== null) {
    return stack.over ? null : Object.values(stack.runs).map(({ run, key, status }) => ({
      run: run ?? (view.effects[key] as { run?: string } | undefined)?.run,
      status,
      over: isOver(status),
    }));
  }
  const chain = chainStateOf(view);
  if (chain === null || chain.over) return null;
  return Object.values(chain.stages).map((stage) => {
    const begun = stage.key === null ? undefined : view.effects[stage.key] as unknown as Begun | undefined;
    return {
      run: stage.run ?? (begun !== undefined && "run" in begun ? begun.run : undefined),
      status: stage.status,
      // One that waits for others has no run; one that another run is in the way of resumes by itself.
      over: stageIsOver(stage) || stage.status === "waiting",
    };
  });
}

/** Goes on by itself. */
const goesOn = (status: string): boolean => isMoving(status) || stageMoves({ status });

/**
 * Waits until a run stands still. One that waits for the runs of its tasks or stages does so only when none of these goes on by itself,
 * and what became of each was seen.
 */
export async function settledStack(
  engine: Pick<Engine, "settled" | "view">,
  run: string,
  signal?: AbortSignal,
): Promise<RunView> {
  for (;;) {
    const view = await engine.settled(run, signal);
    const parts = view.status === "parked" ? partsOf(view) : null;
    if (parts === null) return view;
    let still = true;
    for (const part of parts) {
      if (part.over) continue;
      if (part.run === undefined) {
        if (goesOn(part.status)) still = false;
        continue;
      }
      const { status } = await engine.settled(part.run, signal);
      if (goesOn(status) || status !== part.status) still = false;
    }
    const now = await engine.view(run);
    if (still && now !== null && now.head.seq === view.head.seq) return view;
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
}

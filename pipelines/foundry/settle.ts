import type { PhaseHandler } from "../../kernel/mod.ts";
import { acquired, planned } from "./acquire.ts";
import { recordOf } from "./failures.ts";
import type { FoundryPorts } from "./ports.ts";

/** Whole is only what read every stream to its end, or left one out with a reason; anything less is a failed run. */
export function settle(_ports: FoundryPorts): PhaseHandler {
  return async (ctx) => {
    const ended = await acquired(ctx, await planned(ctx));
    const open = ended.filter(({ checkpoint }) =>
      checkpoint.end?.status !== "complete" && checkpoint.end?.status !== "skipped"
    );
    const [first] = open;
    if (first === undefined) return { kind: "done", outcome: "settled", output: { streams: ended.length } };
    const failure = first.checkpoint.end?.failure ?? {
      kind: "contract",
      message: first.checkpoint.end?.reason ?? "its source did not give all of it",
      remedy: "",
    };
    const others = open.length > 1 ? ` (and ${open.length - 1} more streams)` : "";
    return {
      kind: "failed",
      failure: recordOf({
        kind: failure.kind,
        message: `${first.unit.id} is ${
          first.checkpoint.end?.status ?? "not read"
        }: ${failure.message}${others}`,
        remedy: failure.remedy === ""
          ? "Look at the source for what it names; the next run reads the stream again"
          : failure.remedy,
      }),
    };
  };
}

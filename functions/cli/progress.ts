import type { Event } from "../../specs/mod.ts";
import type { Io } from "./command.ts";
import { oneLine, paint } from "./paint.ts";

/** Shows events as they come: one rewritten line for what is under way on a terminal, plain lines when piped. */
export function progressView(io: Io, run: string): { show(event: Event): void; end(): void } {
  const color = paint(io.color);
  let under = "";
  let timer: ReturnType<typeof setInterval> | undefined;
  let since = 0;
  const rewrite = () => {
    if (!io.terminal || !under) return;
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    io.err(`\r\x1b[2K  ${color.cyan("…")} ${oneLine(under, io.columns - 14)} ${color.dim(`${seconds} s`)}`);
  };
  const clear = () => io.terminal && under && io.err("\r\x1b[2K");
  const line = (text: string) => {
    clear();
    io.err(`${text}\n`);
    rewrite();
  };
  return {
    show(event) {
      switch (event.type) {
        case "run.accepted":
          line(`${color.bold(run)}  ${oneLine(event.payload.title)}`);
          break;
        case "phase.entered":
          under = event.payload.phase;
          since = performance.now();
          if (io.terminal) timer ??= setInterval(rewrite, 100);
          rewrite();
          break;
        case "phase.progress":
          if (io.terminal) {
            under = `${event.payload.phase}: ${event.payload.message}`;
            rewrite();
          } else line(`  ${event.payload.phase}: ${oneLine(event.payload.message)}`);
          break;
        case "phase.finished":
          line(`  ${color.green("✓")} ${event.payload.phase} ${color.dim(`${event.payload.ms} ms`)}`);
          break;
        case "phase.failed":
          line(`  ${color.red("✗")} ${event.payload.phase}: ${oneLine(event.payload.failure.message)}`);
          break;
        case "transition.decided": {
          const { decision } = event.payload;
          const layers = decision.layers.map((layer) =>
            layer.verdict === "pass"
              ? color.green(layer.layer)
              : layer.verdict === "not_applicable"
              ? color.dim(layer.layer)
              : color.red(`${layer.layer}:${layer.verdict}`)
          ).join(" ");
          const word = decision.verdict === "allow"
            ? color.green("allow")
            : decision.verdict === "deny"
            ? color.red("deny")
            : color.yellow("escalate");
          line(
            `    ${color.dim(`${decision.transition.from} → ${decision.transition.to}`)}  ${layers}  ${word}`,
          );
          break;
        }
        case "effect.done":
          line(
            `  ${color.green("✓")} ${oneLine(event.payload.key.split("/").at(-1) ?? event.payload.key)}${
              event.payload.found ? " (was there already)" : ""
            }`,
          );
          break;
        case "run.parked":
          line(`  ${color.yellow("parked")}: ${oneLine(event.payload.reason)}`);
          break;
        case "escalation.opened":
          line(`  ${color.yellow("escalated")}: ${oneLine(event.payload.question, 400)}`);
          break;
        case "run.ended":
        case "evidence.sealed":
          under = "";
          clear();
          break;
        default:
          break;
      }
    },
    end() {
      clearInterval(timer);
      clear();
      under = "";
    },
  };
}

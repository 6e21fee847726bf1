import type { Decision, Event, Json } from "../../specs/mod.ts";
import type { Io } from "./command.ts";
import { oneLine, paint } from "./paint.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const PHASE_WIDTH = 9;

/** What a phase tells for machines, in words. */
export type TellProgress = (told: { message: string; data?: Json }) => string;

/** Shows events as they come: lines that stay, and on a terminal one rewritten line for what is under way. */
export function progressView(
  io: Io,
  run: string,
  tell: TellProgress = ({ message }) => message,
): { show(event: Event): void; end(): void } {
  const color = paint(io.color);
  let under = "";
  let since = 0;
  let frame = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  /** Who looks and waits again and again tells it once, until there is something else to tell. */
  const again = new Set<string>();

  const clear = () => {
    if (io.terminal && under) io.err("\r\x1b[2K");
  };
  const rewrite = () => {
    if (!io.terminal || !under) return;
    const time = duration(performance.now() - since);
    const mark = FRAMES[frame++ % FRAMES.length] ?? "";
    io.err(
      `\r\x1b[2K  ${color.cyan(mark)} ${oneLine(under, Math.max(10, io.columns - 14))} ${color.dim(time)}`,
    );
  };
  const put = (text: string) => {
    clear();
    io.err(`${text}\n`);
    rewrite();
  };
  const line = (text: string) => {
    again.clear();
    put(text);
  };
  const once = (key: string, ...lines: string[]) => {
    if (!again.has(key)) lines.forEach(put);
    again.add(key);
  };
  const begin = (what: string) => {
    clear();
    under = what;
    since = performance.now();
    if (io.terminal) timer ??= setInterval(rewrite, 100);
    rewrite();
  };
  const rest = () => {
    clear();
    under = "";
  };
  const layers = (decision: Decision) =>
    decision.layers.map((layer) =>
      layer.verdict === "pass"
        ? color.green(layer.layer)
        : layer.verdict === "not_applicable"
        ? color.dim(layer.layer)
        : layer.waived === undefined
        ? color.red(`${layer.layer}:${layer.verdict}`)
        : color.yellow(`${layer.layer}:fail(waived:${layer.waived})`)
    ).join(" ");
  const verdict = ({ verdict }: Decision) =>
    verdict === "allow"
      ? color.green("allow")
      : verdict === "deny"
      ? color.red("deny")
      : color.yellow("asks a human");

  return {
    show(event) {
      switch (event.type) {
        case "run.accepted":
          line(`${color.bold(run)}  ${oneLine(event.payload.title)}`);
          break;
        case "phase.entered":
          begin(event.payload.phase);
          break;
        case "phase.progress":
          line(
            color.dim(
              `    ${inWidth(`${event.payload.phase}: ${oneLine(tell(event.payload), 400)}`, io)}`,
            ),
          );
          break;
        case "phase.finished": {
          rest();
          const { phase, ms } = event.payload;
          once(phase, `  ${color.green("✓")} ${phase.padEnd(PHASE_WIDTH)} ${color.dim(duration(ms))}`);
          break;
        }
        case "phase.failed":
          rest();
          line(`  ${color.red("✗")} ${event.payload.phase}: ${oneLine(event.payload.failure.message)}`);
          if (event.payload.retryAt) line(color.dim(`    tries again at ${event.payload.retryAt}`));
          break;
        case "transition.decided": {
          rest();
          const { decision } = event.payload;
          const to = decision.transition.to.replace(/^@/, "");
          line(`    ${color.dim(`gate to ${to}`)}  ${layers(decision)}  ${verdict(decision)}`);
          break;
        }
        case "effect.intended":
          begin(event.payload.kind);
          break;
        case "effect.done": {
          rest();
          const name = inWidth(oneLine(effectText(event.payload), 400), io);
          line(`  ${color.green("✓")} ${name}${event.payload.found ? " (was there already)" : ""}`);
          break;
        }
        case "run.parked":
          rest();
          once(
            `parked: ${event.payload.reason}`,
            `  ${color.yellow("parked")}: ${oneLine(event.payload.reason, 400)}`,
            ...(event.payload.until ? [color.dim(`    goes on at ${event.payload.until}`)] : []),
          );
          break;
        case "run.paused":
          rest();
          line(`  ${color.yellow("paused")}${event.payload.why ? `: ${oneLine(event.payload.why)}` : ""}`);
          break;
        case "escalation.opened":
          rest();
          line(`  ${color.yellow("a human is needed")}: ${oneLine(event.payload.question, 400)}`);
          break;
        case "run.ended":
        case "evidence.sealed":
          rest();
          break;
        default:
          break;
      }
    },
    end() {
      clearInterval(timer);
      rest();
    },
  };
}

/** What was done: of loads their tables' counts; else the last word of the key, with the one before it when that is a number. */
function effectText({ key, outcome }: { key: string; outcome: Json }): string {
  const parts = key.split("/");
  const last = parts.at(-1) ?? key;
  const kind = parts.at(-2) ?? "";
  const { loads } = (outcome ?? {}) as { loads?: unknown };
  if (!Array.isArray(loads) || loads.length === 0) return /^\d+$/.test(last) ? `${kind} ${last}` : last;
  const told = (loads as { unit?: unknown; written?: unknown; deduped?: unknown }[]).map((
    { unit, written, deduped },
  ) => `${unit} (${written} written, ${deduped} deduped)`);
  return `${kind} ${told.join(", ")}`;
}

/** On a terminal a message keeps to its line: its middle goes, for what it is about stands first and its result last. */
function inWidth(text: string, io: Io): string {
  const width = Math.max(20, io.columns - 5);
  if (!io.terminal || text.length <= width) return text;
  const head = Math.floor(width * 0.4);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - head - 1))}`;
}

/** `74 ms`, `5.1 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

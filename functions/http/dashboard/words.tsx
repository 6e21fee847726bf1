/** Small parts that many pages share: status, verdict, instants, empty states. */
import type { Child, FC } from "hono/jsx";
import type { Decision, Layer, RunDocument, Verdict } from "../../../specs/mod.ts";

export type Tone = "good" | "bad" | "warn" | "busy" | "idle";

const STATUS: Record<RunDocument["status"] | "cancelling", { tone: Tone; word: string }> = {
  completed: { tone: "good", word: "Completed" },
  denied: { tone: "bad", word: "Denied" },
  failed: { tone: "bad", word: "Failed" },
  escalated: { tone: "warn", word: "Needs a human" },
  cancelled: { tone: "idle", word: "Cancelled" },
  cancelling: { tone: "busy", word: "Cancelling" },
  parked: { tone: "idle", word: "Parked" },
  queued: { tone: "idle", word: "Queued" },
  running: { tone: "busy", word: "Running" },
  paused: { tone: "idle", word: "Paused" },
};

const MARK: Record<Tone, string> = {
  good: "M3.5 8.5l3 3 6-7",
  bad: "M4 4l8 8M12 4l-8 8",
  warn: "M8 3v6M8 12v.5",
  busy: "M8 3.5a4.5 4.5 0 1 0 4.5 4.5",
  idle: "M4 8h8",
};

/** A mark beside a word: colour alone tells nothing. */
export const Mark: FC<{ tone: Tone }> = ({ tone }) => (
  <svg
    class={`mark mark-${tone}`}
    viewBox="0 0 16 16"
    width="14"
    height="14"
    aria-hidden="true"
    focusable="false"
  >
    <path d={MARK[tone]} />
  </svg>
);

export const Badge: FC<{ tone: Tone; word: string }> = ({ tone, word }) => (
  <span class={`badge ${tone}`}>
    <Mark tone={tone} />
    {word}
  </span>
);

export const StatusBadge: FC<{ status: RunDocument["status"] | "cancelling" }> = ({ status }) => (
  <Badge {...STATUS[status]} />
);

/** A status of evidence or of a filter, which may be of a later version. */
export const statusWord = (status: string): string =>
  Object.hasOwn(STATUS, status) ? STATUS[status as keyof typeof STATUS].word : status;
export const statusTone = (status: string): Tone =>
  Object.hasOwn(STATUS, status) ? STATUS[status as keyof typeof STATUS].tone : "idle";

export const DECISION: Record<Decision["verdict"], { tone: Tone; word: string }> = {
  allow: { tone: "good", word: "Allowed" },
  deny: { tone: "bad", word: "Denied" },
  escalate: { tone: "warn", word: "Asks a human" },
};

export const VERDICT: Record<Verdict, { tone: Tone; word: string }> = {
  pass: { tone: "good", word: "pass" },
  fail: { tone: "bad", word: "fail" },
  error: { tone: "bad", word: "error" },
  not_applicable: { tone: "idle", word: "not applicable" },
  not_run: { tone: "idle", word: "not run" },
};

export const LAYER: Record<Layer, string> = {
  L0: "Syntax",
  L1: "Semantic",
  L2: "Policy",
  L3: "Operational",
  L4: "Authorization",
};

/** A phase, or a way out of the workflow, which definitions write with `@`. */
export const placeName = (place: string): string => place.replace(/^@/, "");

/** How long ago an instant was, in one or two words. */
export function ago(instant: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(instant)) / 1000);
  if (!Number.isFinite(seconds)) return "at an unknown time";
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** How long something took. */
export function duration(seconds: number): string {
  if (seconds < 99.95) return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
  return seconds < 5_940 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export const Ago: FC<{ at: string; now: number }> = ({ at, now }) => (
  <time datetime={at} title={at}>{ago(at, now)}</time>
);

/** A long name that people copy but do not read: its head, with the whole of it at hand. */
export const Short: FC<{ text: string; head?: number }> = ({ text, head = 12 }) => (
  <code class="id" title={text}>{text.length > head + 3 ? text.slice(0, head) + "…" : text}</code>
);

export const Empty: FC<{ title: string; children?: Child }> = ({ title, children }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);

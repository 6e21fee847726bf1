/** Streams of JSON lines from programs that nobody trusts: bounded, and never a reason to throw. */
import type { Json } from "../../specs/mod.ts";
import type { AgentCall, AgentEnd, AgentTold } from "./port.ts";

const MAX_LINE = 4 * 1024 * 1024;
const MAX_EVENTS = 20_000;
const MAX_CALLS = 4_000;
const MAX_RESULT = 64 * 1024;
const MAX_TEXT = 20_000;
const MAX_DEPTH = 40;
const MAX_ARGS = 400_000;

export type Fields = { readonly [key: string]: Json | undefined };

export const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : {};
export const list = (value: unknown): readonly Json[] => Array.isArray(value) ? value as Json[] : [];
export const text = (value: unknown): string => typeof value === "string" ? value.slice(0, MAX_RESULT) : "";
export const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.min(Math.floor(value), 1e12) : 0;

/** The text of a result, whatever its form. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value.slice(0, MAX_RESULT);
  if (value === undefined || value === null) return "";
  const parts = list(value).map((one) => text(fields(one).text)).filter((one) => one !== "");
  return parts.length > 0
    ? parts.join("\n").slice(0, MAX_RESULT)
    : JSON.stringify(value).slice(0, MAX_RESULT);
}

/** Gathers what a stream says. */
export interface Telling {
  /** With `more` it goes on where the last message ended, when nothing came in between. */
  said(message: string, more?: boolean): void;
  call(id: string, tool: string, args: Json): void;
  result(id: string, result: string, ok: boolean, denied?: boolean): void;
  /** Calls that the program lists as not let through. */
  denied(tool: string): void;
  ended(end: AgentEnd, error?: string): void;
  model(name: string): void;
  used(input: number, output: number, costUsd?: number): void;
}

export function readStream(output: string, hear: (event: Fields, tell: Telling) => void): AgentTold {
  const calls: {
    id: string;
    tool: string;
    args: Json;
    result: string | null;
    ok: boolean;
    denied: boolean;
  }[] = [];
  const byId = new Map<string, number>();
  let goesOn = false;
  let [end, error, last, messages, denials, unread, events] = [
    "cut" as AgentEnd,
    null as string | null,
    "",
    0,
    0,
    0,
    0,
  ];
  let [usage, costUsd, model] = [null as AgentTold["usage"], null as number | null, null as string | null];
  const tell: Telling = {
    said(message, more = false) {
      if (more && goesOn) last = `${last}${message}`.slice(0, MAX_TEXT);
      else if (message.trim() !== "") {
        messages++;
        last = message.slice(0, MAX_TEXT);
        goesOn = more;
      }
    },
    call(id, tool, args) {
      goesOn = false;
      if (calls.length >= MAX_CALLS) return void unread++;
      byId.set(id, calls.length);
      calls.push({
        id,
        tool: tool.slice(0, 150) || "unnamed",
        args: bounded(args),
        result: null,
        ok: false,
        denied: false,
      });
    },
    result(id, result, ok, denied = false) {
      const call = calls[byId.get(id) ?? -1];
      if (call === undefined) return;
      if (denied && !call.denied) denials++;
      Object.assign(call, { result, ok: ok && !denied, denied: call.denied || denied });
    },
    denied(tool) {
      const call = calls.findLast((one) => one.tool === tool && !one.ok);
      if (call?.denied === true) return;
      denials++;
      if (call !== undefined) call.denied = true;
    },
    ended(how, why) {
      end = how;
      if (why !== undefined && why !== "") error = why.slice(0, MAX_TEXT);
    },
    model: (name) => void (model = name.slice(0, 200) || model),
    used(input, out, cost) {
      usage = { input: (usage?.input ?? 0) + input, output: (usage?.output ?? 0) + out };
      if (cost !== undefined) costUsd = (costUsd ?? 0) + cost;
    },
  };
  for (let at = 0; at < output.length;) {
    const stop = output.indexOf("\n", at);
    const line = output.slice(at, stop < 0 ? undefined : stop);
    at = stop < 0 ? output.length : stop + 1;
    if (line.trim() === "") continue;
    const event = line.length > MAX_LINE || events >= MAX_EVENTS ? undefined : parsed(line);
    if (event === undefined) {
      unread++;
      continue;
    }
    events++;
    try {
      hear(event, tell);
    } catch {
      // A value without bottom overflows the stack wherever it is walked.
      unread++;
    }
  }
  return {
    end,
    error,
    last,
    messages,
    calls: calls.map(({ id: _, ...call }): AgentCall => call),
    denials,
    usage,
    costUsd,
    model,
    unread,
  };
}

function parsed(line: string): Fields | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    return fields(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Arguments of a size and depth that can be kept. */
function bounded(value: Json): Json {
  if (depthOf(value) > MAX_DEPTH) return "[nested too deep]";
  const size = JSON.stringify(value).length;
  return size > MAX_ARGS ? `[${size} characters]` : value;
}

function depthOf(value: Json): number {
  let depth = 0;
  for (let level: Json[] = [value]; level.length > 0 && depth <= MAX_DEPTH + 1; depth++) {
    level = level.flatMap((one) =>
      one !== null && typeof one === "object" ? Object.values(one) as Json[] : []
    );
  }
  return depth;
}

/** Words by which programs say that a call was not let through. */
export const saysDenied = (result: string): boolean =>
  /requires? approval|permission (?:to use|denied by|was denied)|haven't granted|denied by policy|rejected permission|not allowed by|user (?:rejected|denied)|tool .{0,80}(?:denied|not permitted)/i
    .test(result.slice(0, 2_000));

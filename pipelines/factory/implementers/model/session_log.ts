import { canonicalJson } from "../../../../kernel/mod.ts";
import type { Blobs, Clock } from "../../../../kernel/mod.ts";
import { redact } from "../../../../policies/mod.ts";
import {
  type ActionClass,
  type AgentSession,
  digestOf,
  type Json,
  type PinnedTool,
  type TextTrust,
  type ToolCall,
} from "../../../../specs/mod.ts";

/** A call as it is about to be decided. */
export interface CallNote {
  readonly tool: string;
  /** Digest of the tool as it was offered; null when it never was. */
  readonly schema: string | null;
  readonly args: Json;
  readonly class?: ActionClass;
  readonly touches: readonly string[];
  readonly yields: TextTrust;
  /** Null when nobody can tell, which counts as the worse. */
  readonly readsPrivate: boolean | null;
  /** Where it can send to; nowhere unless told. */
  readonly egress?: string | null;
  readonly credential?: ToolCall["credential"];
  /** True when the call is told by the agent's program and was carried out by it, not by us. */
  readonly claimed?: boolean;
}

export interface CallOutcome {
  readonly ok: boolean;
  readonly text: string;
}

/** The log of a session: each call with what was decided before it ran and how it ended. */
export interface SessionLog {
  /** Text from there stands in the prompts from now on, and so may be in the arguments of what is called. */
  saw(source: string, trust: TextTrust): void;
  /** Records a call that was refused and did not run. */
  denied(note: CallNote): Promise<number>;
  /** Carries a call out and records it. What it throws is recorded as a failure, and thrown. */
  allowed(note: CallNote, run: () => Promise<CallOutcome>): Promise<CallOutcome>;
  readonly count: number;
  close(agent: string, complete: boolean): AgentSession;
}

const MAX_CALLS = 5_000;
const MAX_SOURCES = 200;

export function sessionLog(given: {
  id: string;
  tools: readonly PinnedTool[];
  clock: Clock;
  blobs: Blobs;
}): SessionLog {
  const { clock, blobs } = given;
  const startedAt = clock.now();
  const calls: ToolCall[] = [];
  const sources = new Map<string, TextTrust>();
  let [last, lost] = [startedAt, false];
  // A clock that is set back must not make a log that goes back in time.
  const now = () => last = Math.max(last, clock.now());
  const record = async (note: CallNote, decision: "allowed" | "denied"): Promise<ToolCall> => {
    const call: ToolCall = {
      seq: calls.length + 1,
      at: new Date(now()).toISOString(),
      tool: note.tool.slice(0, 200),
      schema: note.schema ?? await digestOf(canonicalJson({ name: note.tool })),
      args: await digestOf(canonicalJson(note.args)),
      ...(note.class === undefined ? {} : { class: note.class }),
      parts: [],
      inputs: [...sources].map(([source, trust]) => ({ source, trust })),
      yields: note.yields,
      readsPrivate: note.readsPrivate,
      egress: note.egress ?? null,
      credential: note.credential ?? null,
      touches: note.touches.slice(0, 500).map((path) => path.slice(0, 1000)).filter((path) => path !== ""),
      operations: [],
      ...(note.claimed === true ? { told: "claimed" as const } : {}),
      decision,
      approvals: [],
      exit: null,
    };
    if (calls.length < MAX_CALLS) calls.push(call);
    else lost = true;
    return call;
  };
  return {
    saw(source, trust) {
      const name = redact(source).slice(0, 500);
      if (sources.size < MAX_SOURCES || trust === "trusted") sources.set(name, trust);
      // What no longer fits has stood beside texts of strangers already.
      else sources.set([...sources.keys()].at(-1) ?? name, "untrusted");
    },
    denied: async (note) => (await record(note, "denied")).seq,
    async allowed(note, run) {
      const call = await record(note, "allowed");
      try {
        const outcome = await run();
        call.exit = { ok: outcome.ok, result: await blobs.put(redact(outcome.text)) };
        return outcome;
      } catch (error) {
        call.exit = { ok: false, result: null };
        throw error;
      }
    },
    get count() {
      return calls.length;
    },
    close: (agent, complete) => ({
      v: 1,
      id: given.id,
      agent: redact(agent).slice(0, 200),
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(now()).toISOString(),
      tools: [...given.tools],
      calls,
      complete: complete && !lost,
    }),
  };
}

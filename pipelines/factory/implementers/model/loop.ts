import type { ModelTool } from "../../../../connectors/mod.ts";
import type { PhaseContext } from "../../../../kernel/mod.ts";
import { canonicalJson } from "../../../../kernel/mod.ts";
import { redact } from "../../../../policies/mod.ts";
import {
  err,
  type FailureRecord,
  type Json,
  type ModelCall,
  ok,
  type Result,
} from "../../../../specs/mod.ts";
import type { ModelAsk, ModelDesk } from "../../../models/port.ts";
import type { NoHandover } from "../port.ts";
import { type Answer, claimsOf, readAnswer } from "./answer.ts";
import type { Broker } from "./broker.ts";
import type { Conversation } from "./conversation.ts";
import { type DataText, inline } from "./data_text.ts";
import { editNotes, lastWrong, type Made, told } from "./edit_notes.ts";
import type { WorkFiles } from "./files.ts";

/** What bounds a session, whatever the model does. */
export interface SessionLimits {
  readonly turns: number;
  readonly calls: number;
  readonly callsPerAnswer: number;
  /** Answers in a row of which nothing could be used. */
  readonly malformed: number;
  /** The same call, or the same answer, while nothing changes. */
  readonly repeats: number;
  /** Turns in a row without a change of any file, before the end is near. */
  readonly idleTurns: number;
  readonly contextTokens: number;
  readonly outputTokens: number;
}

export const SESSION_LIMITS: SessionLimits = {
  turns: 40,
  calls: 200,
  callsPerAnswer: 16,
  malformed: 3,
  repeats: 3,
  idleTurns: 16,
  contextTokens: 48_000,
  outputTokens: 16_000,
};

const MIN_OUTPUT_TOKENS = 1_024;
const MIN_CONTEXT_TOKENS = 8_000;
const EMPTY = "git sees no change at all: nothing was done yet. Make the edits, or answer CANNOT: and why.";

/** How a session ended: with a change that may be proposed. */
export interface Worked {
  readonly claims: readonly string[];
  /** It stopped at a limit, and did not say that it is done. */
  readonly stopped: string | null;
  readonly model: string | null;
  readonly calls: readonly ModelCall[];
}

export interface Session {
  readonly ctx: PhaseContext;
  readonly desk: ModelDesk;
  readonly ask: Pick<ModelAsk, "purpose" | "need" | "system">;
  readonly tools: readonly ModelTool[];
  readonly talk: Conversation;
  readonly broker: Broker;
  readonly files: WorkFiles;
  readonly data: DataText;
  /** Whether there are commands to run. */
  readonly runs: boolean;
  /** Says the task and its rules again. */
  readonly again: string;
  /** Whether git sees a change. */
  isChanged(): Promise<boolean>;
  readonly limits: SessionLimits;
}

/** Asks, carries out, tells what came of it, and asks again, until the model says that it is done or a limit is reached. */
export async function runSession(session: Session): Promise<Result<Worked, NoHandover>> {
  const { ctx, talk, limits } = session;
  const calls: ModelCall[] = [];
  const seen = new Map<string, number>();
  let [model, malformed, made, emptyEnds, idle, version] = [
    null as string | null,
    0,
    0,
    0,
    0,
    session.files.version,
  ];
  let contextTokens = limits.contextTokens;
  let [reminded, lastRun] = [false, -1];
  let said = "";
  const fail = (failure: FailureRecord, code: string): Result<Worked, NoHandover> =>
    err({
      code,
      message: failure.message,
      ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
      failure,
      calls,
    });
  const agentError = (why: string, code: string): Result<Worked, NoHandover> =>
    fail({
      class: "agent-error",
      source: "provider",
      retryable: true,
      message: `The model gave no change that can be proposed: ${why}${
        said === "" ? "" : `. It said: ${said}`
      }`.slice(0, 4_000),
      remedy: "Another model may do better; or make the task smaller, or its criteria clearer",
    }, code);
  const worked = (claims: readonly string[], stopped: string | null): Result<Worked, NoHandover> =>
    ok({ claims: claims.map((claim) => redact(claim)), stopped, model, calls });

  for (let turn = 1;; turn++) {
    if (turn > limits.turns || made > limits.calls) {
      const limit = turn > limits.turns ? `${limits.turns} answers` : `${limits.calls} tool calls`;
      if (await session.isChanged()) return worked([], `it was stopped after ${limit}`);
      return agentError(`it was stopped after ${limit}, and nothing is changed`, "model-limit");
    }
    ctx.abort.throwIfAborted();
    // Nothing may take all of a small budget: neither what is sent nor what comes back.
    const left = ctx.budget.left("tokens");
    contextTokens = Math.min(contextTokens, Math.max(MIN_CONTEXT_TOKENS, Math.floor(left / 6)));
    const maxOutputTokens = Math.min(
      session.ask.need.maxOutputTokens,
      Math.max(MIN_OUTPUT_TOKENS, Math.floor(left / 4)),
    );
    const { messages } = talk.messages(contextTokens, session.again);
    const answer = await session.desk.ask(ctx, {
      ...session.ask,
      need: { ...session.ask.need, maxOutputTokens },
      messages,
      tools: session.tools,
    });
    calls.push(...(answer.ok ? answer.value.calls : answer.error.calls));
    let text: string;
    let wanted: readonly { id: string; tool: string; args: Json; raw?: string }[] = [];
    let cut: string | null = null;
    if (answer.ok) {
      const { reply, choice } = answer.value;
      model = choice.model ?? model;
      text = reply.text;
      wanted = reply.calls;
      talk.add(
        {
          role: "assistant",
          // No wire takes a turn that is empty.
          text: text.trim() === "" && wanted.length === 0 ? "(nothing)" : text,
          ...(wanted.length === 0 ? {} : { calls: reply.calls }),
          ...(reply.opaque === undefined ? {} : { opaque: reply.opaque }),
        },
        { name: "an earlier answer" },
      );
    } else {
      const { trouble, failure } = answer.error;
      if (trouble === "context-window" && contextTokens > MIN_CONTEXT_TOKENS) {
        contextTokens = Math.floor(contextTokens / 2);
        continue;
      }
      if (trouble !== "truncated" && trouble !== "bad-output") return fail(failure, `model-${trouble}`);
      // What was whole before it broke off is used; the rest has to come again.
      text = answer.error.text ?? "";
      cut = trouble === "truncated"
        ? "Your answer was cut off: it was too long. Send less in one answer"
        : "Your answer could not be read";
      if (text !== "") talk.add({ role: "assistant", text }, { name: "an earlier answer" });
    }
    if (text.trim() !== "") said = inline(text, 600);
    const read = readAnswer(text);
    const before = session.files.version;
    const edits = await makeEdits(session, read);
    const results = await carryOut(session, wanted);
    made += edits.length + wanted.length;
    if (wanted.some(({ tool }) => tool === "run")) lastRun = session.files.version;

    const good = edits.filter(({ applied }) => applied.ok).length + results.good;
    const wrong = read.malformed.length + edits.filter(({ applied }) => !applied.ok).length +
      results.malformed + (cut === null ? 0 : 1);
    malformed = good > 0 || wrong === 0 ? 0 : malformed + 1;
    idle = session.files.version === version ? idle + 1 : 0;
    version = session.files.version;
    ctx.progress(`turn ${turn}: ${told(edits, read, wanted.length)}`);
    if (malformed >= limits.malformed) {
      return agentError(
        `${malformed} answers in a row could not be used: ${inline(lastWrong(edits, read, cut), 400)}`,
        "model-format",
      );
    }
    const repeated = await repeats(seen, session.files.version, before, text, wanted);
    if (repeated > limits.repeats) {
      return agentError("it does the same again and again, and nothing changes", "model-no-progress");
    }

    const notes = [
      ...(cut === null ? [] : [`${cut}.`]),
      ...await editNotes(session, edits, read),
      ...(wrong > 0 && malformed === limits.malformed - 1
        ? ["This is the last answer that may fail like this."]
        : []),
    ];
    const ends = wanted.length === 0 && wrong === 0 &&
      (read.done !== null || read.cannot !== null || edits.length === 0);
    if (ends) {
      if (read.cannot !== null) {
        // Whether it is so, a human decides: a model may be wrong about that, too.
        const why = inline(read.cannot, 1_500);
        return fail({
          class: "agent-error",
          source: "user-environment",
          retryable: false,
          message: `The model says that the task cannot be done: ${why}`,
          remedy: "Answer what it names: change the spec, widen its scope, or take another implementer",
          question: `The model says that the task cannot be done: ${why}. What should be done differently?`,
        }, "model-cannot");
      }
      const isChanged = await session.isChanged();
      if (isChanged && session.runs && !reminded && lastRun !== session.files.version) {
        reminded = true;
        notes.push("Files have changed since you last ran a command. Run it now, or answer DONE again.");
      } else if (isChanged) return worked(read.done ?? claimsOf(text.split("\n")), null);
      else if (++emptyEnds >= (read.done === null ? 3 : 2)) {
        return agentError(
          read.done === null ? "it ended without any change" : "it claims to be done, and nothing is changed",
          "model-empty",
        );
      } else notes.push(EMPTY);
    } else if (idle === limits.idleTurns - 4) {
      notes.push("Nothing has changed for a while: make the edits now, or say what hinders you.");
    }
    if (idle >= limits.idleTurns) {
      if (await session.isChanged()) return worked([], "it was stopped: nothing changed any more");
      return agentError(`nothing changed in ${idle} answers`, "model-no-progress");
    }
    if (notes.length > 0 || wanted.length === 0) {
      talk.add({ role: "user", text: notes.join("\n") || "Go on.", cache: true }, {
        name: "what came of earlier edits",
      });
    }
  }
}

async function makeEdits({ broker, talk, limits }: Session, read: Answer): Promise<Made[]> {
  const made: Made[] = [];
  for (const { line, edit } of read.edits.slice(0, limits.calls)) {
    const applied = await broker.edit(edit);
    let outdated = applied.ok ? talk.outdate(applied.path) : 0;
    if (applied.ok && edit.path !== applied.path) outdated += talk.outdate(edit.path);
    made.push({ line, applied, outdated });
  }
  return made;
}

async function carryOut(
  { broker, talk, files, limits }: Session,
  wanted: readonly { id: string; tool: string; args: Json; raw?: string }[],
): Promise<{ good: number; malformed: number }> {
  const count = { good: 0, malformed: 0 };
  for (const [at, call] of wanted.entries()) {
    if (at >= limits.callsPerAnswer) {
      talk.add({
        role: "tool",
        call: call.id,
        text: `Not carried out: at most ${limits.callsPerAnswer} calls in one answer`,
        failed: true,
      });
      continue;
    }
    const before = files.version;
    const answered = await broker.call(call);
    if (answered.ok) count.good++;
    if (answered.malformed) count.malformed++;
    const changed = files.version !== before;
    if (changed) { for (const path of pathsOf(call.args)) talk.outdate(path); }
    talk.add(
      { role: "tool", call: call.id, text: answered.text, ...(answered.ok ? {} : { failed: true }) },
      {
        name: `the result of ${inline(call.tool, 40)}`,
        ...(answered.shows === undefined ? {} : { path: answered.shows }),
      },
    );
  }
  return count;
}

const pathsOf = (args: Json): string[] =>
  args === null || typeof args !== "object" || Array.isArray(args)
    ? []
    : [args.path, args.from, args.to].filter((value) => typeof value === "string");

/** How often the same was said or called while the files were the same. */
async function repeats(
  seen: Map<string, number>,
  version: number,
  before: number,
  text: string,
  wanted: readonly { tool: string; args: Json }[],
): Promise<number> {
  if (version !== before) return 0;
  const keys = wanted.length === 0
    ? [`${version} ${text}`]
    : wanted.map(({ tool, args }) => `${version} ${tool} ${canonicalJson(args)}`);
  let most = 0;
  for (const key of await Promise.all(keys)) {
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    most = Math.max(most, count);
  }
  return most;
}

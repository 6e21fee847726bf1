import type { Row } from "../../specs/foundry/mod.ts";
import { DataFailure } from "../data/port.ts";
import type { CompiledModules, FunctionLimits, RowFunction, RowOutcome } from "./port.ts";
import { type Isolate, isolate } from "./process.ts";
import { programOf, realm, supervisor, worker } from "./realm.ts";

const BATCH_ROWS = 1_000;
const BATCH_CHARS = 4_000_000;
/** What the process needs by itself. */
const OWN_MB = 128;
/** One is computed while the next one is on its way. */
const IN_FLIGHT = 2;

/**
 * Starts a function over rows: a worker without permissions in a process without permissions. The process is what can be ended: the
 * runtime's own worker goes on with an endless loop after it was terminated. Throws `invalid` when the module does not load.
 */
export async function rowFunction(
  name: string,
  compiled: CompiledModules,
  limits: FunctionLimits,
): Promise<RowFunction> {
  const workerText = `import vm from "node:vm";\n${
    programOf(worker, "vm", JSON.stringify(realm.toString()))
  }`;
  const child = isolate({
    program: programOf(
      supervisor,
      JSON.stringify(workerText),
      JSON.stringify({ seconds: limits.seconds, memoryMb: limits.memoryMb + OWN_MB }),
    ),
    heapMb: limits.memoryMb,
  });
  try {
    const said = await answerOf(name, child, JSON.stringify(compiled), limits);
    if (said === null || typeof said !== "object" || !("loaded" in said)) {
      const fault = said !== null && typeof said === "object" && "fault" in said
        ? String(said.fault)
        : "no answer";
      throw new DataFailure(
        "invalid",
        `${name} cannot be loaded: ${fault}`,
        "Mend the module; see: forge etl validate",
      );
    }
  } catch (error) {
    await child.close();
    throw error;
  }
  return {
    async apply(rows) {
      const outcomes: RowOutcome[] = [];
      const pending: { asked: Promise<unknown>; count: number }[] = [];
      const settle = async () => {
        const first = pending.shift();
        if (first === undefined) return;
        outcomes.push(...outcomesOf(name, await first.asked, first.count));
      };
      try {
        for (const { text, count } of batchesOf(rows)) {
          if (pending.length >= IN_FLIGHT) await settle();
          const asked = answerOf(name, child, text, limits);
          asked.catch(() => {});
          pending.push({ asked, count });
        }
        while (pending.length > 0) await settle();
      } catch (error) {
        await child.close();
        throw error;
      }
      return outcomes;
    },
    close: () => child.close(),
  };
}

function* batchesOf(rows: readonly Row[]): Generator<{ text: string; count: number }> {
  let parts: string[] = [];
  let chars = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    parts.push(text);
    chars += text.length;
    if (parts.length < BATCH_ROWS && chars < BATCH_CHARS) continue;
    yield { text: `[${parts.join(",")}]`, count: parts.length };
    [parts, chars] = [[], 0];
  }
  if (parts.length > 0) yield { text: `[${parts.join(",")}]`, count: parts.length };
}

async function answerOf(
  name: string,
  child: Isolate,
  line: string,
  limits: FunctionLimits,
): Promise<unknown> {
  const text = await child.ask(line);
  const said: unknown = text === null ? null : JSON.parse(text);
  if (said !== null && (typeof said !== "object" || !("stop" in said))) return said;
  const why = said === null ? "end" : String((said as { stop: unknown }).stop);
  switch (why) {
    case "time":
      throw new DataFailure(
        "limit",
        `${name} was stopped: a batch of rows took longer than ${limits.seconds} s`,
        "Look for a loop that does not end; if the work is honest, raise `seconds` of the step",
      );
    case "size":
      throw new DataFailure(
        "limit",
        `${name} was stopped: what it gave for one batch of rows is more than 64 million characters`,
        "Give fewer or smaller rows",
      );
    case "memory":
      throw outOfMemory(name, limits);
  }
  const { code, said: words } = await child.ended();
  // V8 ends the process by a trap when a heap is full.
  if (/out of memory|heap limit/i.test(words) || code === 133) throw outOfMemory(name, limits);
  throw new DataFailure(
    "invalid",
    `${name} ended before it answered (exit code ${code})`,
    "Run the pipeline again; if it happens again, look for what the function does with this batch",
  );
}

function outOfMemory(name: string, limits: FunctionLimits): DataFailure {
  return new DataFailure(
    "limit",
    `${name} was stopped: it used more than ${limits.memoryMb} MB of memory`,
    "Keep nothing between rows, and build no large values",
  );
}

/** What came back is data of somebody else's code: one outcome for each row, and rows are plain objects. */
function outcomesOf(name: string, said: unknown, count: number): RowOutcome[] {
  const broken = () =>
    new DataFailure(
      "invalid",
      `${name} answered something else than rows`,
      "Leave the built-ins of the language alone",
    );
  if (!Array.isArray(said) || said.length !== count) throw broken();
  return said.map((one: unknown): RowOutcome => {
    if (one === null || typeof one !== "object") throw broken();
    if ("fault" in one && typeof one.fault === "string") return { fault: one.fault.slice(0, 1000) };
    const rows = "rows" in one ? one.rows : null;
    if (!Array.isArray(rows) || !rows.every(isRow)) throw broken();
    return { rows };
  });
}

function isRow(value: unknown): value is Row {
  return value !== null && typeof value === "object" && !Array.isArray(value) &&
    !Object.hasOwn(value, "__proto__");
}

import { type Finding, type Json, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type FactName, fail, type Outcome, pass } from "../../rule.ts";
import { type DocumentRule, type RuleText, unjudged } from "./cel_rule.ts";
import { cannotCompile, messageOf } from "./problem.ts";
import { meteredModule } from "./wasm_meter.ts";

/** Calls and rounds of loops of one evaluation: about a second. */
export const WASM_STEPS = 30_000_000;
const MAX_PAGES = 1024;
const MAX_FINDINGS = 100;

/** What a Rego module exports, ABI 1.2 and later. */
interface Exports {
  opa_wasm_abi_version: WebAssembly.Global;
  opa_wasm_abi_minor_version: WebAssembly.Global;
  opa_malloc(size: number): number;
  opa_json_parse(at: number, length: number): number;
  opa_json_dump(at: number): number;
  opa_heap_ptr_get(): number;
  builtins(): number;
  entrypoints(): number;
  opa_eval(
    reserved: number,
    entrypoint: number,
    data: number,
    input: number,
    length: number,
    heap: number,
    format: number,
  ): number;
}

const FUNCTIONS = [
  "opa_malloc",
  "opa_json_parse",
  "opa_json_dump",
  "opa_heap_ptr_get",
  "builtins",
  "entrypoints",
  "opa_eval",
] as const;

/**
 * A rule of a prebuilt Rego module (`opa build -t wasm -e pack/violations`). The whole fact document is its input, and its entry point
 * says `true` or `false`, or gives the violations: none is a pass, each other one a finding (`message` or `msg`, `path`, `line`, or a
 * text). A module that needs a function that only a host could give (HTTP, time, chance) cannot load; `sprintf` is there.
 */
export async function regoRule(
  module: Uint8Array,
  entrypoint: string | undefined,
  text: RuleText,
  reads: readonly FactName[],
  steps = WASM_STEPS,
): Promise<Result<DocumentRule, Problem>> {
  const rebuild = "Build it anew: opa build -t wasm -e PACKAGE/RULE";
  const counted = meteredModule(module, steps);
  if (!counted.ok) return cannotCompile(`The module cannot be loaded: ${counted.error}`, rebuild);
  let compiled: WebAssembly.Module;
  let names: { entrypoints: Record<string, number>; missing: string[] };
  try {
    compiled = await WebAssembly.compile(counted.value);
    names = namesOf(compiled);
  } catch (cause) {
    return cannotCompile(`The module cannot be loaded: ${messageOf(cause)}`, rebuild);
  }
  if (names.missing.length > 0) {
    return cannotCompile(
      `The module needs ${names.missing.join(", ")}, which no rule may use`,
      "Write the policy over the facts alone",
    );
  }
  const known = Object.keys(names.entrypoints).sort();
  const wanted = entrypoint ?? (known.length === 1 ? known[0] : undefined);
  const id = wanted === undefined || !Object.hasOwn(names.entrypoints, wanted)
    ? undefined
    : names.entrypoints[wanted];
  if (id === undefined) {
    return cannotCompile(
      `The module has no entry point ${wanted ?? "that is the only one"}; it has ${known.join(", ")}`,
      "Name one of them as `entrypoint`",
    );
  }
  return ok({
    reads,
    judge(document) {
      let result: Json;
      try {
        result = evaluate(compiled, id, JSON.stringify(document));
      } catch (cause) {
        const stopped = cause instanceof WebAssembly.RuntimeError && /unreachable/.test(cause.message);
        return unjudged(
          stopped ? `the module was stopped: it failed, or took more than ${steps} steps` : messageOf(cause),
          text.remediation,
        );
      }
      return outcomeOf(result, text);
    },
  });
}

function outcomeOf(result: Json, text: RuleText): Outcome {
  if (result === true) return pass();
  if (result === false) {
    return fail(
      [{ message: text.message, remediation: text.remediation }],
      "passes when the module says true",
    );
  }
  if (!Array.isArray(result)) {
    return unjudged("the module gives neither a truth value nor a list of violations", text.remediation);
  }
  if (result.length === 0) return pass();
  const findings = result.slice(0, MAX_FINDINGS).map((one): Finding => {
    const fields = one !== null && typeof one === "object" && !Array.isArray(one) ? one : {};
    const said = typeof one === "string" ? one : fields.message ?? fields.msg;
    const { path, line } = fields;
    return {
      message: typeof said === "string" && said !== ""
        ? `${text.message}: ${said.slice(0, 1000)}`
        : text.message,
      ...(typeof path === "string" && path !== "" ? { path: path.slice(0, 4096) } : {}),
      ...(typeof path === "string" && typeof line === "number" && Number.isInteger(line) && line >= 1
        ? { line }
        : {}),
      remediation: text.remediation,
    };
  });
  return fail(findings, "passes when the module finds no violation");
}

interface Loaded {
  exports: Exports;
  memory: WebAssembly.Memory;
}

/** A fresh instance for each evaluation: nothing of one decision is left for the next. */
function instantiate(module: WebAssembly.Module, called: Map<number, string>): Loaded {
  const memory = new WebAssembly.Memory({ initial: 8, maximum: MAX_PAGES });
  let loaded: Loaded | undefined;
  const builtin = (id: number, _context: number, ...addresses: number[]): number => {
    if (loaded === undefined) throw new Error("a function was called before the module was ready");
    const { exports } = loaded;
    const args = addresses.map((at) => dumped(exports, memory, at));
    const name = called.get(id);
    if (name !== "sprintf") throw new Error(`the function ${name ?? id} is not there`);
    return parsed(exports, memory, sprintf(args));
  };
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      opa_abort: (at: number) => {
        throw new Error(`the module gave up: ${textAt(memory, at).slice(0, 200)}`);
      },
      opa_println: () => {},
      opa_builtin0: builtin,
      opa_builtin1: builtin,
      opa_builtin2: builtin,
      opa_builtin3: builtin,
      opa_builtin4: builtin,
    },
  });
  const exports = instance.exports as unknown as Exports;
  for (const name of FUNCTIONS) {
    if (typeof exports[name] !== "function") throw new Error(`it exports no ${name}: it is no Rego module`);
  }
  const version = Number(exports.opa_wasm_abi_version?.value);
  const minor = Number(exports.opa_wasm_abi_minor_version?.value);
  if (version !== 1 || !(minor >= 2)) throw new Error(`its ABI is ${version}.${minor}; 1.2 is needed`);
  return loaded = { exports, memory };
}

function namesOf(module: WebAssembly.Module): { entrypoints: Record<string, number>; missing: string[] } {
  const { exports, memory } = instantiate(module, new Map());
  const needed = dumped(exports, memory, exports.builtins()) as Record<string, number>;
  const entrypoints = dumped(exports, memory, exports.entrypoints()) as Record<string, number>;
  return { entrypoints, missing: Object.keys(needed).filter((name) => name !== "sprintf").sort() };
}

function evaluate(module: WebAssembly.Module, entrypoint: number, input: string): Json {
  const called = new Map<number, string>();
  const { exports, memory } = instantiate(module, called);
  const needed = dumped(exports, memory, exports.builtins()) as Record<string, number>;
  for (const [name, id] of Object.entries(needed)) called.set(id, name);
  const data = parsed(exports, memory, {});
  const at = exports.opa_heap_ptr_get();
  const bytes = new TextEncoder().encode(input);
  const lacking = at + bytes.length - memory.buffer.byteLength;
  if (lacking > 0) memory.grow(Math.ceil(lacking / 65_536));
  new Uint8Array(memory.buffer).set(bytes, at);
  const result = JSON.parse(
    textAt(memory, exports.opa_eval(0, entrypoint, data, at, bytes.length, at + bytes.length, 0)),
  );
  const value = Array.isArray(result) ? result[0]?.result : undefined;
  if (value === undefined) throw new Error("the entry point is not defined for these facts");
  return value as Json;
}

function parsed({ opa_malloc, opa_json_parse }: Exports, memory: WebAssembly.Memory, value: Json): number {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const raw = opa_malloc(bytes.length);
  new Uint8Array(memory.buffer).set(bytes, raw);
  const at = opa_json_parse(raw, bytes.length);
  if (at === 0) throw new Error("the module does not take its input");
  return at;
}

const dumped = (exports: Exports, memory: WebAssembly.Memory, at: number): Json =>
  JSON.parse(textAt(memory, exports.opa_json_dump(at)));

function textAt(memory: WebAssembly.Memory, at: number): string {
  const bytes = new Uint8Array(memory.buffer);
  const end = bytes.indexOf(0, at);
  if (at <= 0 || end < 0) throw new Error("the module points outside of its memory");
  return new TextDecoder().decode(bytes.subarray(at, end));
}

/** Rego's sprintf, as far as messages need it: %s, %d, %v and %%. */
function sprintf(args: Json[]): string {
  const [format, values] = args;
  if (typeof format !== "string" || !Array.isArray(values)) {
    throw new Error("sprintf needs a format and a list");
  }
  const left = [...values];
  return format.replace(/%(.)/g, (whole, verb: string) => {
    if (verb === "%") return "%";
    if (!/[sdv]/.test(verb) || left.length === 0) throw new Error(`sprintf cannot do ${whole}`);
    const value = left.shift() ?? null;
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}

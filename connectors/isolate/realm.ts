/**
 * Programs that run elsewhere: each is the text of one function that uses nothing of this file, so that the type checker and the linter see it.
 */

/** The text of a program that calls the function with what follows it. */
export const programOf = (program: (...given: never[]) => unknown, ...given: string[]): string =>
  `(${program.toString()})(${given.join(", ")})`;

/**
 * Runs first in the function's realm, which has the built-ins of ECMAScript and nothing else. Takes away what gives another result
 * the next time, loads the modules and hands out the one function that the worker calls: text in, text out.
 */
export function realm(
  define: (name: string) => ((exports: unknown, require: (name: string) => unknown) => void) | null,
  datum: (name: string) => string,
  resolve: (from: string, name: string) => string | null,
  entry: string,
): { readonly fault: string } | { readonly apply: (text: string) => string } {
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { getPrototypeOf, prototype: plainPrototype, keys, hasOwn } = Object;
  const isFinite = Number.isFinite;
  const MAX_ROWS = 10_000;
  const MAX_ROW_CHARS = 16_000_000;
  const MAX_BATCH_CHARS = 64_000_000;
  const MAX_DEPTH = 64;

  const refused = (what: string) => () => {
    throw new Error(
      `${what} is not here: a transform must give the same rows each time; take time from the row`,
    );
  };
  const OwnDate = Date;
  const FixedDate = new Proxy(OwnDate, {
    construct(target, given, as) {
      if (given.length === 0) refused("The current time (new Date())")();
      return Reflect.construct(target, given, as);
    },
    apply: refused("The current time (Date())"),
  });
  OwnDate.now = refused("The current time (Date.now)");
  OwnDate.prototype.constructor = FixedDate;
  Math.random = refused("Math.random");
  const realmGlobal = globalThis as unknown as Record<string, unknown>;
  realmGlobal.Date = FixedDate;
  const { Temporal } = realmGlobal as { Temporal?: { Now?: unknown } };
  if (Temporal !== undefined) {
    Temporal.Now = new Proxy({}, { get: (_, name) => refused(`Temporal.Now.${String(name)}`) });
  }
  // Without a date they show the current time.
  const dates = Intl.DateTimeFormat.prototype;
  const { formatToParts } = dates;
  const format = Object.getOwnPropertyDescriptor(dates, "format")?.get as (
    this: unknown,
  ) => (at: unknown) => string;
  const given = (at: unknown) => at === undefined ? refused("The current time (Intl.DateTimeFormat)")() : at;
  Object.defineProperty(dates, "format", {
    get(this: unknown) {
      const own = format.call(this);
      return (at: unknown) => own(given(at));
    },
  });
  dates.formatToParts = function (at) {
    return formatToParts.call(this, given(at) as Date);
  };
  for (const name of ["SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry", "WebAssembly"]) {
    delete realmGlobal[name];
  }
  const quiet = () => {};
  realmGlobal.console = { log: quiet, info: quiet, warn: quiet, error: quiet, debug: quiet };

  const said = (error: unknown): string => {
    try {
      const { name, message } = error as { name?: unknown; message?: unknown };
      if (typeof message === "string") {
        return `${typeof name === "string" ? name : "Error"}: ${message}`.slice(0, 1000);
      }
      return `threw ${String(error)}`.slice(0, 1000);
    } catch {
      return "threw something that cannot be shown";
    }
  };

  const loaded = new Map<string, Record<string, unknown>>();
  const load = (name: string): Record<string, unknown> => {
    const there = loaded.get(name);
    if (there !== undefined) return there;
    const exports: Record<string, unknown> = {};
    loaded.set(name, exports);
    const body = define(name);
    if (body === null) {
      exports.__esModule = true;
      exports.default = parse(datum(name));
      return exports;
    }
    body(exports, (wanted) => {
      const found = resolve(name, wanted);
      if (found === null) throw new Error(`There is no module ${wanted}`);
      return load(found);
    });
    return exports;
  };

  let own: unknown;
  try {
    own = load(entry).default;
  } catch (error) {
    return { fault: said(error) };
  }
  if (typeof own !== "function") {
    return { fault: "it has no default export that is a function: export default (row) => row" };
  }
  if (Object.prototype.toString.call(own) !== "[object Function]") {
    return { fault: "its default export is async or a generator: return the row itself" };
  }
  const call = own as (row: unknown) => unknown;

  /** Why a value is no JSON, or null. */
  const oddity = (value: unknown, at: string, depth: number): string | null => {
    switch (typeof value) {
      case "string":
      case "boolean":
      case "undefined":
        return null;
      case "number":
        return isFinite(value) ? null : `${at} is ${value}, which is no JSON`;
      case "bigint":
        return `${at} is a bigint: give its text, String(value)`;
      case "function":
      case "symbol":
        return `${at} is a ${typeof value}, which is no JSON`;
    }
    if (value === null) return null;
    if (depth > MAX_DEPTH) return `${at} is nested more than ${MAX_DEPTH} deep`;
    if (isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const odd = oddity(value[index], `${at}[${index}]`, depth + 1);
        if (odd !== null) return odd;
      }
      return null;
    }
    if (value instanceof OwnDate) return `${at} is a Date: give its text, toISOString()`;
    const prototype: unknown = getPrototypeOf(value);
    if (prototype !== plainPrototype && prototype !== null) return `${at} is no plain object`;
    for (const name of keys(value as object)) {
      const odd = oddity((value as Record<string, unknown>)[name], `${at}.${name}`, depth + 1);
      if (odd !== null) return odd;
    }
    return null;
  };

  const rowFault = (row: unknown): string | null => {
    if (row === null || typeof row !== "object" || isArray(row)) {
      return `the function gave ${
        row === null ? "null" : isArray(row) ? "a list" : `a ${typeof row}`
      } for a row`;
    }
    if (typeof (row as { then?: unknown }).then === "function") {
      return "the function gave a promise: return the row itself";
    }
    if (hasOwn(row, "__proto__")) return "the row has a column named __proto__";
    return oddity(row, "row", 0);
  };

  /** The outcome of one row, as text. */
  const outcome = (row: unknown): string => {
    let given: unknown;
    try {
      given = call(row);
    } catch (error) {
      return stringify({ fault: said(error) });
    }
    try {
      if (given === undefined || given === null) return '{"rows":[]}';
      const rows: unknown[] = isArray(given) ? given : [given];
      if (rows.length > MAX_ROWS) {
        return stringify({ fault: `the function gave ${rows.length} rows for one, more than ${MAX_ROWS}` });
      }
      for (let at = 0; at < rows.length; at++) {
        const fault = rowFault(rows[at]);
        if (fault !== null) return stringify({ fault: fault.slice(0, 1000) });
      }
      const text = `{"rows":${stringify(rows)}}`;
      return text.length <= MAX_ROW_CHARS ? text : stringify({
        fault: `the function gave ${text.length} characters for one row, more than ${MAX_ROW_CHARS}`,
      });
    } catch (error) {
      return stringify({ fault: said(error) });
    }
  };

  return {
    apply(text) {
      const rows = parse(text) as unknown[];
      let all = "[";
      for (let at = 0; at < rows.length; at++) {
        if (at > 0) all += ",";
        all += outcome(rows[at]);
        if (all.length > MAX_BATCH_CHARS) return stringify({ stop: "size" });
      }
      return all + "]";
    },
  };
}

/** Runs in a worker without permissions. The first message is the modules, each further one a batch of rows. */
export function worker(vm: {
  createContext(sandbox: object, options: unknown): object;
  runInContext(code: string, context: object, options?: unknown): unknown;
}, realmText: string): void {
  const scope = globalThis as unknown as {
    postMessage(text: string): void;
    onmessage: ((event: { data: string }) => void) | null;
  };
  const post = scope.postMessage.bind(scope);
  type Apply = (text: string) => string;
  let apply: Apply | null = null;
  // As parameters they are as fast as anywhere; each look into the global object of a context is slow.
  const BUILT_IN =
    "Object, Array, String, Number, Boolean, BigInt, Math, JSON, Date, RegExp, Map, Set, Symbol, Error";
  const load = (text: string): string => {
    const { entry, modules } = JSON.parse(text) as {
      entry: string;
      modules: Record<string, { code?: string; links?: Record<string, string>; data?: unknown }>;
    };
    // No code from text, and no import: a script of a context has no way to load anything.
    const context = vm.createContext(Object.create(null), {
      codeGeneration: { strings: false, wasm: false },
    });
    try {
      const start = vm.runInContext(`(${realmText})`, context) as (...given: unknown[]) => {
        fault?: string;
        apply?: Apply;
      };
      const made = start(
        (name: string) => {
          const code = modules[name]?.code;
          return code === undefined ? null : vm.runInContext(
            `(function (${BUILT_IN}) { return function (exports, require) {\n${code}\n}; })(${BUILT_IN})`,
            context,
            { filename: name },
          );
        },
        (name: string) => JSON.stringify(modules[name]?.data ?? null),
        (from: string, name: string) => modules[from]?.links?.[name] ?? null,
        entry,
      );
      if (made.apply === undefined) return JSON.stringify({ fault: made.fault ?? "it cannot be loaded" });
      apply = made.apply;
      return JSON.stringify({ loaded: true });
    } catch (error) {
      return JSON.stringify({ fault: String(error).slice(0, 1000) });
    }
  };
  scope.onmessage = ({ data }) => post(apply === null ? load(data) : apply(data));
}

/** Runs in a process without permissions: hands lines to the worker one by one, and ends all of it when it takes too long or too much. */
export function supervisor(workerText: string, limits: { seconds: number; memoryMb: number }): void {
  const inner = new Worker(`data:application/javascript,${encodeURIComponent(workerText)}`, {
    type: "module",
    deno: { permissions: "none" },
  } as WorkerOptions);
  const encoder = new TextEncoder();
  const tell = (text: string) => {
    const bytes = encoder.encode(`${text}\n`);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  };
  const stop = (why: string) => {
    tell(JSON.stringify({ stop: why }));
    Deno.exit(0);
  };
  const waiting: string[] = [];
  let clock: ReturnType<typeof setTimeout> | undefined;
  const next = () => {
    const text = waiting.shift();
    if (text === undefined) return;
    clock = setTimeout(() => stop("time"), limits.seconds * 1000);
    inner.postMessage(text);
  };
  setInterval(() => {
    if (Deno.memoryUsage().rss > limits.memoryMb * 1024 * 1024) stop("memory");
  }, 20);
  inner.onmessage = ({ data }) => {
    clearTimeout(clock);
    clock = undefined;
    tell(data as string);
    next();
  };
  inner.onerror = (event) => {
    event.preventDefault();
    stop("crash");
  };
  const read = async () => {
    const decoder = new TextDecoder();
    let rest: string[] = [];
    for await (const chunk of Deno.stdin.readable) {
      const parts = decoder.decode(chunk, { stream: true }).split("\n");
      rest.push(parts.shift() ?? "");
      for (const part of parts) {
        waiting.push(rest.join(""));
        rest = [part];
        if (clock === undefined) next();
      }
    }
    Deno.exit(0);
  };
  read();
}

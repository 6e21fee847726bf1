/**
 * Recordings of models at the wire: a `fetch` that writes down what was asked and answered, and one that answers from it without a
 * network. Adapters, prompts, parsers and the meter of costs work as they do with a provider; only the other side is a recording.
 */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { fields } from "../envelope.ts";
import { redaction } from "../../net/redaction.ts";
import { type Interaction, readCassette, writeCassette } from "./file.ts";
import { markReplayed, Unrecorded } from "./marks.ts";
import { firstDifference, type RequestKey, requestKey } from "./request_key.ts";

export interface CassetteOptions {
  /** Takes what is secret by any rule out of a text, always in the same way. Credentials of the requests are taken out besides. */
  readonly redact: (text: string) => string;
  /** Where a recording asks; the runtime's own unless given. */
  readonly fetch?: typeof fetch;
}

export interface Cassette {
  /** For `modelProviders`. */
  readonly fetch: typeof fetch;
  /** True when it plays: what is answered is a recording. */
  readonly recording: boolean;
  readonly file: string;
  /** The models that it can answer for, when it plays: no other is to be asked. */
  readonly models?: readonly string[];
}

/** Headers of an answer that mean something to an adapter. */
const KEPT_HEADERS = ["content-type", "retry-after", "retry-after-ms", "request-id", "x-request-id"];
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The cassette that `FORGE_CASSETTE` asks for; undefined when it asks for none.
 *
 * - `record:FILE` asks the provider and writes FILE anew, without secrets.
 * - `replay:FILE` answers each request with what was recorded for the same one, in turn and the last one again.
 * - `replay-order:FILE` answers strictly in the order of the recording, whatever the bodies say.
 */
export function cassetteOf(
  setting: string | undefined,
  options: CassetteOptions,
): Result<Cassette | undefined, Problem> {
  if (setting === undefined || setting.trim() === "") return ok(undefined);
  const [, mode, file] = /^(record|replay|replay-order):(.+)$/s.exec(setting.trim()) ?? [];
  if (mode === undefined || file === undefined) {
    return err({
      code: "cassette",
      message: `Cannot use FORGE_CASSETTE: it says how and which file, as in replay:FILE; current value is ${
        JSON.stringify(setting.slice(0, 200))
      }`,
      value: setting.slice(0, 200),
      remedy: "Set it to record:FILE, replay:FILE or replay-order:FILE, or unset it.",
    });
  }
  if (mode === "record") return ok(recordTo(file, options));
  const read = readCassette(file);
  return read.ok ? ok(replay(file, read.value, mode === "replay-order", options)) : read;
}

function recordTo(file: string, options: CassetteOptions): Cassette {
  const interactions: (Interaction | undefined)[] = [];
  let begun = false;
  const save = () => writeCassette(file, interactions.filter((one) => one !== undefined));
  const ask = options.fetch ?? ((input, init) => fetch(input, init));
  const recorded = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const redact = withCredentials(init.headers, options.redact);
    const request = await requestKey(init.method ?? "GET", addressOf(input), bodyOf(init), redact);
    try {
      // Before anything is paid for; a command that asks nothing leaves an older recording alone.
      if (!begun) save();
      begun = true;
    } catch (error) {
      throw new Unrecorded(
        `cannot record to ${file}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const response = await ask(input, init);
    // Its place is that of the request's answer, however long the answer takes.
    const place = interactions.push(undefined) - 1;
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, redact(value)]];
      }),
    );
    const keep = (text: string, cut: boolean) => {
      const shown = redact(text);
      const withheld = withheldFor(shown, redact);
      const status = response.status;
      interactions[place] = {
        request,
        response: { status, headers, body: withheld === null ? partsOf(shown) : [], cut, withheld },
      };
      save();
    };
    return listened(response, keep);
  };
  return { fetch: recorded as typeof fetch, recording: false, file };
}

/** The answer as it is, written down when it has ended. */
function listened(response: Response, keep: (text: string, cut: boolean) => void): Response {
  if (response.body === null) {
    keep("", false);
    return response;
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          keep(text + decoder.decode(), false);
          return controller.close();
        }
        size += value.length;
        // What is larger is refused by the adapter, too; the recording says that it broke off there.
        if (size <= MOST_BYTES) text += decoder.decode(value, { stream: true });
        controller.enqueue(value);
      } catch (error) {
        keep(text, true);
        controller.error(error);
      }
    },
    async cancel(reason) {
      // An adapter stops listening at the last event: what came is the whole answer.
      keep(text, size > MOST_BYTES);
      await reader.cancel(reason).catch(() => undefined);
    },
  }, { highWaterMark: 0 });
  const headers = new Headers(response.headers);
  // The body is no longer compressed.
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(body, { status: response.status, headers });
}

function replay(
  file: string,
  interactions: readonly Interaction[],
  inOrder: boolean,
  options: CassetteOptions,
): Cassette {
  let next = 0;
  const used = new Map<string, number>();

  function find(request: RequestKey): Interaction {
    if (inOrder) {
      const one = interactions[next];
      if (one === undefined) {
        throw new Unrecorded(`${file} holds ${interactions.length} answers, and this is request ${next + 1}`);
      }
      if (one.request.method !== request.method || one.request.path !== request.path) {
        throw new Unrecorded(
          `answer ${
            next + 1
          } of ${file} is to ${one.request.method} ${one.request.path}, and the request is ${request.method} ${request.path}`,
        );
      }
      next++;
      return one;
    }
    const same = interactions.filter(({ request: one }) =>
      one.method === request.method && one.path === request.path && one.digest === request.digest
    );
    const turn = used.get(request.digest) ?? 0;
    const one = same[Math.min(turn, same.length - 1)];
    if (one === undefined) throw new Unrecorded(missing(file, interactions, request));
    used.set(request.digest, turn + 1);
    return one;
  }

  const play = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    init.signal?.throwIfAborted();
    const redact = withCredentials(init.headers, options.redact);
    const { response } = find(await requestKey(init.method ?? "GET", addressOf(input), bodyOf(init), redact));
    if (response.withheld !== null) {
      throw new Unrecorded(`the answer was not written to ${file}: ${response.withheld}`);
    }
    return markReplayed(
      new Response(played(response), { status: response.status, headers: response.headers }),
    );
  };
  const models = new Set(interactions.flatMap(({ request: { body } }) => {
    const model = fields(body)?.model;
    return typeof model === "string" ? [model] : [];
  }));
  return { fetch: play as typeof fetch, recording: true, file, models: [...models].sort() };
}

function played({ body, cut }: Interaction["response"]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = body[at++];
      if (part !== undefined) return controller.enqueue(encoder.encode(part));
      if (cut) controller.error(new TypeError("the recorded answer breaks off here"));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

function missing(file: string, interactions: readonly Interaction[], request: RequestKey): string {
  const near = interactions.filter((one) => one.request.path === request.path)
    .map((one) => firstDifference(one.request.body, request.body))
    .filter((one) => one !== undefined)
    // The further down the first difference lies, the more is the same.
    .sort((a, b) => b.length - a.length)[0];
  return `${file} has no answer to ${request.method} ${request.path} (${
    request.digest.slice(0, 19)
  }): ${interactions.length} are recorded` +
    (near === undefined ? ", none for this path" : `, the nearest differs at ${near.slice(0, 200)}`);
}

/** Also without the credentials that this very request carries, wherever they come back. */
function withCredentials(
  headers: RequestInit["headers"],
  redact: (text: string) => string,
): (text: string) => string {
  const known = redaction();
  for (const name of ["authorization", "x-api-key", "api-key", "x-goog-api-key"]) {
    const value = new Headers(headers).get(name);
    if (value !== null) {
      for (const part of value.split(/\s+/)) if (!/^(?:bearer|basic|none)$/i.test(part)) known.add(part);
    }
  }
  return (text) => redact(known.hide(text));
}

/**
 * Why an answer is not written down, redacted as it is. Rules see one text at a time, and a stream cuts a secret into pieces: so the
 * pieces are joined before they are looked at.
 */
function withheldFor(shown: string, redact: (text: string) => string): string | null {
  const joined = new Map<string, string>();
  for (
    const line of [
      shown,
      ...shown.split("\n").filter((one) => one.startsWith("data:")).map((one) => one.slice(5)),
    ]
  ) {
    try {
      gather(JSON.parse(line), "", joined);
    } catch { /* `[DONE]`, a line that was cut, or a stream as a whole */ }
  }
  for (const one of joined.values()) if (redact(one) !== one) return "it holds a secret";
  return null;
}

function gather(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value === "string") into.set(path, (into.get(path) ?? "") + value);
  else if (Array.isArray(value)) value.forEach((one) => gather(one, `${path}[]`, into));
  else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) gather(one, `${path}.${name}`, into);
  }
}

/** One part for each event of a stream; a document is one part. */
function partsOf(text: string): string[] {
  return text.split(/(?<=\n\r?\n)/).filter((one) => one !== "");
}

const addressOf = (input: RequestInfo | URL): string => input instanceof Request ? input.url : String(input);

function bodyOf(init: RequestInit): string {
  if (init.body === undefined || init.body === null) return "";
  if (typeof init.body === "string") return init.body;
  // Every SDK here sends text; another form would be matched by nothing but its kind.
  throw new TypeError("Cannot record a request whose body is not text");
}

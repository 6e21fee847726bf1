/** The `singer` connector: any tap as a source. Which programs there are is the env file's to say; a stream names one. */
import { createHash, type Hash } from "node:crypto";
import { z } from "zod";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import {
  type BadRow,
  DataFailure,
  type Page,
  type RawPage,
  type ReadEnd,
  type ReadRequest,
  type Source,
  type SourceContext,
} from "../../data/port.ts";
import { isObject } from "../../net/lossless_json.ts";
import { readCatalog, selectStream } from "./catalog.ts";
import { linesOf, type Message, readMessage } from "./messages.ts";
import { type RunningTap, startTap, type TapContext } from "./tap.ts";

const Params = z.strictObject({ tap: z.string().min(1).max(100) });

/** Rows and bytes of one page; a page ends at whichever comes first. */
const PAGE_ROWS = 1000;
const PAGE_BYTES = 4_000_000;
const LINE_BYTES = 16_000_000;
const CATALOG_BYTES = 64_000_000;
const STATE_BYTES = 40_000;
const IDLE_MS = 600_000;
const MEDIA_TYPE = "application/x-singer";

export function singerSource(): Source {
  return {
    connector: "singer",
    discover: () => [{
      name: "*",
      description:
        "A stream of a Singer tap; the taps are listed under `taps` of connector singer in the env file",
      required: ["tap"],
      optional: [],
    }],
    check: ({ params }) => {
      const parsed = Params.safeParse(params);
      return parsed.success ? [] : parsed.error.issues.map((issue) => ({
        path: issue.path.join("."),
        message: `${issue.path.join(".") || "params"}: ${issue.message}`,
        remedy:
          "Give `tap`, the name of an entry of `taps` in the env file; what it runs is said there only.",
      }));
    },
    read,
    reread(raw, request) {
      const page = gather(request.resource, raw.locator);
      let start = 0;
      for (let end = raw.content.indexOf(0x0a); end >= 0; end = raw.content.indexOf(0x0a, start)) {
        page.take(raw.content.subarray(start, end));
        start = end + 1;
      }
      if (start < raw.content.length) page.take(raw.content.subarray(start));
      return page.finish(raw, null);
    },
  };
}

/**
 * Where to go on: a tap cannot be asked for the middle of its output, so it is started from the same state again, and as many
 * lines as were durable are passed over. That they are the same lines is proved by their digest.
 */
interface Place {
  readonly v: 1;
  readonly page: number;
  /** Lines of this stream (records, and what could not be read). */
  readonly lines: number;
  readonly digest: string;
}

async function* read(request: ReadRequest, context: SourceContext): AsyncGenerator<Page, ReadEnd, void> {
  const { name, tap } = tapOf(request, context);
  const running: TapContext = {
    name,
    tap,
    secret: context.secret,
    redact: (text) => context.http.redact(text),
    abort: context.abort,
    idleMs: context.settings.timeoutSeconds === undefined ? IDLE_MS : context.settings.timeoutSeconds * 1000,
  };
  const state = request.mode === "incremental" ? request.state : null;
  const catalog = tap.catalog === "none" ? null : await discover(running, context);
  const process = await startTap(running, {
    ...(catalog === null ? {} : { catalog: selectStream(catalog, request.resource, name) }),
    ...(state === null ? {} : { state }),
  });
  try {
    return yield* pages(request, context, name, process);
  } finally {
    await process.dispose();
  }
}

async function* pages(
  request: ReadRequest,
  context: SourceContext,
  tap: string,
  process: RunningTap,
): AsyncGenerator<Page, ReadEnd, void> {
  const stream = request.resource;
  const from = placeOf(request.resume);
  const digest = createHash("sha256");
  const seen = { schemas: new Set<string>(), others: new Map<string, number>(), rows: 0, broken: 0 };
  let [lines, number] = [0, from === null ? 1 : from.page + 1];
  let page = gather(stream, locator(tap, stream, number));
  let state: Json | undefined;
  const tooLong = () =>
    new DataFailure(
      "limit",
      `Tap ${tap} prints a line of more than ${LINE_BYTES} bytes`,
      "Select fewer columns, or another tap.",
    );
  for await (const line of linesOf(process.output, LINE_BYTES, tooLong)) {
    const message = readMessage(line);
    if (message.type === "state") state = message.value;
    if (message.type === "schema" || message.type === "activate-version") seen.schemas.add(message.stream);
    if (message.type === "record" && message.stream !== stream) {
      seen.others.set(message.stream, (seen.others.get(message.stream) ?? 0) + 1);
    }
    if (!isOurs(message, stream)) continue;
    if (message.type === "batch") throw noBatches(tap, stream);
    if (message.type === "record") seen.rows++;
    else seen.broken++;
    // A full page goes when the next line is there, so that the last one is known to be the last.
    if (page.isFull()) {
      const next: Place = { v: 1, page: number, lines, digest: hex(digest) };
      yield page.finish(null, next as unknown as Json);
      page = gather(stream, locator(tap, stream, ++number));
    }
    digest.update(line).update("\n");
    lines++;
    if (from === null || lines > from.lines) page.take(line, message);
    else if (lines === from.lines && hex(digest) !== from.digest) {
      throw anotherOutput(tap, stream, from.lines);
    }
  }
  // Before the last page: what a failed tap printed last may be half of it.
  await process.ended();
  if (from !== null && lines < from.lines) throw anotherOutput(tap, stream, from.lines);
  if (seen.rows === 0 && seen.broken > 0) {
    throw new DataFailure(
      "contract",
      `Tap ${tap} printed ${seen.broken} lines that are no Singer messages, and no record of ${stream}`,
      "Check that the command is a Singer tap.",
    );
  }
  if (seen.rows === 0 && !seen.schemas.has(stream)) {
    const others = [...new Set([...seen.schemas, ...seen.others.keys()])];
    throw new DataFailure(
      "not-found",
      `Tap ${tap} told nothing of stream ${stream}, not even its schema`,
      `It told of ${others.slice(0, 50).join(", ") || "no stream"}: set \`resource\` to one of them.`,
    );
  }
  if (seen.others.size > 0) {
    const counts = [...seen.others].slice(0, 20).map(([other, count]) => `${other}: ${count}`).join(", ");
    context.progress(`tap ${tap} also printed records of other streams, which were passed over (${counts})`);
  }
  if (!page.isEmpty()) yield page.finish(null, null);
  if (state === undefined) return { status: "complete" };
  if (JSON.stringify(state).length > STATE_BYTES) {
    throw new DataFailure(
      "limit",
      `The state of tap ${tap} is larger than ${STATE_BYTES} bytes`,
      "Read fewer of its partitions by one stream.",
    );
  }
  return { status: "complete", state };
}

const isOurs = (
  message: Message,
  stream: string,
): message is Extract<Message, { type: "record" | "broken" | "batch" }> =>
  message.type === "broken" ||
  ((message.type === "record" || message.type === "batch") && message.stream === stream);

/** One page in the making: rows, what could not be read, and the lines themselves. */
function gather(stream: string, place: string) {
  const rows: Row[] = [];
  const places: string[] = [];
  const bad: BadRow[] = [];
  const lines: Uint8Array[] = [];
  let bytes = 0;
  return {
    isFull: () => rows.length + bad.length >= PAGE_ROWS || bytes >= PAGE_BYTES,
    isEmpty: () => rows.length + bad.length === 0,
    take(line: Uint8Array, message: Message = readMessage(line)) {
      const at = `${place}#line=${lines.length + 1}`;
      lines.push(line);
      bytes += line.length + 1;
      if (message.type === "record" && message.stream === stream) {
        rows.push(message.record);
        places.push(at);
      } else if (message.type === "broken") {
        const kept = new TextDecoder().decode(line.subarray(0, 10_000));
        bad.push({ reason: message.reason, rule: "parse", locator: at, row: kept });
      }
    },
    finish(kept: RawPage | null, next: Json): Page {
      return {
        rows,
        bad,
        locate: (index) => places[index] ?? place,
        raw: kept ?? rawOf(lines, bytes, place),
        next,
      };
    },
  };
}

function rawOf(lines: readonly Uint8Array[], bytes: number, place: string): RawPage {
  const content = new Uint8Array(bytes);
  let at = 0;
  for (const line of lines) {
    content.set(line, at);
    at += line.length;
    content[at++] = 0x0a;
  }
  const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  return { locator: place, digest, bytes, mediaType: MEDIA_TYPE, content };
}

async function discover(running: TapContext, context: SourceContext): Promise<{ streams: Json[] } | null> {
  const process = await startTap(running, { discover: true });
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of process.output) {
      bytes += chunk.length;
      if (bytes > CATALOG_BYTES) {
        throw new DataFailure(
          "limit",
          `The catalog of tap ${running.name} is larger than ${CATALOG_BYTES} bytes`,
          "Set `catalog: none` for the tap in the env file.",
        );
      }
      chunks.push(chunk);
    }
    await process.ended();
    const catalog = readCatalog(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes());
    if (catalog === null) {
      context.progress(
        `tap ${running.name} answers --discover with no catalog: it reads all its streams, and the others are passed over`,
      );
    }
    return catalog;
  } finally {
    await process.dispose();
  }
}

function tapOf(request: ReadRequest, { settings }: SourceContext) {
  const parsed = Params.safeParse(request.params);
  if (!parsed.success) {
    throw new DataFailure(
      "invalid",
      `Stream ${request.stream} needs the parameter \`tap\`, and no other`,
      "Give the name of an entry of `taps` in the env file.",
    );
  }
  const name = parsed.data.tap;
  const tap = Object.hasOwn(settings.taps ?? {}, name) ? settings.taps?.[name] : undefined;
  if (tap === undefined) {
    throw new DataFailure(
      "invalid",
      `The env file has no tap ${JSON.stringify(name)}`,
      `Add it under \`taps\` of connector singer; there are ${
        Object.keys(settings.taps ?? {}).join(", ") || "none"
      }.`,
    );
  }
  return { name, tap };
}

function placeOf(resume: Json): Place | null {
  if (resume === null) return null;
  if (
    isObject(resume) && resume.v === 1 && typeof resume.lines === "number" &&
    typeof resume.digest === "string"
  ) {
    return resume as unknown as Place;
  }
  throw new DataFailure(
    "contract",
    "The kept place of this stream is not one of the singer connector",
    "Start the stream anew: `forge etl state reset`.",
  );
}

const locator = (tap: string, stream: string, page: number): string =>
  `singer:${tap}/${stream.slice(0, 500)}?page=${page}`;
const hex = (hash: Hash): string => hash.copy().digest("hex");

const noBatches = (tap: string, stream: string): DataFailure =>
  new DataFailure(
    "contract",
    `Tap ${tap} hands over ${stream} in files (BATCH), which are not read`,
    "Leave `batch_config` out of the tap's config, so that it prints records.",
  );

const anotherOutput = (tap: string, stream: string, lines: number): DataFailure =>
  new DataFailure(
    "contract",
    `Tap ${tap} was started again to go on after ${lines} lines of ${stream}, and prints other lines than before`,
    "The source has changed meanwhile: start the run of this stream anew.",
  );

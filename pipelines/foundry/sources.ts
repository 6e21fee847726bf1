import {
  DataFailure,
  type Page,
  type ReadEnd,
  type ReadRequest,
  type Source,
} from "../../connectors/data/mod.ts";
import type { Row, Stream } from "../../specs/foundry/mod.ts";
import { readBytes } from "../blob_reads.ts";
import { canReplay, REFUSED } from "./bad_rows.ts";
import type { Asked } from "./input.ts";
import type { FoundryPorts } from "./ports.ts";
import { type KeptPage, ROWS_MEDIA_TYPE } from "./raw_pages.ts";
import { isSetStep } from "./transforms.ts";
import { namedSource } from "./validate.ts";

/** The connector that a stream names. */
export async function sourceOf(ports: FoundryPorts, stream: Stream): Promise<Source> {
  const { connector } = stream.source;
  const source = await namedSource(ports.sources, connector);
  if (source !== null) return source;
  throw new DataFailure(
    "invalid",
    `There is no connector '${connector}' here`,
    `Use one of: ${Object.keys(ports.sources).join(", ")}`,
  );
}

const none = { discover: () => [], check: () => [] };

/** Kept raw pages as a source, in the order in which they were read: no request is made. */
export async function rawSource(ports: FoundryPorts, asked: Asked, stream: Stream): Promise<Source> {
  const own = await sourceOf(ports, stream);
  return {
    ...none,
    connector: own.connector,
    async *read(request, context): AsyncGenerator<Page, ReadEnd, void> {
      const loads = await ports.records.raw.list(asked.pipeline.id, stream.id);
      // What a load took the place of is no part of the table any more.
      const replaces = stream.write.disposition === "replace";
      const lastFull = loads.findLastIndex(({ mode }) =>
        mode === "full" || (replaces && mode === "incremental")
      );
      const wanted = lastFull < 0 ? loads : loads.slice(lastFull);
      const pages: KeptPage[] = [];
      for (const { inputs } of wanted) {
        const text = new TextDecoder().decode(await readBytes(ports.blobs, inputs));
        for (const line of text.split("\n")) if (line !== "") pages.push(JSON.parse(line) as KeptPage);
      }
      const kept = pages.filter((page) => page.kept);
      if (kept.length < pages.length || pages.length === 0) {
        // Local files and published tables are not copied; they are read again where they lie.
        if (own.connector === "file" || own.connector === "excel" || own.connector === "sql") {
          return yield* own.read({ ...request, state: null }, context);
        }
        if (pages.length === 0) {
          return { status: "skipped", reason: "no raw pages are kept of this stream yet" };
        }
        return {
          status: "incomplete",
          reason: `${
            pages.length - kept.length
          } of ${pages.length} raw pages were not kept; set keepRaw: true`,
        };
      }
      const from = typeof request.resume === "number" ? request.resume : 0;
      for (let at = from; at < kept.length; at++) {
        const page = await reread(ports, own, kept[at] as KeptPage, request);
        yield { ...page, next: at + 1 < kept.length ? at + 1 : null };
      }
      return { status: "complete" };
    },
  };
}

async function reread(ports: FoundryPorts, own: Source, kept: KeptPage, request: ReadRequest): Promise<Page> {
  const content = await readBytes(ports.blobs, kept.digest);
  if (kept.mediaType !== ROWS_MEDIA_TYPE) {
    if (own.reread === undefined) {
      throw new DataFailure(
        "invalid",
        `The connector ${own.connector} cannot read its raw pages again`,
        "Run with --mode full instead",
      );
    }
    const page = await own.reread({ ...kept, content }, request);
    // The page is kept already; its bytes are not counted as new ones.
    return { ...page, raw: null };
  }
  const lines = new TextDecoder().decode(content).split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line) as [string, Row]
  );
  return {
    rows: lines.map(([, row]) => row),
    locate: (at) => lines[at]?.[0] ?? kept.locator,
    raw: null,
    next: null,
    treated: kept.treated ?? true,
  };
}

const REPLAY_ROWS = 1_000;

/** Rows that were set aside, as a source: `etl replay` takes them in again after a fix. */
export function quarantineSource(ports: FoundryPorts, asked: Asked, stream: Stream): Source {
  const hasSetSteps = stream.transforms.some(isSetStep);
  return {
    ...none,
    connector: stream.source.connector,
    async *read(request): AsyncGenerator<Page, ReadEnd, void> {
      let after = typeof request.resume === "string" ? request.resume : "";
      for (;;) {
        const found = await ports.records.quarantine.list({
          pipeline: asked.pipeline.id,
          stream: stream.id,
          limit: REPLAY_ROWS,
          after,
          replayed: false,
        });
        const last = found.at(-1);
        if (last === undefined) return { status: "complete" };
        after = last.key;
        const rows = found.filter((held) => canReplay(held, hasSetSteps));
        const whole = found.length < REPLAY_ROWS;
        const places = rows.flatMap(({ rule }, at) => rule === REFUSED ? [at] : []);
        yield {
          rows: rows.map(({ row }) => row as Row),
          ...(places.length === 0 ? {} : { transformed: new Set(places) }),
          locate: (at) => rows[at]?.locator ?? stream.id,
          raw: null,
          next: whole ? null : after,
          treated: true,
        };
        if (whole) return { status: "complete" };
      }
    },
  };
}

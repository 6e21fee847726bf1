/** What a source works through: a client and files that hold to the bounds of its stream and of its run. */
import { join } from "node:path";
import { DataFailure, type HttpClient, type SourceContext } from "../../connectors/data/mod.ts";
import type { Stream } from "../../specs/foundry/mod.ts";
import type { Asked } from "./input.ts";
import type { Unit } from "./plan.ts";
import type { Reading } from "./reading.ts";
import { addCredential, hiddenWords } from "./credentials.ts";

/** Throws before a page is taken that the stream's limits do not allow any more. */
export function checkLimits(
  { id, limits }: Pick<Stream, "id" | "limits">,
  own: { pages: number; rows: number; bytes: number; ms: number },
  pages: number,
): void {
  const passed = (["pages", "rows", "bytes"] as const).find((unit) =>
    limits[unit] !== undefined && own[unit] >= limits[unit]
  );
  const unit = passed ?? (limits.seconds !== undefined && own.ms / 1000 > limits.seconds ? "seconds" : null);
  if (unit === null) return;
  throw new DataFailure(
    "limit",
    `${id} has reached its limit of ${limits[unit]} ${unit} after ${pages} pages`,
    `Raise limits.${unit}; the next run goes on from the last page`,
  );
}

export function limitedClient(
  reading: Reading,
  unit: Unit,
  stream: Stream,
  settings: SourceContext["settings"],
  /** Requests of earlier attempts of this run. */
  made: number,
): HttpClient {
  const { ports, asked } = reading;
  const client = ports.client({
    connector: stream.source.connector,
    settings,
    network: networkOf(asked, settings),
    maxWaitMs: asked.pipeline.budget.waitSeconds * 1000,
    abort: reading.abort,
    secret: (reference) => secretOf(reading, reference),
    onSecret: (value) => addCredential(reading.secrets, value),
    vault: ports.vault(asked.pipeline.id, stream.source.connector),
    progress: (message) => reading.progress(`${unit.id}: ${hiddenWords(message, reading.secrets)}`),
    ...(Object.keys(stream.pii).length === 0 ? {} : { quotes: false }),
  });
  const most = stream.limits.requests;
  const check = () => {
    if (most !== undefined && made + client.used.made >= most) {
      throw new DataFailure(
        "limit",
        `${stream.id} has reached its limit of ${most} requests`,
        "Raise limits.requests; the next run goes on from the last page",
      );
    }
    reading.spend({ requests: 1, bytes: 0 });
  };
  const limited = (inner: HttpClient): HttpClient => ({
    as: (dialect) => limited(inner.as(dialect)),
    redact: (text) => inner.redact(text),
    request(request) {
      check();
      return inner.request(request);
    },
    stream(request) {
      check();
      return inner.stream(request);
    },
    get used() {
      return inner.used;
    },
  });
  return limited(client);
}

/** Whoever sends a pipeline by a request may not name private addresses: only the base URLs of the env file may be some. */
function networkOf({ environment: { network }, input }: Asked, settings: SourceContext["settings"]) {
  return input.confined === undefined || settings.baseUrl !== undefined
    ? network
    : { ...network, allowPrivate: false };
}

export function contextOf(
  reading: Reading,
  unit: Unit,
  stream: Stream,
  dir: string,
  http: HttpClient,
  settings: SourceContext["settings"],
): SourceContext {
  const { ports, asked } = reading;
  return {
    settings,
    http,
    files: ports.files(asked.input.folder, join(dir, "scratch"), asked.input.confined),
    clock: ports.clock,
    abort: reading.abort,
    secret: (reference) => secretOf(reading, reference),
    query: (sink, request) => reading.query(sink, request),
    progress: (message) => reading.progress(`${unit.id}: ${hiddenWords(message, reading.secrets)}`),
    vault: ports.vault(asked.pipeline.id, stream.source.connector),
  };
}

function secretOf(reading: Reading, reference: string): string {
  const value = reading.ports.secret(reference);
  addCredential(reading.secrets, value);
  return value;
}

import { createHash } from "node:crypto";
import { isAbsolute, join, resolve } from "node:path";
import {
  csvSink,
  DataFailure,
  type FileAccess,
  fileAccess,
  httpClient,
  type HttpPool,
  httpPool,
  httpSink,
  jsonlSink,
  parquetSink,
  postgresSink,
  rowFunction,
  s3Sink,
  type Sink,
  sources,
  sqliteSink,
  storeTurns,
} from "../connectors/data/mod.ts";
import type { Blobs, Clock, Store } from "../kernel/mod.ts";
import type { FoundryPorts } from "../pipelines/foundry/mod.ts";
import type { Environment, SinkSettings } from "../specs/foundry/mod.ts";
import { foundryRecords } from "./foundry_records.ts";
import { spillingTally } from "./foundry_tally.ts";
import { privateDirectory } from "./key_directory.ts";
import { packLibrary } from "./pack_library.ts";
import { personalKey } from "./privacy/personal_key.ts";
import { privateQuarantine } from "./privacy/quarantine.ts";

/** Wires the foundry's ports to the adapters of this machine. */
export function foundryPorts(
  given:
    & { data: string; store: Store; blobs: Blobs; clock: Clock }
    & Pick<FoundryPorts, "attestor" | "evidence" | "installation" | "personal" | "principals" | "waivers">,
): FoundryPorts & { close(): void } {
  const { data, clock, store } = given;
  const records = foundryRecords(data);
  let pool: HttpPool | null = null;
  const connections = () => pool ??= httpPool({ clock, turns: storeTurns(store) });
  const secret = (reference: string): string => {
    const name = reference.replace(/^env:/, "");
    const value = Deno.env.get(name);
    if (value !== undefined && value !== "") return value;
    throw new DataFailure(
      "auth",
      `The environment variable ${name} is not set`,
      `Set ${name} where the pipeline runs`,
    );
  };
  return {
    blobs: given.blobs,
    clock,
    evidence: given.evidence,
    ...(given.attestor === undefined ? {} : { attestor: given.attestor }),
    ...(given.personal === undefined ? {} : { personal: given.personal }),
    installation: given.installation,
    ...(given.principals === undefined ? {} : { principals: given.principals }),
    ...(given.waivers === undefined ? {} : { waivers: given.waivers }),
    packs: packLibrary(data),
    sources,
    sink: (settings, folder, network = { allowPrivate: false }) =>
      sinkOf(settings, folder, { data, connections, network, secret }),
    client: (request) =>
      httpClient(connections(), {
        connector: request.connector,
        settings: request.settings,
        network: request.network,
        secret: request.secret,
        ...(request.onSecret === undefined ? {} : { onSecret: request.onSecret }),
        ...(request.quotes === undefined ? {} : { quotes: request.quotes }),
        vault: request.vault,
        abort: request.abort,
        waitBudgetMs: request.maxWaitMs,
        progress: request.progress,
      }),
    files: (folder, scratch, confined) =>
      confined === undefined
        ? fileAccess({ base: folder, scratch })
        : confined.root === null
        ? noFiles(fileAccess({ base: folder, scratch }))
        : fileAccess({ base: folder, scratch, root: confined.root }),
    secret,
    // One for all pipelines: a refresh token that rotated is gone for everybody who still has the old one.
    vault: (_pipeline, connector) => fileVault(join(data, "foundry", "vault"), connector),
    records: { ...records, quarantine: privateQuarantine(records.quarantine, given.personal) },
    personalKey: () => personalKey(data),
    room: (run) => join(data, "foundry", "runs", run),
    pool: () => join(data, "foundry", "unfinished"),
    tally: spillingTally,
    functions: rowFunction,
    close() {
      records.close();
      pool?.close();
      pool = null;
    },
  };
}

/** For pipelines that came by a request where the server gives them no root. */
function noFiles(access: FileAccess): FileAccess {
  const refuse = () =>
    Promise.reject(
      new DataFailure(
        "refused",
        "This server opens no files for pipelines that are sent to it",
        "Whoever runs the server can name a folder for them: forge serve --pipelines DIR",
      ),
    );
  return { file: refuse, glob: refuse, scratch: (name) => access.scratch(name) };
}

/** What sinks beyond this machine work through. */
interface SinkReach {
  readonly data: string;
  readonly connections: () => HttpPool;
  readonly network: Environment["network"];
  readonly secret: (reference: string) => string;
}

function sinkOf(settings: SinkSettings, folder: string, reach: SinkReach): Sink {
  const at = (path: string) => isAbsolute(path) ? path : resolve(folder, path);
  switch (settings.type) {
    case "sqlite":
      return sqliteSink(at(settings.path));
    case "jsonl":
      return jsonlSink(at(settings.path));
    case "csv":
      return csvSink(
        at(settings.path),
        settings.delimiter === undefined ? {} : { delimiter: settings.delimiter },
      );
    case "parquet":
      return parquetSink(
        at(settings.path),
        settings.rowGroup === undefined ? {} : { rowGroup: settings.rowGroup },
      );
    case "s3":
      return s3Sink(settings, {
        pool: reach.connections(),
        network: reach.network,
        secret: reach.secret,
        scratch: join(reach.data, "foundry", "scratch"),
      });
    case "postgres":
      return postgresSink(settings, { secret: reach.secret, network: reach.network, folder });
    case "http":
      return httpSink(settings, {
        pool: reach.connections(),
        network: reach.network,
        secret: reach.secret,
        vault: fileVault(join(reach.data, "foundry", "vault"), "http-sink"),
        state: settings.state === undefined ? endpointState(reach.data, settings) : at(settings.state),
        scratch: join(reach.data, "foundry", "scratch"),
      });
  }
}

/** One file for what is sent to one URL with one credential. */
function endpointState(data: string, { url, auth }: Extract<SinkSettings, { type: "http" }>): string {
  const name = createHash("sha256").update(JSON.stringify([url, auth ?? null])).digest("hex").slice(0, 32);
  return join(data, "foundry", "endpoints", `${name}.db`);
}

/** Values that outlive a run, one file a name, readable by the owner alone. */
function fileVault(dir: string, connector: string): ReturnType<FoundryPorts["vault"]> {
  const place = (name: string) => join(dir, encodeURIComponent(`${connector} ${name}`));
  return {
    async get(name) {
      try {
        return await Deno.readTextFile(place(name));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
    },
    async put(name, value) {
      await privateDirectory(dir);
      const path = place(name);
      await Deno.writeTextFile(`${path}.part`, value, { mode: 0o600 });
      await Deno.rename(`${path}.part`, path);
    },
  };
}

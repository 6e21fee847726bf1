/** Chains in a room: their files beside one another, loads of a CSV that take a tenth of a second. */
import { join } from "node:path";
import type { ChainDocument } from "../../specs/mod.ts";
import { readChain } from "../../specs/code/mod.ts";
import { filePlace } from "../chains/mod.ts";
import type { Service } from "../service.ts";
import type { Room } from "./samples.ts";
import { ACTOR } from "./scripted.ts";

/** A pipeline of one stream that loads `NAME.csv` into the table NAME. */
export const loadOf = (name: string, more = "", stream = "") =>
  `id: ${name}\n${more}streams:\n  - id: ${name}\n    source: { connector: file, resource: csv, params: { path: "${name}.csv" } }\n` +
  `    primaryKey: [id]\n    write: { disposition: merge, table: ${name} }\n${stream}`;

/** A pipeline that counts the rows of a table into another one. */
export const countOf = (name: string, table: string, params = "", select = "") =>
  `id: ${name}\n${params}streams:\n  - id: ${name}\n    source: { connector: sql, resource: warehouse, params: { query: "SELECT 1 AS id, ${select}count(*) AS n FROM ${table}" } }\n` +
  `    primaryKey: [id]\n    write: { disposition: merge, table: ${name} }\n`;

export interface ChainRoom {
  /** Writes a file beside the chain. */
  write(name: string, text: string): Promise<string>;
  /** Begins a chain and waits until it stands still. */
  run(service: Service, chain: string, more?: Begun): Promise<ChainDocument>;
  /** Begins it only. */
  begin(service: Service, chain: string, more?: Begun): Promise<string>;
}

interface Begun {
  readonly repo?: string;
  readonly id?: string;
}

export async function chainRoom(at: Room): Promise<ChainRoom> {
  const dir = join(at.dir, "chain");
  await Deno.mkdir(dir, { recursive: true });
  const room: ChainRoom = {
    async write(name, text) {
      const path = join(dir, name);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, text);
      return path;
    },
    async begin(service, text, { repo, id } = {}) {
      const read = await readChain(text);
      if (!read.ok) throw new Error(JSON.stringify(read.error));
      const begun = await service.chains?.run({
        chain: read.value,
        place: filePlace(join(dir, "chain.yaml")),
        repo,
        id,
      }, ACTOR);
      if (!begun?.ok) throw new Error(JSON.stringify(begun?.error));
      return begun.value.run;
    },
    async run(service, text, more) {
      const run = await room.begin(service, text, more);
      await service.settled(run);
      const document = await service.chains?.show(run);
      if (!document) throw new Error(`${run} is gone`);
      return document;
    },
  };
  return room;
}

export const statuses = ({ stages }: Pick<ChainDocument, "stages">): Record<string, string> =>
  Object.fromEntries(stages.map(({ id, status }) => [id, status]));

/** The stage of a document. */
export function stageIn(
  { stages }: Pick<ChainDocument, "stages">,
  id: string,
): ChainDocument["stages"][number] {
  const found = stages.find((stage) => stage.id === id);
  if (found === undefined) throw new Error(`There is no stage ${id}`);
  return found;
}

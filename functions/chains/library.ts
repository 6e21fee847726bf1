/** Chains by their names: of the installation (`chains/` of the data directory), and of a repository at the base commit. */
import { join } from "node:path";
import type { FactoryPorts } from "../../pipelines/factory/mod.ts";
import { type Chain, err, ok, type Problem, type Result } from "../../specs/mod.ts";
import { readChain } from "../../specs/code/mod.ts";
import { CHAIN_FOLDER, type ChainPlace, filePlace, repositoryPlace } from "./place.ts";

export interface FoundChain {
  readonly chain: Chain;
  readonly place: ChainPlace;
  /** Its place is gone afterwards. */
  close(): Promise<void>;
}

/** A chain that a spec may name. */
export interface KnownChain {
  readonly name: string;
  readonly from: "installation" | "repository";
  readonly stages: number;
  readonly description: string;
  /** Why it cannot be used; null when it can be read. */
  readonly problem: string | null;
}

/** What a name is looked for in beside the installation. */
export interface ChainSource {
  readonly repo: string;
  readonly base?: string | undefined;
}

export interface ChainLibrary {
  names(source: ChainSource | null): Promise<string[]>;
  list(source: ChainSource | null): Promise<KnownChain[]>;
  /** The installation's own goes before the repository's. Null: there is none of this name. */
  find(name: string, source: ChainSource | null): Promise<Result<FoundChain, Problem> | null>;
}

const NAME = /^([a-z][a-z0-9-]{0,62})\.(ya?ml|json)$/;
const MAX_BYTES = 1024 * 1024;
const MOST = 500;

/** Files of the installation by the chain's name. */
export async function installedChains(data: string): Promise<Map<string, string>> {
  const own = join(data, "chains");
  const found = new Map<string, string>();
  try {
    for await (const { name, isDirectory } of Deno.readDir(own)) {
      const match = isDirectory ? null : NAME.exec(name);
      if (match?.[1] !== undefined && found.size < MOST) found.set(match[1], join(own, name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

export function chainLibrary(
  data: string,
  ports: Pick<FactoryPorts, "workspaces" | "scratch" | "discard">,
): ChainLibrary {
  /** Files of a repository's base by the chain's name; none where it cannot be opened: that is told where it is worked on. */
  async function carried(source: ChainSource | null): Promise<Carried | null> {
    if (source === null) return null;
    const repository = await ports.workspaces.open(source.repo, source.base);
    if (!repository.ok) return null;
    const scratch = ports.scratch("accept", crypto.randomUUID());
    const clone = await ports.workspaces.create(repository.value, scratch);
    if (!clone.ok) return null;
    const { value } = clone;
    const files = new Map<string, string>();
    for (const path of await value.list("base")) {
      const own = path.startsWith(`${CHAIN_FOLDER}/`) ? path.slice(CHAIN_FOLDER.length + 1) : "";
      const match = NAME.exec(own);
      if (match?.[1] !== undefined && files.size < MOST) files.set(match[1], own);
    }
    return {
      files,
      async read(path) {
        const bytes = await value.read(path, "base");
        return bytes !== null && bytes.length > MAX_BYTES ? null : bytes;
      },
      async close() {
        await value.dispose();
        await ports.discard(scratch);
      },
    };
  }

  /** Names of both, with what was opened to know them closed again. */
  async function named(source: ChainSource | null): Promise<[string, KnownChain["from"]][]> {
    const here = await installedChains(data);
    const there = await carried(source);
    await there?.close();
    const all = new Map<string, KnownChain["from"]>();
    for (const name of there?.files.keys() ?? []) all.set(name, "repository");
    for (const name of here.keys()) all.set(name, "installation");
    return [...all].sort(([a], [b]) => a < b ? -1 : 1);
  }

  const parsed = async (
    name: string,
    path: string,
    place: ChainPlace,
    close: () => Promise<void>,
  ): Promise<Result<FoundChain, Problem>> => {
    const text = await place.read(path, "chain");
    if (!text.ok) return text;
    const read = await readChain(text.value.text);
    const problem = (message: string): Result<never, Problem> =>
      err({
        code: "invalid-chain",
        value: name,
        message: `Cannot use the chain '${name}' of the ${place.from}: ${message}`,
        remedy: "See: forge chain validate FILE",
        ...(read.ok ? {} : { causes: read.error }),
      });
    if (!read.ok) return problem(read.error.map(({ message }) => message).join("; ").slice(0, 2000));
    return read.value.name === name
      ? ok({ chain: read.value, place, close })
      : problem(`it calls itself '${read.value.name}', and its file ${name}`);
  };

  const library: ChainLibrary = {
    names: async (source) => (await named(source)).map(([name]) => name),
    async list(source) {
      const known: KnownChain[] = [];
      for (const [name, from] of await named(source)) {
        const found = await library.find(name, source);
        if (found?.ok) await found.value.close();
        known.push({
          name,
          from,
          stages: found?.ok ? found.value.chain.stages.length : 0,
          description: found?.ok ? found.value.chain.description ?? "" : "",
          problem: found === null ? "it is gone" : found.ok ? null : found.error.message,
        });
      }
      return known;
    },
    async find(name, source) {
      const file = (await installedChains(data)).get(name);
      if (file !== undefined) {
        return await parsed(name, file, filePlace(file, "installation"), () => Promise.resolve());
      }
      const there = await carried(source);
      const path = there?.files.get(name);
      if (there === null || path === undefined) {
        await there?.close();
        return null;
      }
      const found = await parsed(name, path, repositoryPlace(there.read), there.close);
      if (!found.ok) await there.close();
      return found;
    },
  };
  return library;
}

/** What a repository's base holds, for as long as it is open. */
interface Carried {
  readonly files: ReadonlyMap<string, string>;
  read(path: string): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

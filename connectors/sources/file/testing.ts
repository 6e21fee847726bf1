/** A folder with files, and a source context over it, for tests of what reads files. */
import { fileAccess } from "../../data/files.ts";
import type { BadRow, ReadEnd, ReadRequest, Source, SourceContext } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";

/** What a read gave, all pages together. */
export interface Collected {
  readonly rows: Row[];
  readonly bad: BadRow[];
  /** Locator of each row. */
  readonly places: string[];
  readonly pages: number;
  readonly nexts: Json[];
  readonly origins: (string | undefined)[];
  readonly raw: { locator: string; digest: string; bytes: number }[];
  readonly end: ReadEnd;
}

export interface Folder {
  readonly dir: string;
  readonly context: SourceContext;
  readonly progress: string[];
  /** What the vault holds. */
  readonly vault: Map<string, string>;
  write(name: string, content: string | Uint8Array): Promise<void>;
  collect(
    source: Source,
    resource: string,
    params: Record<string, Json>,
    more?: Partial<ReadRequest> & { pages?: number; drop?: boolean },
  ): Promise<Collected>;
}

/** Runs a test over an empty folder and removes it. */
export async function withFolder(test: (folder: Folder) => Promise<void>, root = false): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "files-" });
  const progress: string[] = [];
  const vault = new Map<string, string>();
  const never = () => {
    throw new Error("Cannot reach the network: these tests have none");
  };
  const context: SourceContext = {
    settings: {},
    http: {
      as: never,
      redact: (text) => text,
      request: never,
      stream: never,
      used: { made: 0, retried: 0, waitedMs: 0, bytes: 0 },
    },
    files: fileAccess({ base: dir, scratch: `${dir}/.scratch`, ...(root ? { root: dir } : {}) }),
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    abort: new AbortController().signal,
    secret: never,
    progress: (message) => void progress.push(message),
    vault: {
      get: (name) => Promise.resolve(vault.get(name) ?? null),
      put: (name, value) => Promise.resolve(void vault.set(name, value)),
    },
  };
  const folder: Folder = {
    dir,
    context,
    progress,
    vault,
    async write(name, content) {
      const path = `${dir}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(path, content);
      else await Deno.writeFile(path, content);
    },
    async collect(source, resource, params, more = {}) {
      const { pages: most = Infinity, drop = false, ...rest } = more;
      const request: ReadRequest = {
        stream: "rows",
        resource,
        params: { settleMs: 0, ...params },
        mode: "incremental",
        cursor: null,
        window: { from: null, to: null },
        resume: null,
        state: null,
        ...rest,
      };
      const all: Omit<Collected, "end" | "pages"> = {
        rows: [],
        bad: [],
        places: [],
        nexts: [],
        origins: [],
        raw: [],
      };
      const reading = source.read(request, context);
      for (let pages = 0;; pages++) {
        const step = pages < most ? await reading.next() : await reading.return({ status: "incomplete" });
        if (step.done === true) return { ...all, pages, end: step.value };
        const page = step.value;
        if (drop) continue;
        for (const [index, row] of page.rows.entries()) {
          all.rows.push(row);
          all.places.push(page.locate(index));
        }
        all.bad.push(...(page.bad ?? []));
        all.nexts.push(page.next);
        all.origins.push(page.origin);
        if (page.raw !== null) all.raw.push(page.raw);
      }
    },
  };
  try {
    await test(folder);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A folder with pipelines and their files, and a command line over it that runs in this process. */
import { join } from "node:path";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";

export interface EtlRoom {
  readonly dir: string;
  write(name: string, text: string): Promise<void>;
  /** Runs `forge ARGS` over a data directory beside the files. */
  forge(
    ...args: string[]
  ): Promise<{ exit: number; out: string; err: string; json: () => Record<string, unknown> }>;
}

/** Where rows go in most of these tests. */
export const WAREHOUSE = "sinks: { warehouse: { type: sqlite, path: warehouse.db } }\n";

export async function inEtlRoom(
  files: Readonly<Record<string, string>>,
  use: (room: EtlRoom) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "etl-" });
  const write = (name: string, text: string) => Deno.writeTextFile(join(dir, name), text);
  try {
    for (const [name, text] of Object.entries(files)) await write(name, text);
    await use({
      dir,
      write,
      async forge(...args) {
        const io = recorder(dir, { env: (name) => name === "USER" ? "tester" : undefined, columns: 100 });
        const exit = await dispatch([...args, "--data", join(dir, "data")], io);
        return { exit, out: io.stdout, err: io.stderr, json: () => JSON.parse(io.stdout) };
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

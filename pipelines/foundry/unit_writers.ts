/** The files of one load's staging, which are marked together. */
import { join } from "node:path";
import type { LinesAhead } from "../../connectors/data/mod.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type LineWriter, lineWriter } from "./staging.ts";

export interface UnitWriters {
  readonly good: LineWriter;
  /** Rows before steps over the set. */
  readonly extracted: LineWriter;
  readonly bad: LineWriter;
  readonly inputs: LineWriter;
  /** Has the rows followed while they are written; not those that were written before. */
  follow(ahead: LinesAhead): void;
  /** All rows are written and marked. */
  ended(): void;
  /** Writes down in the checkpoint how far each of them is. */
  mark(checkpoint: Checkpoint, sync: boolean): void;
  close(): Promise<void>;
}

/** Null when what is staged is not what was marked. */
export async function unitWriters(dir: string, checkpoint: Checkpoint): Promise<UnitWriters | null> {
  const made: LineWriter[] = [];
  let ahead: LinesAhead | null = null;
  const close = async () => {
    ahead?.dropped();
    ahead = null;
    await Promise.all(made.map((one) => one.close()));
  };
  const grown = (path: string, bytes: number) => ahead?.grown(path, bytes);
  const open = async (
    stem: string,
    marks: Checkpoint["segments"],
    told?: typeof grown,
  ): Promise<LineWriter | null> => {
    const writer = await lineWriter(dir, stem, marks, told);
    if (writer !== null) made.push(writer);
    return writer;
  };
  const good = await open("rows", checkpoint.segments, grown);
  const extracted = await open("extracted", checkpoint.extracted);
  const bad = await open("quarantine", checkpoint.quarantine);
  const inputs = await open("inputs", checkpoint.inputs);
  if (good === null || extracted === null || bad === null || inputs === null) {
    await close();
    return null;
  }
  return {
    good,
    extracted,
    bad,
    inputs,
    follow(one) {
      ahead = one;
    },
    ended() {
      ahead?.ended(good.mark(false).map(({ name, ...segment }) => ({ ...segment, path: join(dir, name) })));
      ahead = null;
    },
    mark(into, sync) {
      into.segments = good.mark(sync);
      into.extracted = extracted.mark(sync);
      into.quarantine = bad.mark(sync);
      into.inputs = inputs.mark(sync);
    },
    close,
  };
}

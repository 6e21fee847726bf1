/**
 * Segments that this very process has staged, as they lay there when their digests were told. Who publishes one that nobody has touched
 * since need not read it again; one that another process has staged, or that was touched, is read and held against its digest.
 */
import type { LinesAhead, Segment } from "../data/sink_port.ts";
import { stateOf } from "./files_disk.ts";

/** Of segments that are never published the oldest go. */
const MOST = 4096;

const staged = new Map<string, { readonly digest: string; readonly state: string }>();

/** Remembers the segments of a load when they are whole. */
export function rememberStaged(): LinesAhead {
  return {
    grown() {},
    ended(segments) {
      for (const { path, digest } of segments) {
        staged.delete(path);
        staged.set(path, { digest, state: stateOf(Deno.statSync(path)) });
      }
      for (const path of staged.keys()) {
        if (staged.size <= MOST) break;
        staged.delete(path);
      }
    },
    dropped() {},
  };
}

/** Whether a segment is what it was when this process had written and hashed it. It is asked once. */
export async function isAsStaged({ path, digest, bytes }: Segment): Promise<boolean> {
  const known = staged.get(path);
  staged.delete(path);
  if (known === undefined || known.digest !== digest) return false;
  const now = await Deno.stat(path).catch(() => null);
  return now !== null && now.size === bytes && stateOf(now) === known.state;
}

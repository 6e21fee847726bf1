/** What lies in a directory, with what the kernel says of each entry: to tell later whether anything was touched. */
import { splitNul } from "./path_text.ts";

/**
 * Everything of an entry that changes when somebody writes to it, replaces it, or gives it other rights or attributes. The time of
 * its last status change is among it, which no program can set.
 */
export type Stamp = string;

export interface Entry {
  directory: boolean;
  /** What stays when only the entries of a directory change; of anything else as `stamp`. */
  identity: Stamp;
  stamp: Stamp;
}

/** By path, one character a byte, as names need not be text. */
export type Scan = Map<string, Entry>;

/** Type, inode, mode, owner, links, size, and times to the nanosecond. */
const FORMAT = "%y %i %D %m %U %G\\t%n %s %T@ %C@\\t%P\\0";

/** All entries below `dir`, and `dir` itself under the empty path; null where this machine cannot tell (no `find` of GNU). */
export async function scan(dir: string): Promise<Scan | null> {
  const done = await new Deno.Command("find", {
    args: [".", "-printf", FORMAT],
    cwd: dir,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LC_ALL: "C" },
    clearEnv: true,
    stdin: "null",
    stderr: "piped",
    // An interrupt at the terminal is not for it.
    detached: Deno.build.os !== "windows",
  }).output().catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  // Also when there is a directory that cannot be entered.
  if (done === null || !done.success) return null;
  const found: Scan = new Map();
  for (const record of splitNul(done.stdout)) {
    const line = bytesAsText(record);
    const first = line.indexOf("\t");
    const second = line.indexOf("\t", first + 1);
    const directory = line.startsWith("d ");
    const identity = line.slice(0, first);
    const stamp = line.slice(0, second);
    found.set(line.slice(second + 1), { directory, identity: directory ? identity : stamp, stamp });
  }
  return found;
}

/** The latest status change of a scan, in nanoseconds. */
export function latestChange(entries: Scan): bigint {
  let latest = 0n;
  for (const { stamp } of entries.values()) {
    const at = changedAt(stamp);
    if (at > latest) latest = at;
  }
  return latest;
}

/** When an entry's status changed last, in nanoseconds. */
function changedAt(stamp: Stamp): bigint {
  const [seconds = "0", fraction = ""] = stamp.slice(stamp.lastIndexOf(" ") + 1).split(".");
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

/** One character a byte. (A decoder called latin1 is one of windows-1252, which is not that.) */
function bytesAsText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

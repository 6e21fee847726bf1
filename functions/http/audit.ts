/** Who was refused and who changed something: one line of JSON each, which nothing from outside can break or fill. */
import { RunId } from "../../specs/mod.ts";
import type { Caller } from "./door.ts";

export interface AuditEntry {
  caller: Caller | null;
  method: string;
  path: string;
  status: number;
}

export type Audit = (entry: AuditEntry) => void;

const REFUSALS = new Set([401, 403, 421, 429]);
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Beyond this many lines a second they are counted, not written: a flood must not fill the disk. */
const LINES_PER_SECOND = 50;

/** Writes what is a refusal or a change, and lets everything else pass. */
export function audit(write: (line: string) => void, now: () => number): Audit {
  let second = 0;
  let lines = 0;
  let dropped = 0;
  return ({ caller, method, path, status }) => {
    const refused = REFUSALS.has(status);
    if (!refused && (method !== "POST" || status >= 400)) return;
    const at = now();
    if (Math.floor(at / 1000) !== second) {
      second = Math.floor(at / 1000);
      lines = 0;
    }
    lines += 1;
    if (lines > LINES_PER_SECOND) {
      dropped += 1;
      return;
    }
    write(JSON.stringify({
      at: new Date(at).toISOString(),
      log: "access",
      decision: refused ? "refused" : "allowed",
      actor: caller?.principal.name ?? null,
      key: caller?.principal.key ?? null,
      method: METHODS.has(method) ? method : "other",
      object: objectOf(path),
      status,
      ...(dropped > 0 ? { dropped } : {}),
    }));
    dropped = 0;
  };
}

/** The path with nothing in it that a stranger could have made up: known words and ids, `?` for the rest. */
function objectOf(path: string): string {
  return path.split("/").slice(0, 8).map((part) => {
    if (RunId.safeParse(part).success || /^ev_[0-9a-z]{1,40}$/.test(part)) return part;
    return /^[a-z0-9.-]{0,20}$/.test(part) ? part : "?";
  }).join("/");
}

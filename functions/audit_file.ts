import { join } from "node:path";

export interface AuditLine {
  action: string;
  /** Who did it. */
  actor: string;
  /** What it was done to. */
  object: string;
  detail: Record<string, unknown>;
}

/**
 * `audit.jsonl` of the data directory (0600): what is done to an installation by hand and stands in no run's ledger, one line of JSON
 * each. Lines are appended in one write, so that two processes do not mix theirs.
 */
export function auditFile(data: string): { append(line: AuditLine): Promise<void> } {
  return {
    async append(line) {
      const text = JSON.stringify({
        at: new Date().toISOString(),
        log: "audit",
        decision: "allowed",
        ...line,
      });
      await Deno.writeTextFile(join(data, "audit.jsonl"), `${text}\n`, {
        append: true,
        create: true,
        mode: 0o600,
      });
    },
  };
}

import type { PipelineDocument } from "../../specs/foundry/mod.ts";
import { oneLine } from "./paint.ts";

/** A data run for people: what became of each stream, what the rules said, and what to do next. */
export function pipelineText(document: PipelineDocument): string {
  const lines = [`${document.status.toUpperCase()}  ${document.run}  ${document.pipeline}  ${document.mode}`];
  const width = Math.max(0, ...document.streams.map(({ stream }) => stream.length));
  for (const one of document.streams) {
    const cursor = one.cursor.after === null ? "" : `  cursor ${oneLine(String(one.cursor.after))}`;
    const added = one.produced === 0 ? "" : ` + ${one.produced} added`;
    const left = one.filtered === 0 ? "" : `, left out ${one.filtered}`;
    lines.push(
      `  ${
        one.stream.padEnd(width)
      }  ${one.status}  read ${one.read}${added}, accepted ${one.accepted}, quarantined ${one.quarantined}${left}, written ${one.written}, deduped ${one.deduped}${
        one.dead === undefined ? "" : `, refused ${one.dead}`
      }${one.late === 0 ? "" : `, late ${one.late}`}${cursor}`,
    );
    if (one.handshake?.holds === false) {
      const { came, accounted, stored } = one.handshake;
      lines.push(
        `      THE COUNTS DO NOT MEET: ${came} rows came, ${accounted} are accounted for, ${one.accepted} were accepted, ${
          stored ?? 0
        } are stored`,
      );
    }
    if (one.skipped !== undefined) lines.push(`      skipped: ${one.skipped.unchanged} unchanged`);
    if (one.reason !== undefined) lines.push(`      ${oneLine(one.reason, 500)}`);
  }
  for (const rule of document.quality) {
    // Of a pack that fits any stream most rules may be about another one: those are in the document.
    if (rule.verdict === "pass" || (rule.verdict === "not_applicable" && rule.pack !== undefined)) continue;
    const said = rule.verdict === "fail"
      ? `${rule.failed} of ${rule.checked} failed`
      : rule.verdict === "not_applicable"
      ? "not applicable"
      : "not judged";
    lines.push(
      `  ${rule.verdict === "not_applicable" ? "note" : rule.severity} ${rule.stream} ${
        oneLine(rule.rule)
      }: ${said}  ${oneLine(rule.detail, 300)}`,
    );
  }
  for (const denial of document.denials) {
    lines.push(`  ${denial.layer} ${denial.rule} (${denial.gate})`);
    lines.push(`      ${oneLine(denial.message, 500)}`);
    if (denial.remediation) lines.push(`      do: ${oneLine(denial.remediation, 500)}`);
  }
  if (document.failure) {
    lines.push(
      `  ${document.failure.class} (${document.failure.source}): ${oneLine(document.failure.message, 1000)}`,
    );
    if (typeof document.failure.remedy === "string") {
      lines.push(`      do: ${oneLine(document.failure.remedy, 1000)}`);
    }
  }
  if (document.streams.some(({ quarantined }) => quarantined > 0)) {
    lines.push(`  set aside: forge etl quarantine list --run ${document.run}`);
  }
  for (const note of document.notes) lines.push(`  note: ${oneLine(note, 1000)}`);
  if (document.evidence) lines.push(`  evidence ${document.evidence.path}`);
  lines.push(`  why: forge policy explain ${document.run}`);
  return lines.join("\n");
}

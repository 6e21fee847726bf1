import type { RunDocument } from "../../specs/mod.ts";
import { oneLine } from "./paint.ts";

/** A run for people: what became of it, why, and what to do next. */
export function runText(document: RunDocument): string {
  const lines = [
    `${document.status.toUpperCase()}  ${document.run}  ${oneLine(document.title ?? "")}`.trimEnd(),
  ];
  const pull = document.pullRequest;
  if (pull) {
    lines.push(
      `  pull request #${pull.number}  branch ${pull.branch}  commit ${pull.commit.slice(0, 12)}  onto ${
        oneLine(pull.base)
      }`,
    );
  }
  for (const denial of document.denials) {
    const place = denial.path ? ` ${oneLine(denial.path)}${denial.line ? `:${denial.line}` : ""}` : "";
    lines.push(`  ${denial.layer} ${denial.rule} (${denial.gate})${place}`);
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
  for (const note of document.notes) lines.push(`  note: ${oneLine(note, 1000)}`);
  if (document.evidence) lines.push(`  evidence ${document.evidence.path}`);
  lines.push(`  phase ${document.phase}, ${document.usage.seconds.toFixed(1)} s`);
  lines.push(`  why: forge policy explain ${document.run}`);
  return lines.join("\n");
}

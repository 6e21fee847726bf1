import type { PipelineReport } from "../../specs/foundry/mod.ts";
import { oneLine } from "./paint.ts";

const COLUMNS = 40;

/** The report in lines: runs, streams with their columns, rules with drift, reasons of what was set aside. */
export function pipelineReportText(report: PipelineReport): string {
  const { freshness, runs, streams, quality, quarantine } = report;
  const lines = [`${report.pipeline}  ${runs.length} run${runs.length === 1 ? "" : "s"}`];
  if (freshness.lastSuccess !== null) {
    const promised = freshness.hours === null ? "" : `, promised ${number(freshness.hours)} h`;
    const word = freshness.stale === null ? "" : freshness.stale ? "  STALE" : "  fresh";
    lines.push(
      `latest completed ${freshness.lastSuccess}, ${number(freshness.ageHours ?? 0)} h ago${promised}${word}`,
    );
  }
  lines.push("", "runs, newest first: read, accepted, quarantined, written, deduped, late");
  for (const { run, at, status, mode, counts, why } of runs) {
    const { read, accepted, quarantined, written, deduped, late } = counts;
    lines.push(
      `  ${at ?? "-"}  ${status.padEnd(9)}  ${mode.padEnd(11)}  ${
        [read, accepted, quarantined, written, deduped, late].map((one) => String(one).padStart(9)).join("")
      }  ${run}`,
    );
    if (why !== null) lines.push(`      ${oneLine(why, 300)}`);
  }
  for (const stream of streams) {
    const { source, sink, table, loads, profile, changes } = stream;
    lines.push(
      "",
      `stream ${stream.stream}: ${source.connector} ${oneLine(source.resource, 80)} -> ${sink}.${table}`,
    );
    const [latest] = loads;
    if (latest !== undefined) {
      lines.push(`  cursor ${cursor(latest.cursor.before)} -> ${cursor(latest.cursor.after)}`);
    }
    if (profile !== null) {
      lines.push(
        `  columns of ${profile.profiled} of ${profile.rows} rows: missing, different, range or frequent`,
      );
      for (const column of profile.columns.slice(0, COLUMNS)) {
        const told = column.treatment !== null
          ? `(${column.treatment})`
          : column.min !== null
          ? `${plain(column.min)} .. ${plain(column.max)}`
          : column.top.slice(0, 3).map(({ value, count }) => `${oneLine(value, 30)} (${count})`).join(", ");
        lines.push(
          `    ${oneLine(column.column, 40).padEnd(24)} ${
            share(column.nulls, profile.profiled).padStart(7)
          } ${String(column.distinct).padStart(8)}  ${told}`,
        );
      }
      const more = profile.columns.length - COLUMNS + profile.more;
      if (more > 0) lines.push(`    and ${more} more: --json`);
    }
    for (const { kind, column, before, after, at, breaking } of changes.slice(0, 10)) {
      if (kind === "table-added") continue;
      lines.push(
        `  ${at ?? "-"} ${kind} ${oneLine(column ?? "", 60)} ${oneLine(before ?? "-")} -> ${
          oneLine(after ?? "-")
        }${breaking ? "  BREAKING" : ""}`,
      );
    }
  }
  if (quality.length > 0) lines.push("", "quality: latest verdict, value, mean of the runs before, drift");
  for (const { stream, rule, results, baseline, drift } of quality) {
    const [latest] = results;
    if (latest === undefined) continue;
    const failed = results.filter(({ verdict }) => verdict === "fail" || verdict === "error").length;
    lines.push(
      `  ${latest.verdict.padEnd(6)} ${latest.severity.padEnd(10)} ${stream} ${oneLine(rule, 80)}: ${
        latest.value === null ? "-" : number(latest.value)
      }${baseline === null ? "" : `, before ${number(baseline.mean)}`}${
        drift === null ? "" : `, drift ${drift > 0 ? "+" : ""}${number(drift * 100)} %`
      }${failed === 0 ? "" : `, failed in ${failed} of ${results.length} runs`}`,
    );
  }
  if (quarantine.length > 0) lines.push("", "set aside: rows, still open, rule");
  for (const { stream, rule, rows, open, reason, locator } of quarantine) {
    lines.push(`  ${String(rows).padStart(7)} ${String(open).padStart(7)}  ${stream} ${oneLine(rule)}`);
    lines.push(`      ${oneLine(reason, 200)}  ${oneLine(locator, 120)}`);
  }
  lines.push(
    "",
    `a page with plots: forge etl report ${report.run ?? report.id} --format html --out report.html`,
  );
  return lines.join("\n");
}

const number = (value: number): string => String(Math.round(value * 1e4) / 1e4);
const plain = (value: number | string | null): string =>
  typeof value === "number" ? number(value) : oneLine(value ?? "-", 40);
const share = (part: number, whole: number): string => `${number(whole === 0 ? 0 : part / whole * 100)} %`;
const cursor = (value: unknown): string =>
  value === null ? "none" : oneLine(typeof value === "string" ? value : JSON.stringify(value), 80);

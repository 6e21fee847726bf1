/** The report of a pipeline as one file: no script, nothing from elsewhere, every text from data escaped. */
import type { FC } from "hono/jsx";
import { raw } from "hono/html";
import type { PipelineReport } from "../../../specs/foundry/mod.ts";
import { STYLE } from "./assets.ts";
import { LineageGraph, lineageOf } from "./lineage.tsx";
import {
  ColumnsTable,
  FreshnessLine,
  LoadsTable,
  QualityTable,
  QuarantineTable,
  RunsTable,
  SchemaChanges,
  VolumePart,
} from "./pipeline_report_parts.tsx";
import { Badge, statusTone, statusWord } from "./words.tsx";

/** Nothing is loaded by the report but the one style in it, which is named by its hash. */
export async function reportPolicy(): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE)));
  const hash = btoa(String.fromCharCode(...digest));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** The whole document. */
export async function reportHtml(report: PipelineReport): Promise<string> {
  return `<!doctype html>\n${String(<Report report={report} policy={await reportPolicy()} />)}\n`;
}

const Report: FC<{ report: PipelineReport; policy: string }> = ({ report, policy }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content={policy} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <title>{`${report.id} · report`}</title>
      <style>{raw(STYLE)}</style>
    </head>
    <body>
      <main class="report">
        <Head report={report} />
        <section aria-labelledby="volume">
          <h2 id="volume">Volume</h2>
          <VolumePart report={report} />
          <FreshnessLine report={report} />
        </section>
        <section aria-labelledby="lineage">
          <h2 id="lineage">Lineage</h2>
          <div class="lineage-frame" tabindex={0}>
            <LineageGraph lineage={lineageOf(report.streams)} />
          </div>
        </section>
        <section aria-labelledby="runs">
          <h2 id="runs">Runs</h2>
          <RunsTable report={report} />
        </section>
        <section aria-labelledby="quality">
          <h2 id="quality">Quality</h2>
          <QualityTable rules={report.quality} />
        </section>
        <section aria-labelledby="quarantine">
          <h2 id="quarantine">Set aside</h2>
          <QuarantineTable report={report} />
        </section>
        {report.streams.map((stream, at) => (
          <section aria-labelledby={`stream-${at}`}>
            <h2 id={`stream-${at}`}>{`Stream ${stream.stream}`}</h2>
            <p class="muted">
              {`${stream.source.connector} ${stream.source.resource} to `}
              <code class="break">{`${stream.sink}.${stream.table}`}</code>
              {` · ${stream.disposition}`}
            </p>
            <h3>Loads</h3>
            <LoadsTable stream={stream} />
            <h3>Columns</h3>
            <ColumnsTable stream={stream} />
            <h3>Schema changes</h3>
            <SchemaChanges stream={stream} />
          </section>
        ))}
      </main>
    </body>
  </html>
);

const Head: FC<{ report: PipelineReport }> = ({ report }) => {
  const [latest] = report.runs;
  return (
    <header>
      <div class="heading">
        <h1>{report.id}</h1>
        {latest === undefined
          ? null
          : <Badge tone={statusTone(latest.status)} word={statusWord(latest.status)} />}
      </div>
      {report.description === "" ? null : <p class="pre">{report.description}</p>}
      <p class="muted">
        <code class="break">{report.pipeline}</code>
        {report.owner === "" ? "" : ` · owner ${report.owner}`}
        {` · ${report.classification} · ${report.runs.length} run${report.runs.length === 1 ? "" : "s"}`}
        {report.run === null ? "" : ` up to ${report.run}`}
        {` · made ${report.at.slice(0, 19).replace("T", " ")} UTC`}
      </p>
    </header>
  );
};

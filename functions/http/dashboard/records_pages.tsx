/** Pages of what runs leave behind and are held to: evidence, pull requests, policies. */
import type { FC } from "hono/jsx";
import type { EvidenceManifest } from "../../../specs/mod.ts";
import type { PullRequest } from "../../../connectors/mod.ts";
import type { EvidenceSummary, Service } from "../../service.ts";
import type { Caller } from "../door.ts";
import { page } from "./frame.tsx";
import { Ago, Badge, Empty, Short, statusTone, statusWord } from "./words.tsx";

/** Every bundle, the newest first. */
export function evidencePage(
  caller: Caller,
  bundles: readonly EvidenceSummary[],
  next: string | null,
  now: number,
  verifies = false,
): Response {
  return page(
    { title: "Evidence", current: "/evidence", caller },
    <>
      <h1>Evidence</h1>
      {verifies
        ? (
          <p>
            <a href="/evidence/verify">Verify a bundle in this browser</a>
          </p>
        )
        : null}
      {bundles.length === 0
        ? (
          <Empty title="No evidence yet.">
            <p>Every run ends in a bundle, also one that was denied or failed.</p>
          </Empty>
        )
        : (
          <table class="runs">
            <caption class="visually-hidden">Evidence bundles, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Run ended</th>
                <th scope="col">Bundle</th>
                <th scope="col">Run</th>
                <th scope="col">Digest</th>
                <th scope="col">Sealed</th>
              </tr>
            </thead>
            <tbody>
              {bundles.map((bundle) => (
                <tr>
                  <td class="cell-status">
                    <Badge tone={statusTone(bundle.status)} word={statusWord(bundle.status)} />
                  </td>
                  <th scope="row" class="cell-title">
                    <a href={`/evidence/${bundle.id}`}>{bundle.id}</a>
                  </th>
                  <td data-label="Run">
                    <a href={`/runs/${bundle.run}`}>{bundle.run}</a>
                  </td>
                  <td data-label="Digest">
                    <Short text={bundle.digest} head={19} />
                  </td>
                  <td data-label="Sealed">
                    <Ago at={bundle.at} now={now} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      {next === null ? null : (
        <nav class="pager" aria-label="Pages">
          <a href={`/evidence?cursor=${next}`} rel="next">Older bundles</a>
        </nav>
      )}
    </>,
  );
}

const List: FC<{ title: string; items: readonly string[] }> = ({ title, items }) =>
  items.length === 0 ? null : (
    <section>
      <h2>{title}</h2>
      <ul>{items.map((item) => <li>{item}</li>)}</ul>
    </section>
  );

/** One bundle: what is in it and by which digests. */
export function manifestPage(
  caller: Caller,
  { manifest, path }: { manifest: EvidenceManifest; path: string },
  now: number,
): Response {
  return page(
    { title: manifest.id, current: "/evidence", caller },
    <>
      <p class="crumbs">
        <a href="/evidence">Evidence</a> <span aria-hidden="true">/</span>{" "}
        <code class="id">{manifest.id}</code>
      </p>
      <div class="heading">
        <h1>Evidence bundle</h1>
        <Badge tone={statusTone(manifest.status)} word={statusWord(manifest.status)} />
      </div>
      <dl class="facts wide-facts">
        <dt>Run</dt>
        <dd>
          <a href={`/runs/${manifest.run}`}>{manifest.run}</a>
        </dd>
        <dt>Sealed</dt>
        <dd>
          <Ago at={manifest.at} now={now} />
        </dd>
        <dt>Sandbox</dt>
        <dd>{manifest.sandbox}</dd>
        <dt>Ledger head</dt>
        <dd>
          {`event ${manifest.head.seq}, `}
          <code class="break">{manifest.head.hash}</code>
        </dd>
        <dt>Root</dt>
        <dd>
          <code class="break">{manifest.root}</code>
        </dd>
        <dt>Directory</dt>
        <dd>
          <code class="break">{path}</code>
        </dd>
      </dl>
      <List title="Withheld" items={manifest.withheld} />
      <List title="Notes" items={manifest.notes} />
      <h2>Files</h2>
      <table class="runs">
        <caption class="visually-hidden">Files of the bundle</caption>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Kind</th>
            <th scope="col">Bytes</th>
            <th scope="col">SHA-256</th>
          </tr>
        </thead>
        <tbody>
          {manifest.files.map((file) => (
            <tr>
              <th scope="row" class="cell-title">
                <a href={`/v1/evidence/${manifest.id}/file?${new URLSearchParams({ path: file.path })}`}>
                  <code class="break">{file.path}</code>
                </a>
              </th>
              <td data-label="Kind">{file.mediaType}</td>
              <td data-label="Bytes" class="number">{file.size}</td>
              <td data-label="SHA-256">
                <Short text={file.sha256} head={16} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>,
  );
}

/** Pull requests of the local forge. */
export function pullsPage(caller: Caller, pulls: readonly PullRequest[], now: number): Response {
  const sorted = pulls.toSorted((a, b) => a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0);
  return page(
    { title: "Pull requests", current: "/pulls", caller },
    <>
      <h1>Pull requests</h1>
      {sorted.length === 0
        ? (
          <Empty title="No pull requests yet.">
            <p>One is opened when a run has passed every gate.</p>
          </Empty>
        )
        : (
          <ul class="pulls">
            {sorted.map((pull) => (
              <li class="card">
                <h2>
                  {`#${pull.number} ${pull.title}`} {pull.draft ? <Badge tone="idle" word="Draft" /> : null}
                </h2>
                <p class="muted">
                  <code class="break">{pull.branch}</code> onto <code>{pull.base}</code>,{" "}
                  <Ago at={pull.createdAt} now={now} />, by <a href={`/runs/${pull.run}`}>{pull.run}</a>
                </p>
                <p>
                  <code class="break">{pull.commit}</code>
                </p>
                <details>
                  <summary>Description</summary>
                  <pre class="prose" tabindex={0}>{pull.body}</pre>
                </details>
              </li>
            ))}
          </ul>
        )}
    </>,
  );
}

/** Gates that are enforced here, by pack. */
export function policiesPage(caller: Caller, policies: ReturnType<Service["policies"]>): Response {
  const packs = [...Map.groupBy(policies, (policy) => `${policy.pack} ${policy.version}`)];
  return page(
    { title: "Policies", current: "/policies", caller },
    <>
      <h1>Policies</h1>
      {packs.length === 0
        ? (
          <Empty title="No gates are installed.">
            <p>Without gates nothing is let through.</p>
          </Empty>
        )
        : packs.map(([pack, rules]) => (
          <section>
            <h2>{pack}</h2>
            <table class="runs">
              <caption class="visually-hidden">{`Rules of ${pack}`}</caption>
              <thead>
                <tr>
                  <th scope="col">Rule</th>
                  <th scope="col">Gate</th>
                  <th scope="col">Layer</th>
                  <th scope="col">Mode</th>
                  <th scope="col">What it asks</th>
                </tr>
              </thead>
              <tbody>
                {rules.map((rule) => (
                  <tr>
                    <th scope="row" class="cell-title">
                      <code>{rule.rule}</code>
                    </th>
                    <td data-label="Gate">{rule.gate}</td>
                    <td data-label="Layer">{rule.layer}</td>
                    <td data-label="Mode">{rule.mode}</td>
                    <td data-label="What it asks">{rule.description}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
    </>,
  );
}

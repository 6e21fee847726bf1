import type { FC } from "hono/jsx";
import type { RunView } from "../../../kernel/mod.ts";
import type { PullRequest } from "../../../connectors/mod.ts";
import type {
  Decision,
  EscalationPacket,
  Event,
  RunDocument,
  TrainDocument,
  VerifyFacts,
} from "../../../specs/mod.ts";
import type { ProvenanceGraph } from "../../../specs/attestation/mod.ts";
import { spokenAmount } from "../../budget_units.ts";
import type { Caller } from "../door.ts";
import { AnswerForm, Controls } from "./actions.tsx";
import { ChainCard } from "./chain_card.tsx";
import { Diff } from "./diff.tsx";
import { EventList } from "./event_list.tsx";
import { page } from "./frame.tsx";
import { Denials, Gates } from "./gates.tsx";
import { PacketCard } from "./packet_card.tsx";
import { PlanCard } from "./plan_card.tsx";
import { Provenance } from "./provenance.tsx";
import { Rail } from "./rail.tsx";
import { Tests } from "./tests_card.tsx";
import { TrainCard } from "./train_card.tsx";
import { Ago, Short, StatusBadge } from "./words.tsx";

export interface RunPageData {
  caller: Caller;
  view: RunView;
  document: RunDocument;
  decisions: readonly Decision[];
  events: readonly Event[];
  pull: PullRequest | null;
  /** The pipeline of a data run. */
  pipeline: string | null;
  /** What the change is, once a bundle holds it. */
  patch: { text: string; redacted: boolean; link: string } | null;
  verify: VerifyFacts | null;
  /** Of a run that merges pull requests one after the other. */
  train: TrainDocument | null;
  /** Of a run that waits for an answer. */
  packet: EscalationPacket | null;
  /** Once there is evidence that can be read. */
  provenance: ProvenanceGraph | null;
  now: number;
}

const Facts: FC<{ data: RunPageData }> = ({ data: { view, pipeline, now } }) => (
  <dl class="facts">
    {pipeline === null ? null : (
      <>
        <dt>Pipeline</dt>
        <dd>
          <a href={`/pipelines/${pipeline}`}>{pipeline}</a>
        </dd>
      </>
    )}
    <dt>Run</dt>
    <dd>
      <code class="break">{view.run}</code>
    </dd>
    <dt>Workflow</dt>
    <dd>{`${view.workflow.id} ${view.workflow.version}`}</dd>
    <dt>Started</dt>
    <dd>
      <Ago at={view.createdAt} now={now} />
    </dd>
    <dt>Last change</dt>
    <dd>
      <Ago at={view.updatedAt} now={now} />
    </dd>
    {view.forkedFrom === null ? null : (
      <>
        <dt>Forked from</dt>
        <dd>
          <a href={`/runs/${view.forkedFrom.run}`}>{view.forkedFrom.run}</a>
          {` at ${view.forkedFrom.phase}`}
        </dd>
      </>
    )}
  </dl>
);

/** Why it did not go through, before anything else. */
const Reasons: FC<{ data: RunPageData }> = ({ data: { view, document } }) => (
  <>
    {document.denials.length > 0 && view.status === "denied"
      ? (
        <section class="callout bad" aria-labelledby="denials">
          <h2 id="denials">
            {document.denials.length === 1
              ? "One gate said no"
              : `Gates said no ${document.denials.length} times`}
          </h2>
          <Denials denials={document.denials} />
        </section>
      )
      : null}
    {view.failure === null ? null : (
      <section class="callout bad" aria-labelledby="failure">
        <h2 id="failure">{`It could not be judged or done: ${view.failure.class}`}</h2>
        <p class="pre">{view.failure.message}</p>
        {view.failure.remedy === undefined ? null : (
          <p class="remedy">
            <span class="label">Remedy</span> {view.failure.remedy}
          </p>
        )}
        <p class="muted">
          {`Source: ${view.failure.source}. ${
            view.failure.retryable ? "Trying again may help." : "Trying again alone will not help."
          }`}
        </p>
      </section>
    )}
  </>
);

const Waits: FC<{ data: RunPageData }> = ({ data: { view, document: { waiting } } }) => {
  if (view.status === "escalated" || waiting === null) return null;
  return (
    <section class="callout idle" aria-labelledby="waits">
      <h2 id="waits">{view.status === "paused" ? "It is paused" : "It waits"}</h2>
      <p class="pre">{waiting.reason}</p>
      {waiting.until === null ? null : (
        <p>
          Until <time datetime={waiting.until}>{waiting.until}</time>
        </p>
      )}
      <p class="remedy">
        <span class="label">What to do</span> {waiting.remedy}
      </p>
    </section>
  );
};

/** Notes of the document that this page does not say elsewhere. */
function ownNotes({ document, view }: RunPageData): string[] {
  const { waiting } = document;
  if (waiting === null) return document.notes;
  const said = [
    view.escalation?.question,
    `${view.status}: ${waiting.reason}`,
    `until ${waiting.until}`,
    `what to do: ${waiting.remedy}`,
  ];
  return document.notes.filter((note) => !said.includes(note));
}

const Pull: FC<{ data: RunPageData }> = ({ data: { document, pull } }) => (
  <section id="pull" class="card" aria-labelledby="pull-title">
    <h2 id="pull-title">Pull request</h2>
    {document.pullRequest === null
      ? <p class="muted">None. It is opened only when every gate has said yes.</p>
      : (
        <>
          <p class="strong">{`#${document.pullRequest.number} ${pull?.title ?? ""}`}</p>
          <dl class="facts">
            <dt>Branch</dt>
            <dd>
              <code class="break">{document.pullRequest.branch}</code>
            </dd>
            <dt>Commit</dt>
            <dd>
              <Short text={document.pullRequest.commit} />
            </dd>
            <dt>Onto</dt>
            <dd>
              <code>{document.pullRequest.base}</code>
            </dd>
          </dl>
          {pull === null ? null : (
            <details data-key="pull-body">
              <summary>Description</summary>
              <pre class="prose" tabindex={0}>{pull.body}</pre>
            </details>
          )}
        </>
      )}
  </section>
);

const Evidence: FC<{ data: RunPageData }> = ({ data: { document, view } }) => (
  <section id="evidence" class="card" aria-labelledby="evidence-title">
    <h2 id="evidence-title">Evidence</h2>
    {document.evidence === null
      ? (
        <p class="muted">
          {view.workflow.seals ? "Sealed when the run ends, whatever its end." : "This workflow seals none."}
        </p>
      )
      : (
        <dl class="facts">
          <dt>Bundle</dt>
          <dd>
            <a href={`/evidence/${document.evidence.id}`}>{document.evidence.id}</a>
          </dd>
          <dt>Digest</dt>
          <dd>
            <Short text={document.evidence.digest} head={23} />
          </dd>
        </dl>
      )}
  </section>
);

const Budget: FC<{ data: RunPageData }> = ({ data: { view } }) => {
  const units = Object.entries(view.budget);
  return (
    <section class="card" aria-labelledby="budget-title">
      <h2 id="budget-title">Budget</h2>
      {units.length === 0 ? <p class="muted">No limits are set.</p> : (
        <dl class="budget">
          {units.map(([counted, { limit, spent, reserved }]) => (
            <>
              <dt>{spokenAmount(counted, 0).unit}</dt>
              <dd>
                <svg
                  class="bar"
                  viewBox="0 0 100 6"
                  preserveAspectRatio="none"
                  aria-hidden="true"
                  focusable="false"
                >
                  <rect class="bar-all" width="100" height="6" />
                  <rect class="bar-used" width={share(spent + reserved, limit)} height="6" />
                </svg>
                <span>
                  {`${said(counted, spent)} of ${said(counted, limit)}${
                    reserved > 0 ? `, ${said(counted, reserved)} reserved` : ""
                  }`}
                </span>
              </dd>
            </>
          ))}
        </dl>
      )}
    </section>
  );
};

const said = (counted: string, amount: number) =>
  spokenAmount(counted, amount).amount.toLocaleString("en-US", { maximumFractionDigits: 2 });
const share = (used: number, limit: number) => limit <= 0 ? 0 : Math.min(100, Math.round(used / limit * 100));

/** One run: its phases, gates, results, actions and its ledger. */
export function runPage(data: RunPageData): Response {
  const { view, document, caller, decisions, events, now } = data;
  const first = events[0]?.seq ?? 1;
  const notes = ownNotes(data);
  return page(
    {
      title: document.title || view.run,
      current: "/",
      caller,
      events: `/v1/runs/${view.run}/events?after=${view.head.seq}`,
    },
    <>
      <p class="crumbs">
        <a href="/">Runs</a> <span aria-hidden="true">/</span> <code class="id">{view.run}</code>
      </p>
      <div class="heading">
        <h1>{document.title || "Untitled run"}</h1>
        <div id="run-status" data-live class="heading-side">
          <StatusBadge status={view.status} />
          <Controls view={view} caller={caller} />
        </div>
      </div>
      <div id="run-rail" data-live>
        <Rail view={view} decisions={decisions} />
        {notes.length === 0 ? null : <ul class="notes">{notes.map((note) => <li>{note}</li>)}</ul>}
      </div>
      <div id="run-answer" data-live>
        <AnswerForm view={view} caller={caller} denials={document.denials} />
        {data.packet === null ? null : <PacketCard packet={data.packet} />}
        <Reasons data={data} />
        <Waits data={data} />
      </div>
      <div class="columns">
        <div class="wide">
          <div id="run-plan" data-live class="wide">
            {document.plan ? <PlanCard plan={document.plan} /> : null}
            {document.chain ? <ChainCard chain={document.chain} /> : null}
            {data.train === null ? null : <TrainCard train={data.train} />}
          </div>
          <div id="run-change" data-live class="wide">
            {data.patch === null
              ? null
              : <Diff patch={data.patch.text} whole={data.patch.link} redacted={data.patch.redacted} />}
            {data.verify === null ? null : <Tests facts={data.verify} />}
          </div>
          <section id="run-gates" data-live aria-labelledby="gates-title">
            <h2 id="gates-title">Gates</h2>
            <Gates decisions={decisions} now={now} />
          </section>
        </div>
        <div id="run-side" data-live class="side">
          <section class="card" aria-labelledby="about-title">
            <h2 id="about-title">About</h2>
            <Facts data={data} />
          </section>
          <Pull data={data} />
          <Evidence data={data} />
          <Budget data={data} />
        </div>
      </div>
      {data.provenance === null ? null : (
        <section id="run-provenance" aria-labelledby="provenance-title">
          <h2 id="provenance-title">Provenance</h2>
          <Provenance graph={data.provenance} />
        </section>
      )}
      <section id="run-events" data-live aria-labelledby="events-title">
        <h2 id="events-title">
          Events <span id="live" class="live" role="status" data-keep></span>
        </h2>
        {first > 1
          ? <p class="muted">{`The newest ${events.length}; earlier ones are in the API.`}</p>
          : null}
        <EventList events={events} />
      </section>
    </>,
  );
}

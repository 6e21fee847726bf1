/** Questions that wait for somebody, with a form for the answer. */
import type { FC } from "hono/jsx";
import type { ApprovalRequest } from "../../../specs/mod.ts";
import type { Caller } from "../door.ts";
import { page } from "./frame.tsx";
import { Denials } from "./gates.tsx";
import { Ago, Empty } from "./words.tsx";

const who = (one: ApprovalRequest): string =>
  one.mayApprove.length === 0
    ? "nobody that is known here"
    : one.mayApprove.map(({ name, as }) => as === "self-approved" ? `${name} (self-approved)` : name).join(
      ", ",
    );

const AnswerHere: FC<{ one: ApprovalRequest; caller: Caller }> = ({ one, caller }) =>
  caller.principal.scopes.has("approve") && one.options.includes("approve")
    ? (
      <form method="post" action={`/runs/${one.run}/actions`} class="stack">
        <input type="hidden" name="csrf" value={caller.session?.csrf ?? ""} />
        <input type="hidden" name="action" value="answer" />
        {one.subject === null ? null : <input type="hidden" name="subject" value={one.subject} />}
        <label for={`comment-${one.id}`}>Reason, kept in the ledger and signed</label>
        <textarea id={`comment-${one.id}`} name="comment" rows={2} maxlength={4000}></textarea>
        <div class="controls">
          <button type="submit" name="choice" value="approve">Approve</button>
          <button type="submit" name="choice" value="reject" class="danger">Reject</button>
        </div>
      </form>
    )
    : null;

const Question: FC<{ one: ApprovalRequest; caller: Caller; now: number }> = ({ one, caller, now }) => (
  <section class="callout warn" aria-labelledby={one.id}>
    <h2 id={one.id}>
      <a href={`/runs/${one.run}`}>{one.title || "Untitled run"}</a>
    </h2>
    <p>{one.question}</p>
    {one.gates.length === 0 ? <p class="pre">{one.reason}</p> : <Denials denials={one.gates} />}
    <dl class="facts">
      <dt>Question</dt>
      <dd>
        <code class="break">{one.id}</code>
      </dd>
      <dt>Asked</dt>
      <dd>
        <Ago at={one.openedAt} now={now} />
        {` by a run of ${one.requester ?? "somebody unknown"}, tier ${one.tier ?? "unknown"}`}
      </dd>
      {one.subject === null ? null : (
        <>
          <dt>{one.family === "data" ? "Staged data" : "Patch"}</dt>
          <dd>
            <code class="break">{one.subject}</code>
          </dd>
        </>
      )}
      <dt>May approve</dt>
      <dd>{who(one)}</dd>
    </dl>
    <AnswerHere one={one} caller={caller} />
    <p class="muted">
      <a href={`/runs/${one.run}`}>The change, its gates and the other answers</a>
    </p>
  </section>
);

/** Everything that waits for an answer, of code changes and of data loads. */
export function approvalsPage(
  caller: Caller,
  { approvals, cursor }: { approvals: readonly ApprovalRequest[]; cursor: string | null },
  now: number,
): Response {
  return page(
    { title: "Approvals", current: "/approvals", caller },
    <>
      <h1>Approvals</h1>
      {approvals.length === 0
        ? (
          <Empty title="Nothing waits for an answer.">
            <p>A run asks a human where a gate cannot tell by itself, and waits with its evidence sealed.</p>
          </Empty>
        )
        : approvals.map((one) => <Question one={one} caller={caller} now={now} />)}
      {cursor === null ? null : <p>More wait: GET /v1/approvals lists them all.</p>}
    </>,
  );
}

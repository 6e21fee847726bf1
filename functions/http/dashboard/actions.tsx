/** What a person can do with a run, as plain forms that carry the session's token. */
import type { FC } from "hono/jsx";
import type { RunView } from "../../../kernel/mod.ts";
import type { RunDocument } from "../../../specs/mod.ts";
import { spokenAmount } from "../../budget_units.ts";
import type { Caller } from "../door.ts";
import { Denials } from "./gates.tsx";
import { phaseOrder } from "./rail.tsx";

const CHOICE: Record<string, { word: string; hint: string }> = {
  "approve": { word: "Approve", hint: "go on with exactly this patch" },
  "reject": { word: "Reject", hint: "end the run as denied" },
  "retry": { word: "Retry", hint: "try the phase again" },
  "retry-from": { word: "Retry from a phase", hint: "choose it below" },
  "change-budget": { word: "Change the budget", hint: "new limits below, then go on" },
  "re-plan": { word: "Plan again", hint: "from the spec" },
  "cancel": { word: "Cancel the run", hint: "nothing is released" },
};

type Control = "cancel" | "pause" | "resume" | "retry";

/** What the run's state lets somebody do. */
export function controlsFor(view: RunView): Control[] {
  switch (view.status) {
    case "queued":
    case "running":
      return ["pause", "cancel"];
    case "parked":
      return ["retry", "pause", "cancel"];
    case "paused":
      return ["resume", "cancel"];
    case "escalated":
      return ["cancel"];
    case "failed":
    case "denied":
    case "cancelled":
      return ["retry"];
    case "cancelling":
    case "completed":
      return [];
  }
}

const WORD: Record<Control, string> = {
  cancel: "Cancel run",
  pause: "Pause",
  resume: "Resume",
  retry: "Try again",
};

export const Controls: FC<{ view: RunView; caller: Caller }> = ({ view, caller }) => {
  const controls = controlsFor(view);
  if (controls.length === 0 || !caller.principal.scopes.has("run")) return null;
  return (
    <form method="post" action={`/runs/${view.run}/actions`} class="controls" aria-label="Actions">
      <input type="hidden" name="csrf" value={caller.session?.csrf ?? ""} />
      {controls.map((control) => (
        <button
          type="submit"
          name="action"
          value={control}
          class={control === "cancel" ? "danger" : "quiet"}
        >
          {WORD[control]}
        </button>
      ))}
    </form>
  );
};

/** The question of an escalation with its options. */
export const AnswerForm: FC<{ view: RunView; caller: Caller; denials: RunDocument["denials"] }> = (
  { view, caller, denials },
) => {
  const { escalation } = view;
  if (escalation === null || view.status !== "escalated") return null;
  return (
    <section class="callout warn" aria-labelledby="question">
      <h2 id="question">{escalation.question}</h2>
      {denials.length === 0 ? <p class="pre">{escalation.reason}</p> : <Denials denials={denials} />}
      {escalation.subject === undefined ? null : (
        <p>
          The answer is bound to the patch <code class="break">{escalation.subject}</code>
        </p>
      )}
      {caller.principal.scopes.has("approve")
        ? (
          <form method="post" action={`/runs/${view.run}/actions`} class="stack">
            <input type="hidden" name="csrf" value={caller.session?.csrf ?? ""} />
            <input type="hidden" name="action" value="answer" />
            {escalation.subject === undefined
              ? null
              : <input type="hidden" name="subject" value={escalation.subject} />}
            <fieldset>
              <legend>Answer</legend>
              {escalation.options.map((option) => (
                <label class="choice">
                  <input type="radio" name="choice" value={option} required />
                  <span>
                    <strong>{CHOICE[option]?.word ?? option}</strong>{" "}
                    <span class="muted">{CHOICE[option]?.hint ?? ""}</span>
                  </span>
                </label>
              ))}
            </fieldset>
            <label for="comment">Comment, kept in the ledger</label>
            <textarea id="comment" name="comment" rows={3} maxlength={4000}></textarea>
            <MoreFields view={view} options={escalation.options} />
            <div>
              <button type="submit">Send the answer</button>
            </div>
          </form>
        )
        : <p>Answering needs a key with the scope “approve”.</p>}
    </section>
  );
};

const MoreFields: FC<{ view: RunView; options: readonly string[] }> = ({ view, options }) => {
  const visited = phaseOrder(view.workflow).filter((name) => (view.visits[name] ?? 0) > 0);
  const units = Object.entries(view.budget);
  const phases = options.includes("retry-from") && visited.length > 0;
  const budget = options.includes("change-budget") && units.length > 0;
  if (!phases && !budget) return null;
  return (
    <details class="more" data-key="answer-more">
      <summary>Phase and budget</summary>
      {phases
        ? (
          <>
            <label for="phase">Phase, for “retry from”</label>
            <select id="phase" name="phase">
              <option value="">choose</option>
              {visited.map((name) => <option value={name}>{name}</option>)}
            </select>
          </>
        )
        : null}
      {budget
        ? units.map(([counted, { limit }]) => {
          const { unit, amount } = spokenAmount(counted, limit);
          return (
            <>
              <label for={`budget-${unit}`}>{`Limit of ${unit}, now ${amount}`}</label>
              <input id={`budget-${unit}`} name={`budget.${unit}`} type="number" min={0} step="any" />
            </>
          );
        })
        : null}
    </details>
  );
};

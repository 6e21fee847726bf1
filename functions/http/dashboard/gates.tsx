/** Decisions as people read them: the transition, five layers, what did not hold and what would help. */
import type { FC } from "hono/jsx";
import type { Decision, Finding, RuleVerdict, RunDocument } from "../../../specs/mod.ts";
import { Ago, Badge, DECISION, Empty, LAYER, Mark, placeName, VERDICT } from "./words.tsx";

const holds = (rule: RuleVerdict) => rule.verdict === "pass" || rule.verdict === "not_applicable";

const Layers: FC<{ decision: Decision }> = ({ decision }) => (
  <ol class="layers" aria-label="Layers">
    {decision.layers.map(({ layer, verdict, reason, waived }) => (
      <li class={`layer ${VERDICT[verdict].tone}`} title={reason}>
        <span class="layer-id">{layer}</span>
        <span class="layer-name">{LAYER[layer]}</span>
        <span class="layer-verdict">
          <Mark tone={VERDICT[verdict].tone} />
          {waived === undefined ? VERDICT[verdict].word : `${VERDICT[verdict].word} (waived: ${waived})`}
        </span>
      </li>
    ))}
  </ol>
);

/** The five layers in one glance. */
const Strip: FC<{ decision: Decision }> = ({ decision }) => (
  <span class="strip">
    {decision.layers.map(({ layer, verdict }) => (
      <span
        class={`strip-layer ${VERDICT[verdict].tone}`}
        title={`${layer} ${LAYER[layer]}: ${VERDICT[verdict].word}`}
      >
        {layer}
        <Mark tone={VERDICT[verdict].tone} />
        <span class="visually-hidden">{VERDICT[verdict].word}</span>
      </span>
    ))}
  </span>
);

export const FindingText: FC<{ finding: Finding }> = ({ finding }) => (
  <li class="finding">
    <p>{finding.message}</p>
    {finding.path === undefined ? null : (
      <p>
        <code>{finding.line === undefined ? finding.path : `${finding.path}:${finding.line}`}</code>
      </p>
    )}
    {finding.waived === undefined ? null : (
      <p>
        {`Waived by ${
          finding.waived.by.join(", ")
        } until ${finding.waived.expiresAt}: ${finding.waived.reason}`}
      </p>
    )}
    {finding.remediation === "" ? null : (
      <p class="remedy">
        <span class="label">Remedy</span> {finding.remediation}
      </p>
    )}
  </li>
);

/** What the gates said no to, each with its remedy. */
export const Denials: FC<{ denials: RunDocument["denials"] }> = ({ denials }) => (
  <ul class="findings">
    {denials.map((denial) => (
      <li>
        <p class="rule-head">
          <strong>{denial.gate}</strong> <code>{denial.rule}</code>
          <span class="muted">{denial.layer}</span>
        </p>
        <ul class="plain">
          <FindingText finding={denial} />
        </ul>
      </li>
    ))}
  </ul>
);

const Rule: FC<{ rule: RuleVerdict }> = ({ rule }) => (
  <li class="rule">
    <p class="rule-head">
      <Badge {...VERDICT[rule.verdict]} />
      <strong>{rule.gate}</strong> <code>{rule.rule}</code>
      <span class="muted">
        {`${rule.layer} · ${rule.mode}${rule.waived === undefined ? "" : " · fail(waived)"}`}
      </span>
    </p>
    {rule.findings.length === 0
      ? null
      : <ul class="findings">{rule.findings.map((f) => <FindingText finding={f} />)}</ul>}
    {rule.counterfactual === undefined ? null : (
      <p class="remedy">
        <span class="label">What would change it</span> {rule.counterfactual}
      </p>
    )}
  </li>
);

const Gate: FC<{ decision: Decision; at: number; now: number }> = ({ decision, at, now }) => {
  const failing = decision.rules.filter((rule) => !holds(rule));
  const holding = decision.rules.filter(holds);
  return (
    <li>
      <details class="gate" data-key={`gate-${at}`}>
        <summary>
          <span class="transition">
            {placeName(decision.transition.from)} <span aria-label="to">→</span>{" "}
            {placeName(decision.transition.to)}
          </span>
          <Strip decision={decision} />
          <Badge {...DECISION[decision.verdict]} />
          <span class="muted">
            <Ago at={decision.at} now={now} />
          </span>
        </summary>
        <Layers decision={decision} />
        {decision.layers.filter((layer) => layer.reason !== undefined && layer.verdict !== "pass").map((
          layer,
        ) => <p class="muted">{`${layer.layer}: ${layer.reason}`}</p>)}
        {failing.length === 0 ? null : <ul class="rules">{failing.map((rule) => <Rule rule={rule} />)}</ul>}
        {holding.length === 0 ? null : (
          <details class="held" data-key={`held-${at}`}>
            <summary>{`${holding.length} ${holding.length === 1 ? "rule holds" : "rules hold"}`}</summary>
            <ul class="held-rules">
              {holding.map((rule) => (
                <li>
                  <Mark tone={VERDICT[rule.verdict].tone} /> <code>{rule.rule}</code> {rule.gate}
                  {rule.selector === undefined ? null : <span class="muted">{` (${rule.selector})`}</span>}
                </li>
              ))}
            </ul>
          </details>
        )}
        {decision.approvals.length === 0 ? null : (
          <p class="muted">
            {"Approved by " +
              decision.approvals.map((approval) =>
                approval.by + (approval.selfApproved ? " (self-approved)" : "")
              ).join(", ")}
          </p>
        )}
      </details>
    </li>
  );
};

/** Every decision of a run, the newest first. */
export const Gates: FC<{ decisions: readonly Decision[]; now: number }> = ({ decisions, now }) =>
  decisions.length === 0 ? <Empty title="No transition has been judged yet." /> : (
    <ol class="gates">
      {decisions.map((decision, at) => <Gate decision={decision} at={at} now={now} />).toReversed()}
    </ol>
  );

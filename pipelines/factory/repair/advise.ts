import type { PhaseContext } from "../../../kernel/mod.ts";
import type { ModelCall, Spec } from "../../../specs/mod.ts";
import { isLocalOnly } from "../../models/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { withoutHeldOut } from "./held_out.ts";
import { DATA_RULE, quoted } from "./quoted.ts";
import type { Round } from "./round.ts";

const SYSTEM =
  `You advise an engineer whose change of a repository was sent back. You see what was asked, what the gates and tests said, and
how the rounds went. Say in at most 200 words why the attempts failed and what to do differently, file by file where you can.
Never advise to weaken, skip or remove a test or a check, or to leave the scope. When what is asked contradicts a test that must stay,
say so plainly and name both. ${DATA_RULE}`;

/** Asks a model that thinks more than the one that works. What it says is advice: no gate reads it. */
export async function askPlanner(
  ports: Pick<FactoryPorts, "models">,
  ctx: PhaseContext,
  given: { spec: Spec; rounds: readonly Round[]; output: string; diff: string },
): Promise<{ advice: string; calls: readonly ModelCall[] } | { why: string; calls: readonly ModelCall[] }> {
  if (ports.models === undefined) return { why: "there is no way to a model here", calls: [] };
  const { spec, rounds, output, diff } = given;
  const asked = await ports.models.ask(ctx, {
    purpose: "repair-advice",
    need: {
      task: isLocalOnly(spec) ? "privacy-sensitive" : "thinking-heavy",
      maxOutputTokens: 2_000,
      ...(isLocalOnly(spec) ? { localOnly: true } : {}),
    },
    system: SYSTEM,
    messages: [{
      role: "user",
      text: [
        await quoted("spec", specText(spec), 20_000),
        await quoted("rounds", rounds.map((round) => roundText(round, spec)).join("\n\n"), 12_000),
        await quoted("output of the last round", output === "" ? "none" : output, 12_000),
        await quoted("diff of the last round", diff === "" ? "none" : diff, 24_000),
        "What went wrong, and what should the next round do?",
      ].join("\n\n"),
    }],
  });
  if (!asked.ok) return { why: asked.error.failure.message.slice(0, 500), calls: asked.error.calls };
  const advice = asked.value.reply.text.trim().slice(0, 6_000);
  return advice === ""
    ? { why: "the planner said nothing", calls: asked.value.calls }
    : { advice, calls: asked.value.calls };
}

/** The parts of a spec that say what is wanted. */
export function specText(spec: Spec): string {
  return [
    `title: ${spec.title}`,
    ...(spec.reason === "" ? [] : [`reason: ${spec.reason}`]),
    ...spec.constraints.map((constraint) => `constraint: ${constraint}`),
    ...spec.acceptance.map(({ id, text }) => `criterion ${id}: ${text}`),
    ...(spec.description === "" ? [] : [spec.description]),
  ].join("\n");
}

/** One round in a few lines. */
function roundText(round: Round, spec: Spec): string {
  const { n, strategy, model, size, findings, tests, transition, failures } = round;
  return [
    `Round ${n} (${strategy}${model === null ? "" : `, ${model}`}): ${
      size === null ? "no change" : `${size.files} files, +${size.added} -${size.removed}`
    }`,
    ...failures.map(({ message }) => `- no proposal: ${message.slice(0, 300)}`),
    ...findings.slice(0, 10).map((finding) => withoutHeldOut(finding, spec)).map((
      { rule, gate, message, path },
    ) => `- ${rule} (${gate}): ${message.slice(0, 300)}${path === undefined ? "" : ` [${path}]`}`),
    ...(transition?.from === "implement" ? [] : [
      ...(tests?.failed ?? []).slice(0, 10).map((name) => `- failing test: ${name}`),
      ...(tests?.checksFailed ?? []).map((id) => `- criterion ${id} does not hold`),
    ]),
  ].join("\n");
}

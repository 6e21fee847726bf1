import { z } from "zod";
import type { PhaseContext } from "../../kernel/mod.ts";
import {
  type Change,
  err,
  type Json,
  type ModelCall,
  ok,
  type Result,
  type Spec,
  type VerifyFacts,
} from "../../specs/mod.ts";
import { isLocalOnly, type ModelDesk, type NoAnswer, taskClassOf } from "../models/mod.ts";
import { DATA_RULE, quoted, specText } from "./repair/mod.ts";

const Severity = z.enum(["info", "warn", "block"]);

/** One line-by-line finding of a reviewer. */
export interface ReviewFinding {
  readonly severity: z.infer<typeof Severity>;
  readonly message: string;
  readonly path?: string;
  readonly line?: number;
  readonly remediation: string;
}

/** Who read the diff, and what of it. */
export interface ReviewMind {
  readonly model: string;
  readonly family: string | null;
  /** Null when one of the two families is not known. */
  readonly otherFamily: boolean | null;
  /** False when the diff was too long to be read whole. */
  readonly whole: boolean;
  readonly recording: boolean;
}

export interface MindReview {
  readonly mind: ReviewMind;
  readonly findings: ReviewFinding[];
  readonly calls: readonly ModelCall[];
}

/** What a reviewer answers; anything else is no review. */
const Answer = z.strictObject({
  criteria: z.array(z.strictObject({
    id: z.string().max(64),
    met: z.enum(["yes", "no", "unclear"]),
    why: z.string().max(2000),
  })).max(200),
  findings: z.array(z.strictObject({
    severity: Severity,
    path: z.string().max(1000).nullable(),
    line: z.number().int().min(1).nullable(),
    message: z.string().min(1).max(2000),
    remediation: z.string().max(2000),
  })).max(100),
});

const MOST_DIFF = 120_000;
const MAX_OUTPUT_TOKENS = 6_000;

const SYSTEM =
  `You review a change that another model made. You did not see how it was made. Judge it against the acceptance criteria and the
constraints of the spec, line by line, and look for faults that tests do not see: wrong cases, races, data that is lost, errors that
are swallowed, answers made for the tests alone, tests that prove nothing, parts of the spec that are missing.
Answer with one entry in \`criteria\` for each criterion of the spec, and with findings. A finding is \`block\` only when the change must
not be merged as it is, \`warn\` when it should be looked at, \`info\` otherwise. Name the path and the line in the new file where there
is one. Gates and tests have judged the change already: you can add findings, you cannot take any back, and silence is no approval.
${DATA_RULE}`;

/** What the review is about. */
export interface ToReview {
  readonly spec: Spec;
  readonly change: Change;
  /** Text of the patch as it was kept: lines that show secrets are left out. */
  readonly diff: string;
  readonly verify: VerifyFacts;
  /** The model whose work it is; null when it is not known. */
  readonly author: string | null;
  /** Models that gave no review before. */
  readonly except: readonly string[];
}

/**
 * Lets a model of another family than the author's read the diff, in a fresh context. Without an answer that has its form there is no
 * review: the failure goes to the table of failures.
 */
export async function reviewByModel(
  desk: ModelDesk,
  ctx: PhaseContext,
  given: ToReview,
): Promise<Result<MindReview, Pick<NoAnswer, "failure" | "calls">>> {
  const { spec, change, verify, author } = given;
  const family = author === null ? null : await desk.family?.(author) ?? null;
  const whole = given.diff.length <= MOST_DIFF;
  const localOnly = isLocalOnly(spec);
  const asked = await desk.ask(ctx, {
    purpose: "review",
    need: {
      task: taskClassOf({ phase: "review", spec }),
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      ...(family === null ? {} : { notFamily: family }),
      ...(given.except.length === 0 ? {} : { except: given.except }),
      ...(localOnly ? { localOnly } : {}),
    },
    system: SYSTEM,
    output: { name: "review", schema: z.toJSONSchema(Answer) as Json },
    messages: [{
      role: "user",
      text: [
        await quoted("spec", specText(spec), 30_000),
        await quoted("what the tests said", testsText(verify), 6_000),
        await quoted("diff", given.diff, MOST_DIFF),
        "Review this change.",
      ].join("\n\n"),
    }],
  });
  if (!asked.ok) return err(asked.error);
  const { reply, choice, calls } = asked.value;
  const answer = Answer.safeParse(reply.output);
  if (!answer.success) {
    const issue = answer.error.issues[0];
    return err({
      calls,
      failure: {
        class: "agent-error",
        source: "provider",
        retryable: true,
        message: `Cannot use the review of ${choice.model}: ${issue?.path.join(".") ?? ""} ${
          issue?.message ?? "it has not its form"
        }`,
        remedy: "Another model may do better",
      },
    });
  }
  const model = choice.model ?? reply.claimed ?? "unknown";
  const own = await desk.family?.(model) ?? null;
  return ok({
    calls,
    mind: {
      model,
      family: own,
      otherFamily: own === null || family === null ? null : own !== family,
      whole,
      recording: reply.recording,
    },
    findings: findingsOf(answer.data, { spec, change, verify, whole }),
  });
}

/** What the answer adds, held against the change: what blocks must be about the change or a criterion of the spec. */
function findingsOf(
  { criteria, findings }: z.infer<typeof Answer>,
  { spec, change, verify, whole }: Pick<ToReview, "spec" | "change" | "verify"> & { whole: boolean },
): ReviewFinding[] {
  const paths = new Set(change.files.flatMap((file) => file.from ? [file.path, file.from] : [file.path]));
  const told: ReviewFinding[] = [];
  for (const { severity, path, line, message, remediation } of findings) {
    const placed = path !== null && paths.has(path);
    const astray = path !== null && !placed;
    told.push({
      severity: astray && severity === "block" ? "warn" : severity,
      message: astray ? `${message} (said of ${path}, which the change does not touch)` : message,
      ...(placed ? { path } : {}),
      ...(placed && line !== null ? { line } : {}),
      remediation: remediation === "" ? "Look at it" : remediation,
    });
  }
  for (const { id, text } of spec.acceptance) {
    const said = criteria.find((criterion) => criterion.id === id);
    const check = verify.checks.find((candidate) => candidate.id === id);
    const held = check !== undefined && check.head.ended === "by-itself" && check.head.exitCode === 0;
    if (said === undefined) {
      told.push({
        severity: "warn",
        message: `The reviewer says nothing of ${id}: ${text.slice(0, 300)}`,
        remediation: `Look at ${id} yourself`,
      });
    } else if (said.met !== "yes") {
      // A check that ran weighs more than an opinion.
      told.push({
        severity: said.met === "no" && !held ? "block" : "warn",
        message: `${id} is ${said.met === "no" ? "not met" : "not clearly met"}, says the reviewer${
          held ? ", though its check holds" : ""
        }: ${said.why.slice(0, 1000)}`,
        remediation: `Make the change meet ${id}: ${text.slice(0, 300)}`,
      });
    }
  }
  if (!whole) {
    told.push({
      severity: "warn",
      message: `The diff is longer than ${MOST_DIFF} characters: its middle was not read by the reviewer`,
      remediation: "Split the change",
    });
  }
  return told;
}

function testsText(verify: VerifyFacts): string {
  return [
    ...verify.commands.map(({ argv, head }) =>
      `${argv.join(" ")}: ${
        head.report === null
          ? head.exitCode ?? head.ended
          : `${head.report.passed} passed, ${head.report.failed} failed, ${head.report.skipped} skipped`
      }`
    ),
    ...verify.checks.map(({ id, head }) =>
      `held-out check of ${id}: ${
        head.ended === "by-itself" && head.exitCode === 0 ? "holds" : "does not hold"
      }`
    ),
  ].join("\n");
}

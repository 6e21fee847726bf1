import { type Finding, type Json, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { fail, type Outcome, pass } from "../../rule.ts";
import type { CelProgram } from "./cel.ts";
import { compileCel, jsonOf, loadCel } from "./cel.ts";
import type { FactDocument } from "./fact_document.ts";
import { compileTemplate, pathsIn, type Template } from "./template.ts";

/** What the engine and the tests of packs ask of a rule whose body is a predicate over the fact document. */
export interface DocumentRule {
  readonly reads: CelProgram["reads"];
  judge(document: FactDocument): Outcome;
}

/** What a rule says when it does not hold. */
export interface RuleText {
  message: string;
  remediation: string;
}

const MAX_FINDINGS = 100;

/** A rule whose expression must be true. Anything else but false is an error. */
export async function celRule(
  expression: string,
  text: RuleText,
): Promise<Result<DocumentRule & { program: CelProgram }, Problem>> {
  const program = await compileCel(expression);
  if (!program.ok) return program;
  return await celRuleOf(program.value, text);
}

/** The same for a program that was compiled before, such as one that was changed to try the rule's tests. */
export async function celRuleOf(
  program: CelProgram,
  text: RuleText,
): Promise<Result<DocumentRule & { program: CelProgram }, Problem>> {
  const template = await compileTemplate(text.message, pathsIn(program.text));
  if (!template.ok) return template;
  const cel = await loadCel();
  return ok({
    program,
    reads: [...new Set([...program.reads, ...template.value.reads])].sort(),
    judge(document) {
      const value = program.evaluate(document);
      if (!value.ok) return unjudged(value.error, text.remediation);
      if (value.value === true) return pass();
      if (value.value !== false) {
        return unjudged(
          `the expression gives ${shortJson(jsonOf(cel, value.value))}, which is neither true nor false`,
          text.remediation,
        );
      }
      const { items, count } = program.offending(document);
      return fail(
        findingsOf(items.map((item) => jsonOf(cel, item)), count, document, template.value, text.remediation),
        `passes when \`${program.text.slice(0, 1000)}\` holds`,
      );
    },
  });
}

export function unjudged(why: string, remediation: string): Outcome {
  return {
    verdict: "error",
    findings: [{
      message: `The rule cannot be judged: ${why}`,
      remediation: `${remediation}. What cannot be judged is denied; see that the facts it reads are there`,
    }],
    counterfactual: "can be judged once the expression can be computed over the facts",
  };
}

/** One finding for each item, with its place where the item has one; one for all where the rule names none. */
function findingsOf(
  items: readonly Json[],
  count: number,
  document: FactDocument,
  template: Template,
  remediation: string,
): Finding[] {
  if (items.length === 0) {
    return [{ message: template.render(document, { count: 0, item: null }), remediation }];
  }
  return items.slice(0, MAX_FINDINGS).map((item) => {
    const message = template.render(document, { count, item });
    const fields = item !== null && typeof item === "object" && !Array.isArray(item) ? item : {};
    const named = typeof item === "string"
      ? item
      : [fields.id, fields.name, fields.title].find((one) => typeof one === "string");
    const path = typeof fields.path === "string" && fields.path !== "" ? fields.path : undefined;
    const line = typeof fields.line === "number" && Number.isInteger(fields.line) && fields.line >= 1
      ? fields.line
      : undefined;
    return {
      message: typeof named === "string" && !message.includes(named)
        ? `${message}: ${named.slice(0, 300)}`
        : message,
      ...(path === undefined ? {} : { path: path.slice(0, 4096) }),
      ...(path === undefined || line === undefined ? {} : { line }),
      remediation,
    };
  });
}

const shortJson = (value: Json): string => JSON.stringify(value).slice(0, 100);

/** Whether a rule is about these facts at all. Throws when that cannot be told, and an exception denies. */
export interface Selector {
  readonly reads: CelProgram["reads"];
  readonly program: CelProgram;
  select(document: FactDocument): { applies: boolean; because: string };
}

/** Compiles a `when`. */
export async function celSelector(text: string): Promise<Result<Selector, Problem>> {
  const program = await compileCel(text);
  return program.ok ? ok(selectorOf(program.value)) : program;
}

export function selectorOf(program: CelProgram): Selector {
  const shown = program.text.slice(0, 800);
  return {
    program,
    reads: program.reads,
    select(document) {
      const value = program.evaluate(document);
      if (!value.ok) throw new Error(`the selector \`${shown}\` cannot be told: ${value.error}`);
      if (typeof value.value !== "boolean") {
        throw new Error(`the selector \`${shown}\` is neither true nor false`);
      }
      return { applies: value.value, because: `\`${shown}\` is ${value.value}` };
    },
  };
}

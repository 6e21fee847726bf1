import { err, ok, type PackRule, type Problem, type Result } from "../../../specs/mod.ts";
import type { FactName } from "../../rule.ts";
import type { CompiledRule, Members } from "../kinds.ts";
import { compilePatterns } from "./astgrep_judge.ts";
import type { PatternRule } from "./astgrep_rule.ts";
import { bringsSecrets, broughtSecretsRule, type SecretSearch } from "./brought_secrets.ts";
import { cedarRule, type CedarSubject } from "./cedar.ts";
import { celRule, celSelector, type DocumentRule, type RuleText } from "./cel_rule.ts";
import { factDocument, namesRead } from "./fact_document.ts";
import { cannotCompile } from "./problem.ts";
import { regoRule } from "./rego.ts";
import { secretsRule } from "./secrets_rule.ts";

/** A rule's body, compiled, with the patterns that the extractor must look for on its behalf. */
export interface RuleBody extends DocumentRule {
  readonly patterns?: readonly PatternRule[];
  readonly searches?: readonly SecretSearch[];
}

/** Compiles one rule of a pack. What its kind does not understand cannot load. */
export async function compileRule(rule: PackRule, members: Members): Promise<Result<CompiledRule, Problem>> {
  const body = await compileBody(rule, members);
  if (!body.ok) return body;
  const selector = rule.when === undefined ? null : await celSelector(rule.when);
  if (selector && !selector.ok) return selector;
  const { judge, patterns, searches } = body.value;
  const names = namesRead(body.value.reads);
  const asked = selector ? namesRead(selector.value.reads) : names;
  return ok({
    reads: [...new Set([...body.value.reads, ...selector?.value.reads ?? []])].sort(),
    ...(selector ? { selector: (facts) => selector.value.select(factDocument(facts, asked)) } : {}),
    ...(patterns ? { patterns } : {}),
    ...(searches ? { searches } : {}),
    judge: (facts) => judge(factDocument(facts, names)),
  });
}

/** The body of a rule alone, asked by the fact document: what the tests of packs judge examples with. */
export async function compileBody(rule: PackRule, members: Members): Promise<Result<RuleBody, Problem>> {
  const text: RuleText = { message: rule.message, remediation: rule.remediation.text };
  if (rule.kind === "wasm") {
    const module = members.get(rule.file);
    if (module === undefined) return noMember(rule.file);
    return await regoRule(module, rule.entrypoint, text, knownAt(rule.phases));
  }
  const body = bodyOf(rule, members);
  if (!body.ok) return body;
  switch (rule.kind) {
    case "cel":
      return await celRule(body.value, text);
    case "astgrep":
      return await compilePatterns(body.value, text);
    case "cedar":
      return await cedarRule(body.value, text, subjectAt(rule.phases));
    case "secrets":
      return bringsSecrets(body.value)
        ? await broughtSecretsRule(body.value, text)
        : secretsRule(body.value, text);
    default:
      return unknownKind(rule);
  }
}

function unknownKind(rule: never): Result<never, Problem> {
  return cannotCompile(`The rule's kind is not known: ${JSON.stringify(rule).slice(0, 200)}`, "Use cel");
}

const noMember = (path: string) =>
  cannotCompile(`The rule's body is the member ${path}, which the pack does not hold`, "Add the file", path);

/** The text of a rule's body, from the rule itself or from the member that it names. */
export function bodyOf(
  rule: { expr?: string | undefined; file?: string | undefined },
  members: Members,
): Result<string, Problem> {
  if (rule.expr !== undefined) return ok(rule.expr);
  const path = rule.file ?? "";
  const bytes = members.get(path);
  if (bytes === undefined) return noMember(path);
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err({
      code: "rule-body",
      message: `The member ${path} is not UTF-8`,
      path,
      remedy: "Write the body as UTF-8 text",
    });
  }
}

/** What is known when a phase is left. */
const SPEC: readonly FactName[] = ["spec"];
const PATCH: readonly FactName[] = [...SPEC, "patch", "change", "proposal"];
const KNOWN: Readonly<Record<string, readonly FactName[]>> = {
  explore: SPEC,
  plan: SPEC,
  design: SPEC,
  implement: PATCH,
  verify: [...PATCH, "verify"],
  review: [...PATCH, "verify", "review", "outgoing"],
  release: [...PATCH, "verify"],
  observe: PATCH,
  final: [...PATCH, "verify"],
  resolve: ["pipeline"],
  acquire: ["pipeline"],
  assure: ["pipeline", "data"],
  publish: ["pipeline", "data"],
  settle: ["pipeline", "data"],
};

/** The facts that are there at every one of these transitions. */
function knownAt(phases: readonly string[]): FactName[] {
  const lists = phases.map((phase) => KNOWN[phase.split(/->|\u2192/)[0] ?? ""] ?? []);
  const [first = []] = lists;
  return first.filter((name) => lists.every((list) => list.includes(name)));
}

export function subjectAt(phases: readonly string[]): CedarSubject {
  const known = knownAt(phases);
  return known.includes("pipeline") ? "load" : known.includes("patch") ? "change" : "spec";
}

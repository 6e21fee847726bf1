import type { CedarValueJson, EntityJson, Policy } from "@cedar-policy/cedar-wasm/web";
import { z } from "zod";
import { type Finding, type Json, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type FactName, fail, type Outcome, pass } from "../../rule.ts";
import { type DocumentRule, type RuleText, unjudged } from "./cel_rule.ts";
import { type FactDocument, FACTS, factsFor } from "./fact_document.ts";
import { cannotCompile, messageOf } from "./problem.ts";

type Cedar = typeof import("@cedar-policy/cedar-wasm/web");

const MAX_TEXT = 64_000;

let library: Promise<Cedar> | undefined;
async function loadCedar(): Promise<Cedar> {
  library ??= import("@cedar-policy/cedar-wasm/web").then(async (cedar) => {
    await cedar.default();
    return cedar;
  });
  // What could not be loaded once is tried again by the next one who needs it.
  library.catch(() => library = undefined);
  return await library;
}

/** What a request is made of besides the transition: a change, once there is one, or a load of data. */
export type CedarSubject = "spec" | "change" | "load";

const SUBJECT_READS: Readonly<Record<CedarSubject, readonly FactName[]>> = {
  spec: ["spec"],
  change: ["spec", "patch"],
  load: ["pipeline"],
};

/**
 * A rule of Cedar policies, asked once for each transition. Deny is the default, a `forbid` wins over every `permit`, and a policy
 * that fails while it is evaluated denies, whatever the others say.
 *
 * - principal: `User::"<requester>"` with `approver`
 * - action: `Action::"<phase that is entered>"`, such as `Action::"release"`; `Action::"completed"` at the end
 * - resource: `Change::"<patch digest>"` with `intents`, `tier`, `paths`, `kinds`, `added`, `removed`; before there is a patch
 *   `Change::"none"` with `intents` and `tier`; of a data run `Load::"<pipeline>"` with `tier`, `mode`, `classification`, `streams`
 * - context: `from`, `to`, `at`, `requester`, `singleKey`, `autonomy.ceiling`, `autonomy.granted`, `approvals` (principals whose approval
 *   is bound to this patch, the requester's own not among them), and `facts.<name>` as in every other rule
 */
export async function cedarRule(
  policies: string,
  text: RuleText,
  subject: CedarSubject,
): Promise<Result<DocumentRule, Problem>> {
  if (policies.length > MAX_TEXT) {
    return cannotCompile(
      `The policies have ${policies.length} characters, more than ${MAX_TEXT}`,
      "Split them",
    );
  }
  const cedar = await loadCedar();
  const parts = cedar.policySetTextToParts(policies);
  if (parts.type === "failure") {
    return cannotCompile(
      `The Cedar policies do not parse: ${parts.errors[0]?.message ?? "no reason was given"}`,
      'Write policies such as permit (principal, action, resource) when { context.approvals.contains("ana") };',
      policies,
    );
  }
  if (parts.policies.length === 0) {
    return cannotCompile("The body holds no Cedar policy", "Write at least one permit", policies);
  }
  if (parts.policy_templates.length > 0) {
    return cannotCompile(
      "The body holds a template, which nobody fills in",
      "Write the principal and the resource out",
      policies,
    );
  }
  const names = factsNamed(policies);
  const unknown = [...names].find((name) => !Object.hasOwn(FACTS, name));
  if (unknown !== undefined) {
    return cannotCompile(
      `The policies read facts.${unknown}, which no fact document has`,
      `Use one of ${Object.keys(FACTS).sort().join(", ")}`,
    );
  }
  return ok(ruleOf(cedar, parts.policies, names, text, subject));
}

function ruleOf(
  cedar: Cedar,
  policies: readonly Policy[],
  names: ReadonlySet<string>,
  text: RuleText,
  subject: CedarSubject,
): DocumentRule {
  return {
    reads: [...new Set([...SUBJECT_READS[subject], ...factsFor(names, [])])].sort(),
    judge(document) {
      try {
        return answer(cedar, policies, document, names, subject, text);
      } catch (cause) {
        return unjudged(messageOf(cause), text.remediation);
      }
    },
  };
}

/** The policies as Cedar's JSON, and a rule of policies in that form: what is changed to try the tests of a rule. */
export async function cedarParts(
  policies: string,
  text: RuleText,
  subject: CedarSubject,
): Promise<{ policies: Json[]; rule(changed: readonly Json[]): DocumentRule }> {
  const cedar = await loadCedar();
  const parts = cedar.policySetTextToParts(policies);
  const json = parts.type === "failure" ? [] : parts.policies.flatMap((policy): Json[] => {
    const read = cedar.policyToJson(policy);
    return read.type === "success" ? [read.json as unknown as Json] : [];
  });
  const names = factsNamed(policies);
  return {
    policies: json,
    rule: (changed) => ruleOf(cedar, changed as unknown as Policy[], names, text, subject),
  };
}

function factsNamed(policies: string): Set<string> {
  const names = new Set<string>();
  for (const match of policies.matchAll(/\bfacts\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*"([^"]*)"\s*\])/g)) {
    names.add(match[1] ?? match[2] ?? "");
  }
  return names;
}

function answer(
  cedar: Cedar,
  policies: readonly Policy[],
  document: FactDocument,
  names: ReadonlySet<string>,
  subject: CedarSubject,
  text: RuleText,
): Outcome {
  const request = requestOf(document, names, subject);
  const said = cedar.isAuthorized({
    principal: request.principal.uid as { type: string; id: string },
    action: request.action,
    resource: request.resource.uid as { type: string; id: string },
    context: request.context,
    policies: { staticPolicies: Object.fromEntries(policies.map((policy, at) => [`policy${at}`, policy])) },
    entities: [request.principal, request.resource],
  });
  if (said.type === "failure") {
    return unjudged(said.errors[0]?.message ?? "the request was refused", text.remediation);
  }
  const { decision, diagnostics } = said.response;
  const [first] = diagnostics.errors;
  if (first) {
    return unjudged(`${first.policyId} failed: ${first.error.message}`, text.remediation);
  }
  if (decision === "allow") return pass();
  const { principal, action, resource } = request;
  const asked = `${told(principal.uid)} may not ${told(action)} ${told(resource.uid)}`;
  const forbids = diagnostics.reason.map((id) => policies[Number(id.replace(/\D+/g, ""))] ?? id);
  const findings: Finding[] = forbids.length === 0
    ? [{ message: `${text.message} (${asked}: no policy permits it)`, remediation: text.remediation }]
    : forbids.map((policy) => ({
      message: `${text.message} (${asked}: ${reasonOf(policy)})`,
      remediation: text.remediation,
    }));
  return fail(
    findings,
    forbids.length === 0
      ? "passes when a policy permits this request"
      : "passes when no policy forbids this request",
  );
}

const told = (uid: unknown): string => {
  const { type, id } = uid as { type: string; id: string };
  return `${type}::"${id.slice(0, 80)}"`;
};

/** What an annotation says, or the beginning of the policy. */
function reasonOf(policy: Policy): string {
  if (typeof policy !== "string") return JSON.stringify(policy).slice(0, 200);
  const named = /@(?:reason|description|id)\("((?:[^"\\]|\\.)*)"\)/.exec(policy);
  return (named?.[1] ?? policy.replace(/\s+/g, " ")).slice(0, 200);
}

interface Request {
  principal: EntityJson;
  action: { type: string; id: string };
  resource: EntityJson;
  context: Record<string, CedarValueJson>;
}

/** What every request must have, whatever its policies read. */
const Parts = z.object({
  transition: z.object({ from: z.string().min(1), to: z.string().min(1) }),
  principals: z.object({
    requester: z.string().min(1),
    approvers: z.array(z.string()),
    singleKey: z.boolean(),
  }),
  approvals: z.array(z.object({ by: z.string(), patch: z.string().optional() })),
  autonomy: z.object({ ceiling: z.string().min(1), granted: z.string().min(1) }),
  at: z.string().min(1),
});
const SpecPart = z.object({ intents: z.array(z.string()).min(1), tier: z.string().min(1) });
const DiffPart = z.object({
  patch: z.string().nullable(),
  added: z.number().int(),
  removed: z.number().int(),
  files: z.array(z.object({ path: z.string(), kind: z.string() })),
});
const LoadPart = z.object({
  id: z.string().min(1),
  tier: z.string().min(1),
  mode: z.string().min(1),
  classification: z.string(),
  streams: z.array(z.string()),
});

/** A part of the document in its form; what has another one cannot be asked about. */
function partOf<T>(form: z.ZodType<T>, value: unknown, what: string): T {
  const read = form.safeParse(value);
  if (read.success) return read.data;
  throw new Error(`${what} is not there, or has another form: ${read.error.issues[0]?.path.join(".") ?? ""}`);
}

function requestOf(document: FactDocument, names: ReadonlySet<string>, subject: CedarSubject): Request {
  const { transition, principals, approvals, autonomy, at } = partOf(Parts, document, "the transition");
  const { id, attrs } = resourceOf(document, subject);
  const facts: Record<string, CedarValueJson> = {};
  for (const name of names) {
    const value = document.facts[name];
    if (value === undefined) throw new Error(`facts.${name} is not there`);
    facts[name] = cedarValue(value) ?? {};
  }
  const bound = subject === "change" ? id : undefined;
  return {
    principal: {
      uid: { type: "User", id: principals.requester },
      attrs: { approver: principals.approvers.includes(principals.requester) },
      parents: [],
    },
    action: { type: "Action", id: transition.to.replace(/^@/, "") },
    resource: { uid: { type: subject === "load" ? "Load" : "Change", id }, attrs, parents: [] },
    context: {
      from: transition.from,
      to: transition.to.replace(/^@/, ""),
      at,
      requester: principals.requester,
      singleKey: principals.singleKey,
      autonomy: { ceiling: autonomy.ceiling, granted: autonomy.granted },
      approvals: [
        ...new Set(
          approvals.filter(({ by, patch }) =>
            by !== principals.requester && principals.approvers.includes(by) &&
            (bound === undefined || patch === bound)
          ).map(({ by }) => by),
        ),
      ],
      facts,
    },
  };
}

function resourceOf(
  document: FactDocument,
  subject: CedarSubject,
): { id: string; attrs: Record<string, CedarValueJson> } {
  if (subject === "load") {
    const { id, ...attrs } = partOf(LoadPart, document.facts.pipeline, "the pipeline");
    return { id, attrs };
  }
  const attrs = partOf(SpecPart, document.spec, "the spec");
  if (subject === "spec") return { id: "none", attrs };
  const { patch, added, removed, files } = partOf(DiffPart, document.facts.diff, "the patch");
  return {
    id: patch ?? "none",
    attrs: {
      ...attrs,
      added,
      removed,
      paths: files.map(({ path }) => path),
      kinds: [...new Set(files.map(({ kind }) => kind))],
    },
  };
}

/** Facts as Cedar values: there is no null and no fraction; a null is left out, a fraction told as text. */
function cedarValue(value: Json | undefined): CedarValueJson | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : String(value);
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) {
    return value.map((one) => cedarValue(one)).filter((one) => one !== undefined);
  }
  const entries = Object.entries(value).flatMap(([name, inner]): [string, CedarValueJson][] => {
    // In Cedar's JSON these names make something else of a record.
    if (/^__(?:entity|extn|expr)$/.test(name)) throw new Error(`a fact holds a field that is called ${name}`);
    const told = cedarValue(inner);
    return told === undefined ? [] : [[name, told]];
  });
  return Object.fromEntries(entries);
}

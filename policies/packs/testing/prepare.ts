import type { FileFacts, Json, PackRule } from "../../../specs/mod.ts";
import { Spec } from "../../../specs/code/mod.ts";
import { contentsOf } from "../../facts/content.ts";
import { extractPatchFacts } from "../../facts/extraction.ts";
import { scopeOf } from "../../facts/scope.ts";
import { sampleInput } from "../../testing/trees.ts";
import { patternMatches, type Sides } from "../kinds/astgrep_match.ts";
import type { PatternRule } from "../kinds/astgrep_rule.ts";
import type { startSearch } from "../kinds/astgrep_search.ts";
import { secretMatches, type SecretSearch } from "../kinds/brought_secrets.ts";
import { type FactDocument, factDocument } from "../kinds/fact_document.ts";
import type { RuleFacts } from "../kinds.ts";
import type { PackExample } from "./example.ts";

/** An example as the document that a rule reads; of two trees also the files, for patterns that are looked for in them. */
export interface Prepared {
  example: PackExample;
  document: FactDocument;
  files: { facts: FileFacts[]; sides: Sides } | null;
}

const AT = "2026-01-01T00:00:00.000Z";

/** What stands in the document when an example does not say it: a change that ana asks for, alone, at A3. */
const always = (rule: PackRule) => {
  const [from = "implement", to = "verify"] = (rule.phases[0] ?? "").split(/->|\u2192/);
  return {
    transition: from === "final"
      ? { from: "review", to: "release" }
      : { from, to: to === "" ? "verify" : to },
    budget: {},
    autonomy: { ceiling: "A3", granted: "A3" },
    approvals: [],
    principals: { requester: "ana", approvers: ["ana"], singleKey: true },
    at: AT,
  };
};

/** Makes the document of an example; the facts of two trees are extracted as those of a real change are. */
export async function prepare(rule: PackRule, example: PackExample): Promise<Prepared> {
  const { given, change } = example;
  if (given) {
    const { facts, spec, ...told } = given;
    return {
      example,
      files: null,
      document: {
        ...always(rule),
        ...(Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Record<
          string,
          Json
        >),
        ...(spec === undefined ? {} : { spec }),
        facts,
      },
    };
  }
  const { base, head, renames } = change ?? { base: {}, head: {}, renames: {} };
  const spec = Spec.parse({
    title: "An example",
    intent: { type: "UPDATE", scope: ["**"] },
    ...example.spec,
  });
  const input = await sampleInput(base, head, renames);
  const patch = await extractPatchFacts({ ...input, spec });
  const tests = new Set(patch.files.filter(({ kind }) => kind === "test").map(({ path }) => path));
  const facts: RuleFacts = {
    ...always(rule) as unknown as RuleFacts,
    spec,
    patch,
    scope: scopeOf(spec, patch.paths.known, tests),
    proposal: { implementer: "patch", rederives: null },
    ...(patch.change === null ? {} : { change: patch.change }),
  };
  return {
    example,
    document: factDocument(facts),
    files: { facts: patch.files, sides: contentsOf(input.read) },
  };
}

/** The example with what these patterns find in it among its facts. */
export async function withMatches(
  { example, document, files }: Prepared,
  patterns: readonly PatternRule[],
  start: typeof startSearch,
  searches: readonly SecretSearch[] = [],
): Promise<Prepared> {
  if (files === null || patterns.length + searches.length === 0) return { example, document, files };
  const matches = {
    ...(patterns.length > 0 ? await patternMatches(patterns, files.facts, files.sides, start) : {}),
    ...await secretMatches(searches, files.facts, files.sides),
  };
  return {
    example,
    files,
    document: { ...document, facts: { ...document.facts, matches: matches as Json } },
  };
}

import type { Finding, InfraFacts, InfraHazard, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { fail, type Outcome, pass, type Rule, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { namesInfra } from "./infra_name.ts";
import { renamesOf } from "./execution.ts";
import { namesPath } from "./named.ts";

export type Family = InfraHazard["family"];

const ABOUT: Readonly<Record<Family, string>> = {
  sql: "SQL",
  terraform: "Terraform",
  kubernetes: "manifests of Kubernetes",
};

/** A rule of a pack over what a change does to databases or infrastructure: the hazards of some kinds. */
export interface HazardRule {
  id: string;
  gate: string;
  family: Family;
  kinds: readonly string[];
  mode?: Rule["mode"];
  severity: Rule["severity"];
  description: string;
  remediation: string;
}

/** Facts of a change. One that was read by an engine without this extractor is an error, never a pass. */
function infraOf(
  patch: { infra?: InfraFacts | undefined; extractors: Record<string, string> },
): InfraFacts | null {
  if (patch.extractors.infra === undefined) {
    throw new Error("the facts of the patch were made without the extractor 'infra'; run the change again");
  }
  return patch.infra ?? null;
}

function touches(infra: InfraFacts | null, family: Family): boolean {
  if (infra === null) return false;
  return [infra.effects, infra.hazards, infra.unread].some((list) =>
    list.some((one) => one.family === family)
  ) ||
    (family === "sql" && infra.migrations.length > 0);
}

const selected = (infra: InfraFacts | null, family: Family) => {
  const applies = touches(infra, family);
  return {
    applies,
    because: applies ? `the change touches ${ABOUT[family]}` : `the change does nothing by ${ABOUT[family]}`,
  };
};

/** Fails for every hazard of its kinds; one that the spec names, or that nobody can be sure of, is for a human. */
export function hazardRule({ family, kinds, mode = "enforce", ...texts }: HazardRule): Rule {
  return rule({
    ...texts,
    mode,
    layer: "L2",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: ({ patch }) => selected(infraOf(patch), family),
    evaluate: ({ spec, patch }) => {
      const found = (infraOf(patch)?.hazards ?? []).filter((one) =>
        one.family === family && kinds.includes(one.kind)
      );
      if (found.length === 0) return pass();
      const [open, asked]: [Finding[], Finding[]] = [[], []];
      for (const hazard of found) {
        const named = isNamed(spec, hazard);
        (named || !hazard.certain ? asked : open).push({
          message: `${hazard.name}: ${hazard.detail}${named ? " (named in the spec: a human decides)" : ""}`,
          path: hazard.path,
          ...(hazard.line === undefined ? {} : { line: hazard.line }),
          remediation: texts.remediation,
        });
      }
      return fail([...open, ...asked], `passes when none of these is in the change: ${texts.remediation}`, {
        escalates: open.length === 0,
      });
    },
  });
}

function isNamed(spec: Spec, hazard: InfraHazard): boolean {
  const removes = intentsOf(spec).flatMap((intent) => intent.removes);
  return removes.some((entry) =>
    namesInfra(entry, hazard) || (hazard.name === hazard.path && namesPath(entry, hazard.path))
  ) ||
    (hazard.kind === "rename" && renamesOf(spec).some(({ from }) => namesInfra(from, hazard)));
}

/** What cannot be read is an error; what is only known elsewhere is for a human. */
export function readRule(family: Family, texts: Pick<HazardRule, "id" | "gate" | "remediation">): Rule {
  return rule({
    ...texts,
    mode: "enforce",
    layer: "L0",
    severity: "high",
    description: `Everything that the change does by ${
      ABOUT[family]
    } can be read: what nobody can read cannot be judged`,
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    selector: ({ patch }) => selected(infraOf(patch), family),
    evaluate: ({ patch }): Outcome => {
      const infra = infraOf(patch);
      const unread = (infra?.unread ?? []).filter((one) => one.family === family);
      const findings = unread.map(({ path, line, why }): Finding => ({
        message: `${path} is not judged: ${why}`,
        path,
        ...(line === undefined ? {} : { line }),
        remediation: texts.remediation,
      }));
      const malformed = unread.some((one) => one.class === "malformed");
      if (infra?.truncated) {
        findings.push({
          message: "The change does more than the facts can hold",
          remediation: "Divide the change",
        });
      }
      if (malformed || infra?.truncated) {
        return { verdict: "error", findings, counterfactual: "can be judged once all of it can be read" };
      }
      return findings.length > 0
        ? fail(findings, "passes when what is applied is in the change itself", { escalates: true })
        : pass();
    },
  });
}

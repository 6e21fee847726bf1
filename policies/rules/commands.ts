import type { CommandHazard, Finding, Spec } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { fail, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { looked, removesNames, specAsks } from "./oversight.ts";

const FETCHED: ReadonlySet<string> = new Set(["fetched-code", "build-flags"]);
const VERB =
  /\b(?:delet|destroy|drop|wip|truncat|remov|eras|format|reset|uninstall|purg|prun|empt|clear|clean|decommission|tear)\w*/i;
const NO = /\b(?:no|not|never|without|don't|must not|may not|avoid|keep|keeps|refuse\w*|forbid\w*)\b/i;

/** Whether a sentence of the spec wants this very thing gone. */
function wantsGone(spec: Spec, { name, detail }: CommandHazard): boolean {
  const words = `${name} ${detail}`.toLowerCase().split(/[^a-z0-9_]+/).filter((word) =>
    word.length > 2 && !VERB.test(word) && !/^(?:takes|over|from|table|all|the|without|asking)$/.test(word)
  );
  const home = name.startsWith("~") ? ["home"] : [];
  return [
    spec.title,
    spec.reason,
    spec.description,
    ...spec.constraints,
    ...spec.acceptance.map(({ text }) => text),
  ]
    .flatMap((text) => text.split(/[.;!?]\s|\n/)).some((sentence) => {
      if (!VERB.test(sentence) || NO.test(sentence)) return false;
      const said = new Set(sentence.toLowerCase().split(/[^a-z0-9_]+/));
      return [...words, ...home].some((word) => said.has(word));
    });
}

const destroys = (spec: Spec): boolean => intentsOf(spec).some(({ type }) => type === "DESTROY");

/** O1 and D2: what the scripts and programs of a change do when they run. */
export const commandRules = [
  rule({
    id: "O1",
    gate: "destructive-commands",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "Scripts, builds and programs destroy nothing beyond their own files that the spec does not name: folders of systems and homes, disks, databases, volumes, clusters, buckets; else a human is asked",
    remediation: "Take it out, or declare DESTROY and name it in intent.removes",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      looked(patch, "commands");
      const found = (patch.commands ?? []).filter(({ kind }) => !FETCHED.has(kind));
      const named = (one: CommandHazard) =>
        destroys(spec) || removesNames(spec, one.path, [one.name, one.kind]) || wantsGone(spec, one);
      const told = (one: CommandHazard): Finding => ({
        message: `${one.path} destroys what is not its own: ${one.detail}`,
        path: one.path,
        line: one.line,
        remediation: `Take it out, or declare DESTROY and add ${JSON.stringify(one.name)} to intent.removes`,
      });
      const open = found.filter((one) => !named(one));
      return open.length === 0 ? pass(found.map(told).slice(0, 100)) : fail(
        open.map(told),
        `passes without ${open.slice(0, 10).map(({ path, line }) => `${path}:${line}`).join(", ")}`,
        { escalates: true },
      );
    },
  }),
  rule({
    id: "D2",
    gate: "fetched-code",
    layer: "L2",
    mode: "enforce",
    severity: "high",
    description:
      "Scripts, builds and directives of Go do not run at once what they fetch, nor link what lies outside; else a human is asked",
    remediation: "Fetch a fixed version, compare its digest, then run it",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    evaluate: ({ spec, patch }) => {
      looked(patch, "commands");
      const found = (patch.commands ?? []).filter(({ kind }) => FETCHED.has(kind));
      const told = (one: CommandHazard): Finding => ({
        message: `${one.path} runs code that nobody reviewed: ${one.detail}: ${one.name}`,
        path: one.path,
        line: one.line,
        remediation: "Fetch a fixed version, compare its digest, then run it; or let a human answer",
      });
      const asked = ({ name }: CommandHazard) => {
        const host = name.split(/[/?#:]/)[0] ?? "";
        return host.includes(".") &&
          specAsks(spec, new RegExp(host.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i"));
      };
      const open = found.filter((one) => !asked(one));
      return open.length === 0 ? pass(found.map(told).slice(0, 100)) : fail(
        open.map(told),
        `passes without ${open.slice(0, 10).map(({ path, line }) => `${path}:${line}`).join(", ")}`,
        { escalates: true },
      );
    },
  }),
];

import type { FileFacts, Finding, InfraFacts, InfraHazard, Spec, ToolCall } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { judgeApprovals } from "../approval.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { renamesOf } from "./execution.ts";
import { namesInfra } from "./infra_name.ts";
import { namesPath } from "./named.ts";
import { carriedOut, finding, selected } from "./session/calls.ts";
import { humans } from "./session/tools.ts";

/** What cannot be read again once it is gone, by its kind among the facts of databases and infrastructure. */
const LOSES: ReadonlySet<InfraHazard["kind"]> = new Set([
  "drop-table",
  "drop-column",
  "drop-schema",
  "drop-database",
  "truncate",
  "delete-all",
  "stateful-destroyed",
  "key-deletion",
]);

/** Words of a verb that takes something away, however the interface writes them: volumeDelete, drop-table, rm -rf. */
const TAKES_AWAY = new Set(
  ("delete destroy drop truncate purge wipe terminate erase remove rm rmdir unlink shred mkfs deprovision " +
    "prune expunge obliterate flushall flushdb teardown del").split(" "),
);
const words = (verb: string): string[] =>
  verb.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z]+/);

/** What the broker knows to be the session's own: it passes away with it. */
const OWN = /^(?:workspace|tmp|session):/;
const BACKUP_MS = 24 * 3_600_000;
const AGREED =
  "Declare DESTROY and name it in intent.removes; two humans approve it, a backup of it is fresh, and no freeze window is open";

const removesOf = (spec: Spec): string[] => intentsOf(spec).flatMap(({ removes }) => removes);

/** L4: what cannot be brought back goes only where everybody who must agree has agreed. */
export const destructiveRules = [
  rule({
    id: "O1",
    gate: "destructive-change",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "Migrations, plans and manifests destroy data only where the spec names what goes; the tier critical needs two humans",
    remediation: "Take it out, or name the object in intent.removes",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change", "policy", "freeze"],
    selector: ({ patch }) => {
      const count = losses(patch.infra).length;
      return {
        applies: count > 0,
        because: count > 0 ? `${count} objects with data go` : "the change surely destroys no data",
      };
    },
    evaluate: ({ spec, patch, change, policy, freeze, approvals, principals, at }) => {
      const removes = removesOf(spec);
      const found = losses(patch.infra);
      const moved = renamesOf(spec).map(({ from }) => from);
      const open = found.filter((hazard) =>
        ![...removes, ...moved].some((entry) =>
          namesInfra(entry, hazard) || namesFile(entry, hazard, patch.files)
        )
      );
      const told = (hazard: InfraHazard, remediation: string): Finding => ({
        message: `${hazard.name}: ${hazard.detail}`,
        path: hazard.path,
        ...(hazard.line === undefined ? {} : { line: hazard.line }),
        remediation,
      });
      if (open.length > 0) {
        return fail(
          open.map((one) => told(one, `Keep it, or add ${JSON.stringify(one.name)} to intent.removes`)),
          "passes when nothing goes that the spec does not name",
        );
      }
      const [frozen] = freeze.open;
      if (frozen !== undefined) {
        return fail(
          found.map((one) => told(one, `Wait for the end of the freeze window: ${until(frozen)}`)),
          `passes after the freeze window (${
            until(frozen)
          }), which nothing that destroys data is excepted from`,
        );
      }
      if (spec.tier !== "critical") return pass();
      const judged = judgeApprovals({ approvals, principals, at }, change.patch, spec.tier, policy.approvers);
      const two = distinct(judged.valid);
      return two.length >= 2
        ? pass([{ message: `Approved by ${two.join(" and ")}`, remediation: "" }])
        : fail(
          found.map((one) => told(one, "Two humans approve this patch: forge workflow answer RUN --approve")),
          `passes with the approvals of two principals other than ${principals.requester}; ${two.length} is there`,
          { escalates: true, approvable: false },
        );
    },
  }),
  rule({
    id: "O1",
    gate: "destructive-operation",
    layer: "L4",
    mode: "enforce",
    severity: "critical",
    description:
      "An agent's session destroys only what a DESTROY intent names, with two humans' approval and a fresh backup",
    remediation: AGREED,
    bindings: PATCH_ALWAYS,
    reads: ["session", "spec", "policy", "freeze"],
    selector: selected,
    evaluate: ({ session: { log }, spec, policy, freeze, principals }) => {
      const findings: Finding[] = [];
      const [frozen] = freeze.open;
      const intended = intentsOf(spec).some(({ type }) => type === "DESTROY");
      const removes = removesOf(spec);
      for (const call of log === null ? [] : carriedOut(log)) {
        for (const { verb, resource, backup } of call.operations) {
          if (OWN.test(resource) || !words(verb).some((word) => TAKES_AWAY.has(word))) continue;
          const lacking = [
            ...(intended ? [] : ["no intent is DESTROY"]),
            ...(removes.includes(resource) ? [] : ["intent.removes does not name it"]),
            ...humansLack(call, principals, spec, policy.approvers),
            ...backupLacks(backup, resource, call.at),
            ...(frozen === undefined ? [] : [`a freeze window is open (${until(frozen)})`]),
          ];
          if (lacking.length > 0) {
            findings.push(finding(call, `${verb} ${resource}: ${lacking.join("; ")}`, AGREED));
          }
        }
      }
      return failIfAny(findings, `passes without the operation, or when all of this holds: ${AGREED}`);
    },
  }),
];

/** A file that goes by its name takes along what it declared. */
const namesFile = (entry: string, { path }: InfraHazard, files: readonly FileFacts[]): boolean =>
  namesPath(entry, path) && files.some((file) => file.path === path && file.status === "D");

function losses(infra: InfraFacts | undefined): InfraHazard[] {
  if (infra === undefined) return [];
  // A statement that the program runs is code; one of a migration runs by being there.
  const runs = new Set(infra.migrations.map(({ path }) => path));
  return infra.hazards.filter(({ kind, certain, family, path, name }) => {
    if (!certain || !LOSES.has(kind)) return false;
    if (family !== "sql") return true;
    // Dropped and made anew, or under another name, an object is still there.
    const gone = !kind.startsWith("drop-") ||
      infra.effects.some((effect) =>
        effect.action === "delete" && effect.path === path && effect.name === name
      );
    return runs.has(path) && gone;
  });
}

const until = ({ source, endsMs }: { source: string; endsMs: number }): string =>
  `${source}, until ${new Date(endsMs).toISOString()}`;

const distinct = (valid: readonly { by: string; selfApproved: boolean }[]): string[] => [
  ...new Set(valid.filter(({ selfApproved }) => !selfApproved).map(({ by }) => by)),
];

function humansLack(
  call: ToolCall,
  principals: Parameters<typeof humans>[1],
  spec: Spec,
  approvers: readonly string[],
): string[] {
  const count = distinct(humans(call, principals, spec.tier, approvers).valid).length;
  return count >= 2 ? [] : [`${count} of two humans approved it`];
}

function backupLacks(
  backup: ToolCall["operations"][number]["backup"],
  resource: string,
  at: string,
): string[] {
  if (backup === undefined) return ["there is no evidence of a backup"];
  if (backup.resource !== resource) return [`the backup is of ${backup.resource}`];
  const age = Date.parse(at) - Date.parse(backup.takenAt);
  return age < 0 || age > BACKUP_MS ? [`the backup of ${backup.takenAt} is not fresh`] : [];
}

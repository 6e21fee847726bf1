import type { Blobs } from "../kernel/mod.ts";
import type { FindPrincipals, WaiverFile } from "../pipelines/factory/mod.ts";
import {
  isExpiring,
  isWaived,
  NOBODY,
  pipelineName,
  type Principals,
  type ReadWaiver,
  readWaiver,
  unwaivable,
  WAIVER_CAPS,
} from "../policies/mod.ts";
import { storedInput } from "../policies/code/mod.ts";
import type { Decision, ListedWaiver, Tier } from "../specs/mod.ts";
import type { WaiverDirectory } from "./waiver_directory.ts";

/** A finding that holds a run up, with all that a request to waive it has to name. */
export interface WaivableFinding {
  rule: string;
  gate: string;
  layer: string;
  message: string;
  path: string | null;
  finding: string;
  /** Why nobody can waive it; null when two people can. */
  why: string | null;
  repo: string;
  packRange: string;
  tier: Tier;
}

/** Waivers, for the doors. */
export interface WaiverDesk {
  readonly directory: WaiverDirectory;
  readonly caps: typeof WAIVER_CAPS;
  /** Those of the installation, and of the files that are given beside them. */
  list(more?: readonly WaiverFile[], approvers?: readonly string[]): Promise<ListedWaiver[]>;
  /** One file as it would be read now. */
  read(file: WaiverFile): Promise<ReadWaiver>;
  /** What holds a run up, by its last decision. */
  findings(run: string): Promise<WaivableFinding[]>;
}

export function waiverDesk(given: {
  directory: WaiverDirectory;
  principals: FindPrincipals;
  blobs: Blobs;
  decisions: (run: string) => Promise<Decision[]>;
  now: () => number;
}): WaiverDesk {
  const { directory, blobs } = given;
  const nowText = () => new Date(given.now()).toISOString();
  const known = async (): Promise<Principals> => {
    const found = await given.principals();
    return found.ok ? found.value : NOBODY;
  };
  return {
    directory,
    caps: WAIVER_CAPS,
    async list(more = [], approvers = []) {
      const people = await known();
      const at = nowText();
      const files = [...more, ...await directory.installed()];
      return await Promise.all(files.map(async (file) => {
        const read = await readWaiver(file, people, at, approvers);
        return listed(read, await directory.uses(read.digest), at);
      }));
    },
    read: async (file) => await readWaiver(file, await known(), nowText()),
    async findings(run) {
      const decision = (await given.decisions(run)).findLast(({ verdict }) => verdict !== "allow");
      if (decision === undefined) return [];
      const bytes = await blobs.get(decision.inputDigest);
      const stored = bytes === null ? null : await storedInput(new TextDecoder().decode(bytes));
      const { repo, tier } = !stored?.ok
        ? { repo: "", tier: "critical" as const }
        : stored.value.kind === "change"
        ? {
          repo: stored.value.input.repository?.[0] ?? "",
          tier: stored.value.input.spec?.tier ?? "critical" as const,
        }
        : stored.value.kind === "pull"
        ? { repo: stored.value.input.pull?.url ?? "", tier: "critical" as const }
        : {
          repo: pipelineName(stored.value.input.pipeline?.id ?? ""),
          tier: stored.value.input.pipeline?.tier ?? "critical" as const,
        };
      const versions = new Map(decision.packs.map(({ name, version }) => [name, version]));
      return decision.rules
        .filter((rule) => rule.mode === "enforce" && rule.verdict === "fail" && !isWaived(rule))
        .flatMap((rule) =>
          rule.findings.filter(({ waived }) => waived === undefined).flatMap((one) =>
            one.fingerprint === undefined ? [] : [{
              rule: rule.rule,
              gate: rule.gate,
              layer: rule.layer,
              message: one.message,
              path: one.path ?? null,
              finding: one.fingerprint,
              why: unwaivable(rule),
              repo,
              packRange: `^${versions.get(rule.rule.slice(0, rule.rule.lastIndexOf("/"))) ?? "1"}`,
              tier,
            }]
          )
        );
    },
  };
}

function listed(read: ReadWaiver, runs: readonly string[], at: string): ListedWaiver {
  const { digest, source, waiver, approvedBy, problem, requested } = read;
  const expired = waiver !== null && Date.parse(waiver.expiresAt) <= Date.parse(at);
  const exhausted = waiver !== null && runs.length >= waiver.maxUses;
  const state: ListedWaiver["state"] = waiver === null
    ? "refused"
    : expired && (problem === null || requested)
    ? "expired"
    : problem !== null
    ? (requested ? "requested" : "refused")
    : exhausted
    ? "exhausted"
    : isExpiring(waiver, at)
    ? "expiring"
    : "active";
  return {
    digest,
    source,
    state,
    why: problem ??
      (expired
        ? `it expired at ${waiver?.expiresAt}`
        : exhausted
        ? `it was used ${runs.length} times`
        : null),
    uses: runs.length,
    unused: runs.length === 0,
    waiver,
    approvedBy,
  };
}

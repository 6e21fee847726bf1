import type { Blobs, RunView } from "../../kernel/mod.ts";
import { repositoryNames } from "../../policies/mod.ts";
import { PREDICATES, type StatementSubject } from "../../specs/attestation/mod.ts";
import {
  digestOf,
  type PullRequestRef,
  type RunStatus,
  type Spec,
  type VerifyFacts,
} from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { approvalEnvelopes, type Attested } from "../attestation.ts";
import type { LedgerFiles } from "../ledger_files.ts";
import { aided, unaided } from "./implementer_statement.ts";
import type { FactoryInput } from "./input.ts";
import type { Proposal } from "./proposal.ts";
import type { RecordedWork } from "./recorded_work.ts";

/** What a run over a repository has signed of itself. */
export async function attestedChange(given: {
  view: RunView;
  status: RunStatus;
  ledger: LedgerFiles;
  input: FactoryInput;
  spec: Spec;
  proposal: Proposal | null;
  verify: VerifyFacts | null;
  /** What agents did, each visit of implement; empty when none took part. */
  works: readonly RecordedWork[];
  withheld: readonly string[];
  version: string;
  blobs: Blobs;
}): Promise<Attested> {
  const { view, status, ledger, input, spec, proposal, verify } = given;
  const { baseRef, baseCommit, baseTree } = input.repository;
  const repository = repositoryNameOf(input);
  const pull = pullRequestOf(view);
  const patch = proposal?.patch ?? input.patch?.digest ?? null;
  const subject: StatementSubject[] = [
    patch === null
      ? { name: "spec.json", digest: { sha256: hexOf(input.spec) } }
      : { name: "change.patch", digest: { sha256: hexOf(patch) } },
    {
      name: `git+${repository}@${pull?.commit ?? baseCommit}`,
      digest: pull && proposal?.change
        ? { gitCommit: pull.commit, gitTree: proposal.change.tree }
        : { gitCommit: baseCommit, gitTree: baseTree },
    },
  ];
  return {
    status,
    subject,
    resourceUri: `git+${repository}`,
    statements: [
      {
        name: "00-change",
        predicateType: PREDICATES.change,
        predicate: {
          run: view.run,
          spec: input.spec,
          title: spec.title,
          intents: intentsOf(spec).map(({ type }) => type),
          repository: { name: repository, baseRef, baseCommit, baseTree },
          change: proposal?.change ?? null,
          withheld: [...given.withheld],
          pullRequest: pull && { number: pull.number, branch: pull.branch, commit: pull.commit },
        },
      },
      ...await implementers(given),
      ...await testResults(verify),
    ],
    envelopes: await approvalEnvelopes(given.blobs, ledger),
    levels: levelsOf(spec, ledger, input),
  };
}

/** What strangers know the repository by: a directory of this machine tells them nothing. */
export function repositoryNameOf({ repository: { places = [], location } }: FactoryInput): string {
  const [name = "repository"] = repositoryNames(
    [...places, location].filter((place) => place.includes("://")),
  );
  return name;
}

/** The pull request exists only when its effect was recorded. */
export const pullRequestOf = (view: Pick<RunView, "run" | "effects">): PullRequestRef | null =>
  (view.effects[`${view.run}/pull-request`] ?? null) as PullRequestRef | null;

/** Who made the proposal, and who made those that were sent back, where agents did. */
async function implementers(
  given: {
    view: RunView;
    input: FactoryInput;
    proposal: Proposal | null;
    version: string;
    works: readonly RecordedWork[];
  },
): Promise<Attested["statements"][number][]> {
  const { proposal, works } = given;
  if (proposal === null) return [];
  const of = { run: given.view.run, input: given.input, version: given.version };
  const statement = (name: string, predicate: unknown) => ({
    name,
    predicateType: PREDICATES.implementer,
    predicate,
  });
  if (!proposal.work) return [statement("10-implementer", unaided(of, proposal))];
  return await Promise.all(works.map(async (work, at) =>
    statement(
      at === works.length - 1 ? "10-implementer" : `10-implementer-before-${String(at + 1).padStart(2, "0")}`,
      // Steps of a proposal that was sent back are in its own record.
      await aided(of, at === works.length - 1 ? proposal : { ...proposal, steps: [] }, work),
    )
  ));
}

/** Every command and every held-out check on the changed code. */
async function testResults(verify: VerifyFacts | null): Promise<Attested["statements"][number][]> {
  const executions = [
    ...(verify?.commands ?? []).map(({ head }) => head),
    ...(verify?.checks ?? []).map(({ head }) => head),
  ];
  return await Promise.all(executions.map(async (execution, at) => {
    const cases = execution.report?.cases ?? [];
    const named = (status: string) => cases.filter((one) => one.status === status).map(({ name }) => name);
    return {
      name: `30-test-result-${String(at + 1).padStart(2, "0")}`,
      predicateType: PREDICATES.testResult,
      predicate: {
        result: execution.exitCode === 0 && execution.ended === "by-itself" && named("fail").length === 0
          ? "PASSED"
          : "FAILED",
        configuration: [{
          name: execution.argv.join(" "),
          digest: { sha256: hexOf(await digestOf(JSON.stringify(execution.argv))) },
        }],
        passedTests: named("pass"),
        warnedTests: named("skip"),
        failedTests: named("fail"),
      },
    };
  }));
}

/** What a passed run may claim: only what a gate of it has said, and never a level of a source-control platform. */
function levelsOf(spec: Spec, { decisions }: LedgerFiles, input: FactoryInput): string[] {
  const rules = decisions.flatMap(({ decision }) => decision.rules);
  const holds = (id: string) => {
    const said = rules.filter(({ rule }) => rule === `core/${id}`);
    return said.length > 0 && said.every(({ verdict }) => verdict === "pass" || verdict === "not_applicable");
  };
  const reviewers = new Set(
    decisions.flatMap(({ decision }) => decision.approvals)
      .filter(({ selfApproved }) => !selfApproved).map(({ by }) => by),
  );
  return [
    ...(holds("C3") ? intentsOf(spec).map(({ type }) => `ORG_SOURCE_INTENT_${type}_VERIFIED`) : []),
    ...(["T1", "T2", "T3", "T4"].every(holds) ? ["ORG_SOURCE_TESTS_UNWEAKENED"] : []),
    ...(holds("F2P") ? ["ORG_SOURCE_CHANGE_PROVEN"] : []),
    ...(input.sandbox === "bwrap" ? ["ORG_SOURCE_VERIFIED_IN_SANDBOX"] : []),
    ...(reviewers.size > 0 ? [`ORG_SOURCE_HUMAN_REVIEWS_${reviewers.size}`] : []),
  ];
}

const hexOf = (digest: string) => digest.slice("sha256:".length);

import type { Blobs, RunView } from "../../kernel/mod.ts";
import { repositoryNames } from "../../policies/mod.ts";
import { PREDICATES, type StatementSubject } from "../../specs/attestation/mod.ts";
import {
  digestOf,
  intentsOf,
  type PullRequestRef,
  type RunStatus,
  type Spec,
  type VerifyFacts,
} from "../../specs/mod.ts";
import { approvalEnvelopes, type Attested } from "../attestation.ts";
import type { LedgerFiles } from "../ledger_files.ts";
import type { FactoryInput } from "./input.ts";
import type { Proposal } from "./proposal.ts";

/** What a run over a repository has signed of itself. */
export async function attestedChange(given: {
  view: RunView;
  status: RunStatus;
  ledger: LedgerFiles;
  input: FactoryInput;
  spec: Spec;
  proposal: Proposal | null;
  verify: VerifyFacts | null;
  withheld: readonly string[];
  version: string;
  blobs: Blobs;
}): Promise<Attested> {
  const { view, status, ledger, input, spec, proposal, verify } = given;
  const { baseRef, baseCommit, baseTree, places = [], location } = input.repository;
  const [repository = "repository"] = repositoryNames(
    [...places, location].filter((place) => place.includes("://")),
  );
  const pull = (view.effects[`${view.run}/pull-request`] ?? null) as PullRequestRef | null;
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
      ...(proposal === null ? [] : [{
        name: "10-implementer",
        predicateType: PREDICATES.implementer,
        predicate: {
          run: view.run,
          agent: { name: `edgeforge:${proposal.implementer}`, version: given.version },
          delegator: input.requester,
          model: null,
          prompts: [],
          context: [{ uri: "artifacts/spec.json", digest: input.spec, trust: "untrusted" }],
          toolCalls: [],
          sandbox: input.sandbox,
          usage: { tokensIn: 0, tokensOut: 0, costMicroUsd: 0 },
          steps: proposal.steps,
          rederives: proposal.rederives,
        },
      }]),
      ...await testResults(verify),
    ],
    envelopes: await approvalEnvelopes(given.blobs, ledger),
    levels: levelsOf(spec, ledger, input),
  };
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

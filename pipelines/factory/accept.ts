import { repositoryPlaces } from "../../connectors/mod.ts";
import { patchSecrets } from "../../policies/code/mod.ts";
import { repositoryName } from "../../policies/mod.ts";
import { maskPatch, withheldPatch } from "../../policies/code/mod.ts";
import {
  type BudgetLimits,
  digestOf,
  err,
  ImplementerKind,
  type Json,
  ok,
  type Problem,
  type Result,
  type Spec,
} from "../../specs/mod.ts";
import { specWith } from "../../specs/code/mod.ts";
import type { WorkflowDefinition } from "../../specs/mod.ts";
import { isLocalOnly, LOCAL_REMEDY } from "../models/mod.ts";
import { isAgent } from "./implement.ts";
import { ciChoice, noCiWorkflow } from "./ci/accept.ts";
import { verifiedByCi } from "./ci/mod.ts";
import { chooseForge, forgeRefuses } from "./forge_choice.ts";
import { beginPersonal, markedTitle } from "../personal_data.ts";
import { IMPLEMENTERS } from "./implementers/names.ts";
import type { FactoryInput } from "./input.ts";
import { packProblems } from "./packs.ts";
import type { FactoryPorts } from "./ports.ts";
import { perTask } from "./stack/workflow.ts";
import { type ReadCheck, usableSpec } from "./usable_spec.ts";
import { repairing, workflows } from "./workflows.ts";

/** What a door hands in, before anything of it is believed. */
export interface Submission {
  spec: string | Record<string, unknown>;
  /** The spec's file name, when it has one: its ending tells the syntax. */
  specName?: string;
  /** Reads a held-out file that the spec names. The door decides where it may look. */
  readCheck: ReadCheck;
  repo: string;
  base?: string;
  implementer?: string;
  /** Of the implementer `cli`: claude, codex, gemini or opencode. */
  agent?: string;
  patch?: Uint8Array;
  forge?: string;
  /** `one` (the default) or `per-task`. */
  pr?: string;
  /** `here` (the default where anything can be run) or `ci`: by the forge's CI. */
  verify?: string;
  /** Values of the spec's parameters. */
  params?: Readonly<Record<string, Json>>;
  /** What a chain has left for it: its own limits are never higher. */
  cap?: Partial<BudgetLimits>;
  /** The workflow in place of the spec's: of the stage of a chain that carries out the spec which names the chain. */
  workflow?: string;
  /** Chains that may be named here; asked only to say so. */
  chains?: () => Promise<readonly string[]>;
  requester: string;
}

/** What the ledger accepts: definition, input, limits, all checked. */
export interface Accepted {
  workflow: WorkflowDefinition;
  input: FactoryInput;
  title: string;
  limits: Record<string, number>;
}

const MAX_PATCH_BYTES = 32 * 1024 * 1024;

/**
 * Checks everything that can be known before a run exists, and stores what the ledger will name. An error here leaves nothing
 * behind but unreferenced blobs.
 */
export async function acceptSpec(ports: FactoryPorts, given: Submission): Promise<Result<Accepted, Problem>> {
  const read = await usableSpec({
    spec: given.spec,
    readCheck: given.readCheck,
    packProblem: packProblems(ports, () => ports.workspaces.open(given.repo, given.base)),
    ...(given.chains === undefined ? {} : { chains: given.chains }),
    ...(given.specName === undefined ? {} : { name: given.specName }),
  });
  if (!read.ok) return err(unusable(read.error));
  const filled = specWith(read.value.spec, given.params ?? {});
  if (!filled.ok) return filled;
  const spec = capped(filled.value.spec, given);
  const source = typeof given.spec === "string" ? given.spec : JSON.stringify(given.spec, null, 2);
  const chosen = choose(ports, spec, given);
  if (!chosen.ok) return chosen;
  const { workflow, implementer } = chosen.value;
  const perTaskRefused = given.pr === undefined ? null : prProblem(ports, given.pr, spec, implementer);
  if (perTaskRefused) return err(perTaskRefused);
  const opens = opensPullRequests(spec);
  const forge = await chooseForge(ports, given, opens);
  if (!forge.ok) return forge;
  const byCi = ciChoice(ports, given.verify, { forge: forge.value, opens, pr: given.pr, implementer });
  if (!byCi.ok) return byCi;
  // Before the repository is read: without a credential a private one is not even found.
  const remote = opens && forge.value.remote !== undefined;
  const shut = remote ? await forgeRefuses(forge.value, { location: given.repo, gitDir: "" }) : null;
  if (shut) return err(shut);
  // Of a spec whose text may not leave the machine, no run begins that could only end at that.
  const localOnly = isAgent(implementer) && isLocalOnly(spec);
  const mind = implementer === "model" || localOnly ? await aModel(ports, implementer, localOnly) : ok([]);
  if (!mind.ok) return mind;

  const [usable, repository] = await Promise.all([
    byCi.value ? null : ports.sandbox.check(),
    ports.workspaces.open(given.repo, given.base),
  ]);
  if (usable?.ok === false) return err({ ...usable.error, code: "sandbox-unavailable" });
  if (!repository.ok) return repository;
  // Its version is asked behind the walls.
  const agent = await chosenAgent(ports, implementer, given.agent, localOnly ? mind.value : null);
  if (!agent.ok) return agent;

  const refused = await ports.refuses?.(given.repo, repository.value.location) ?? null;
  if (refused) return err(refused);
  const taken = opens ? await forgeRefuses(forge.value, repository.value) : null;
  if (taken) return err(taken);

  const unready = byCi.value ? await noCiWorkflow(ports, forge.value, repository.value) : null;
  if (unready) return err(unready);

  const begun = await beginPersonal(ports.personal, spec.personalData);
  if (!begun.ok) return begun;
  const personal = begun.value;
  const blobs = personal?.blobs ?? ports.blobs;
  // It becomes a branch, a commit and a heading, and is no place for personal data.
  const title = personal === null ? spec.title : markedTitle(spec.title, personal.mark);
  const checks: Record<string, string> = {};
  for (const [path, bytes] of read.value.checks) checks[path] = await blobs.put(bytes);
  const patch = given.patch && implementer === "patch"
    ? await keepPatch({ ...ports, blobs }, given.patch)
    : null;
  const { location, gitDir, baseRef, baseCommit, baseTree, dirty } = repository.value;
  // Of a URL whatever stands before the host may be a credential.
  const places = (await repositoryPlaces(location)).map(repositoryName);
  const stacks = given.pr === "per-task";
  return ok({
    workflow: stacks ? perTask : byCi.value ? verifiedByCi(workflow) : workflow,
    title,
    limits: {
      tokens: spec.budget.tokens,
      costMicroUsd: Math.round(spec.budget.usd * 1_000_000),
      ms: spec.budget.seconds * 1000,
      repairs: spec.budget.repairs,
    },
    input: {
      kind: "factory",
      spec: await blobs.put(JSON.stringify({ ...spec, title })),
      source: await blobs.put(source),
      format: typeof given.spec === "string" && /^\ufeff?---\r?\n/.test(source)
        ? "md"
        : source.trimStart().startsWith("{")
        ? "json"
        : "yaml",
      checks,
      repository: {
        ...{ location, gitDir, baseRef, baseCommit, baseTree, dirty, places },
        ...(forge.value.remote === undefined ? {} : { remote: forge.value.remote }),
      },
      implementer,
      ...(agent.value === null ? {} : { agent: agent.value }),
      patch,
      forge: forge.value.name,
      ...(stacks ? { pr: "per-task" as const } : {}),
      ...(Object.keys(filled.value.values).length === 0 ? {} : { params: filled.value.values }),
      sandbox: byCi.value ? "ci" : ports.sandbox.level,
      ...(byCi.value ? { verify: "ci" as const } : {}),
      requester: given.requester,
      ...(personal === null ? {} : { personal: personal.privacy }),
    },
  });
}

/** The spec as it is run: in the workflow that was chosen for it, within what is left for it. */
function capped(spec: Spec, { cap = {}, workflow }: Pick<Submission, "cap" | "workflow">): Spec {
  const { budget } = spec;
  const least = (own: number, most: number | undefined) => most === undefined ? own : Math.min(own, most);
  return {
    ...spec,
    ...(workflow === undefined ? {} : { workflow }),
    budget: {
      usd: least(budget.usd, cap.usd),
      tokens: least(budget.tokens, cap.tokens),
      seconds: least(budget.seconds, cap.seconds),
      repairs: least(budget.repairs, cap.repairs),
    },
  };
}

/** Why there can be no pull request for each task; null when there can. */
function prProblem(
  ports: FactoryPorts,
  pr: string,
  spec: Spec,
  implementer: ImplementerKind,
): Problem | null {
  if (pr === "one") return null;
  const refused = (message: string, remedy: string, code = "usage"): Problem => ({
    code,
    value: pr,
    message,
    remedy,
  });
  if (pr !== "per-task") {
    return refused(`There is no way '${pr}' to open pull requests`, "One of: one, per-task");
  }
  if (!isAgent(implementer)) {
    return refused(
      `Cannot open a pull request for each task: the edits of the implementer '${implementer}' are given, and are one task`,
      "Leave --pr out, or let a model implement it",
    );
  }
  if (spec.workflow !== "canonical") {
    return refused(
      `Cannot open a pull request for each task: the workflow '${spec.workflow}' makes no plan`,
      "Give the spec the workflow canonical, or leave --pr out",
    );
  }
  if (!opensPullRequests(spec)) {
    return refused(
      `Cannot open a pull request for each task: at ${spec.autonomy} none is opened, and none could stand on another`,
      "Raise autonomy to A2 or more, or leave --pr out",
    );
  }
  return ports.runs === undefined
    ? refused("Cannot open a pull request for each task here", "Leave --pr out", "not-in-this-version")
    : null;
}

/** Below A2 a run leaves a patch and evidence, no pull request. */
function opensPullRequests(spec: Spec): boolean {
  return spec.autonomy !== "A0" && spec.autonomy !== "A1";
}

/** All problems of a spec as one. */
function unusable(causes: Problem[]): Problem {
  return {
    code: causes.every((cause) => cause.code === "unknown-pack") ? "unknown-pack" : "invalid-spec",
    message: `Cannot accept the spec: ${count(causes.length, "problem")}`,
    remedy: "See all of them at once: forge spec check FILE",
    causes,
  };
}

/** The models that can be asked here, at least one. */
async function aModel(
  ports: FactoryPorts,
  implementer: ImplementerKind,
  localOnly: boolean,
): Promise<Result<readonly string[], Problem>> {
  const said = await ports.models?.available({ localOnly }) ?? {
    ok: false as const,
    why: "this installation has no way to a model",
    remedy: "Use --implementer codemod or patch, or give the key of a provider in the environment",
  };
  return said.ok ? ok(said.models) : err({
    code: "no-model",
    value: implementer,
    message: `Cannot implement by '${implementer}': ${said.why}`,
    remedy: said.remedy,
  });
}

/** Whose program works: chosen once, so that each round is by the same. Null for every other implementer. */
async function chosenAgent(
  ports: FactoryPorts,
  implementer: ImplementerKind,
  wanted: string | undefined,
  local: readonly string[] | null,
): Promise<Result<string | null, Problem>> {
  if (implementer !== "cli") {
    return wanted === undefined ? ok(null) : err({
      code: "usage",
      value: wanted,
      message: `Cannot use the agent '${wanted.slice(0, 100)}': the implementer is '${implementer}'`,
      remedy: "Leave --agent out, or choose --implementer cli",
    });
  }
  if (ports.implementers?.cli !== undefined) return ok(wanted ?? null);
  if (ports.agents === undefined) {
    return err({
      code: "no-agent",
      value: "cli",
      message: "Cannot implement by 'cli': this installation starts no programs of agents",
      remedy: "Choose --implementer model, codemod or patch",
    });
  }
  const chosen = await ports.agents.choose(
    wanted,
    local === null ? undefined : { models: local, remedy: LOCAL_REMEDY },
  );
  return chosen.ok ? ok(chosen.value.agent.id) : chosen;
}

function choose(
  ports: FactoryPorts,
  spec: Spec,
  given: Submission,
): Result<{ workflow: WorkflowDefinition; implementer: ImplementerKind }, Problem> {
  const named = Object.hasOwn(workflows, spec.workflow) ? workflows[spec.workflow] : undefined;
  if (!named) {
    return err({
      code: "invalid-spec",
      value: spec.workflow,
      message: `Cannot run the spec by itself: its workflow '${spec.workflow}' is a chain`,
      remedy: `Give it the workflow ${Object.keys(workflows).join(" or ")}, or run the chain`,
    });
  }
  const wanted = given.implementer ?? (given.patch ? "patch" : spec.implementer);
  const bound: readonly ImplementerKind[] = ImplementerKind.options.filter((name) =>
    (IMPLEMENTERS as readonly string[]).includes(name) || ports.implementers?.[name] !== undefined
  );
  const implementer = bound.find((name) => name === wanted);
  if (!implementer) {
    return err({
      code: "usage",
      value: wanted,
      message: `There is no implementer '${wanted}'`,
      remedy: `One of: ${bound.join(", ")}`,
    });
  }
  if (implementer === "patch" && !given.patch) {
    return err({
      code: "invalid-patch",
      message: "Cannot replay a patch: none was given",
      remedy: "Give one: --patch FILE (over HTTP: the field patch)",
    });
  }
  if (implementer !== "patch" && given.patch) {
    return err({
      code: "invalid-patch",
      message: `Cannot use the given patch: the implementer is '${implementer}'`,
      remedy: "Leave the patch out, or choose --implementer patch",
    });
  }
  if (given.patch && given.patch.length > MAX_PATCH_BYTES) {
    return err({
      code: "invalid-patch",
      message: `Cannot accept the patch: ${given.patch.length} bytes are above the cap of ${MAX_PATCH_BYTES}`,
      remedy: "Split the change",
    });
  }
  // What an agent was denied goes back to it; the others would do the same again.
  return ok({ workflow: isAgent(implementer) ? repairing(named) : named, implementer });
}

/**
 * Stores the patch; when it brings a secret in, only its redacted form, with the digest of the original as the subject. Lines that
 * show a secret of the base are left out of what is stored, and come back from the base when the patch is applied.
 */
async function keepPatch(
  ports: FactoryPorts,
  bytes: Uint8Array,
): Promise<NonNullable<FactoryInput["patch"]>> {
  const brought = await patchSecrets(bytes);
  const masked = brought.length === 0 ? await maskPatch(bytes) : null;
  const found = masked ? masked.found : brought;
  return {
    digest: await digestOf(bytes),
    stored: await ports.blobs.put(masked && found.length === 0 ? masked.bytes : withheldPatch(bytes)),
    withheld: found.map(({ rule, path, line }) => ({
      rule,
      ...(path ? { path } : {}),
      ...(line ? { line } : {}),
    })),
  };
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

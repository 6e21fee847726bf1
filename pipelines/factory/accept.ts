import { redact, scanSecrets } from "../../policies/mod.ts";
import {
  digestOf,
  err,
  type Json,
  ok,
  type Problem,
  readSpec,
  readSpecObject,
  type Result,
  type Spec,
} from "../../specs/mod.ts";
import type { WorkflowDefinition } from "../../specs/mod.ts";
import { IMPLEMENTERS } from "./implementers/mod.ts";
import type { FactoryInput } from "./input.ts";
import type { FactoryPorts } from "./ports.ts";
import { workflows } from "./workflows.ts";

/** What a door hands in, before anything of it is believed. */
export interface Submission {
  spec: string | Record<string, unknown>;
  /** Reads a held-out file that the spec names; null when it is not there. The door decides where it may look. */
  readCheck(path: string): Promise<Result<Uint8Array, Problem>>;
  repo: string;
  base?: string;
  implementer?: string;
  patch?: Uint8Array;
  forge?: string;
  requester: string;
}

/** What the ledger accepts: definition, input, limits, all checked. */
export interface Accepted {
  workflow: WorkflowDefinition;
  input: FactoryInput;
  title: string;
  limits: Record<string, number>;
}

/** Packs that are built in: `core` always applies and holds these as far as they are built. */
const PACKS = ["core", "test-integrity", "secrets", "ci-integrity", "git-hygiene"];
const MAX_PATCH_BYTES = 32 * 1024 * 1024;
const decoder = new TextDecoder("latin1");

/**
 * Checks everything that can be known before a run exists, and stores what the ledger will name. An error here leaves nothing
 * behind but unreferenced blobs.
 */
export async function acceptSpec(ports: FactoryPorts, given: Submission): Promise<Result<Accepted, Problem>> {
  const read = typeof given.spec === "string" ? await readSpec(given.spec) : await readSpecObject(given.spec);
  if (!read.ok) {
    return err({
      code: "invalid-spec",
      message: `Cannot accept the spec: ${count(read.error.length, "problem")}`,
      causes: read.error,
    });
  }
  const spec = read.value.spec;
  const source = typeof given.spec === "string" ? given.spec : JSON.stringify(given.spec, null, 2);
  const leaks = scanSecrets(source);
  if (leaks.length > 0) {
    return err({
      code: "invalid-spec",
      message: `Cannot accept the spec: it holds what looks like a credential (${leaks[0]?.rule}, line ${
        leaks[0]?.line ?? "?"
      })`,
      remedy: "Take it out and revoke it; a spec is stored and shown",
    });
  }
  const chosen = choose(spec, given);
  if (!chosen.ok) return chosen;
  const { workflow, implementer } = chosen.value;

  const usable = await ports.sandbox.check();
  if (!usable.ok) return err({ ...usable.error, code: "sandbox-unavailable" });

  const repository = await ports.workspaces.open(given.repo, given.base);
  if (!repository.ok) return repository;

  const refused = await ports.refuses?.(given.repo, repository.value.location) ?? null;
  if (refused) return err(refused);

  const checks: Record<string, string> = {};
  for (const criterion of spec.acceptance) {
    for (const path of criterion.check?.files ?? []) {
      const file = await given.readCheck(path);
      if (!file.ok) return err({ ...file.error, path: `acceptance ${criterion.id} check.files` });
      checks[path] = await ports.blobs.put(file.value);
    }
  }
  const patch = given.patch && implementer === "patch" ? await keepPatch(ports, given.patch) : null;
  const { location, gitDir, baseRef, baseCommit, baseTree, dirty } = repository.value;
  return ok({
    workflow,
    title: spec.title,
    limits: {
      tokens: spec.budget.tokens,
      costMicroUsd: Math.round(spec.budget.usd * 1_000_000),
      ms: spec.budget.seconds * 1000,
      repairs: spec.budget.repairs,
    },
    input: {
      kind: "factory",
      spec: await ports.blobs.put(JSON.stringify(spec)),
      source: await ports.blobs.put(source),
      format: typeof given.spec === "string" && /^\ufeff?---\r?\n/.test(source)
        ? "md"
        : source.trimStart().startsWith("{")
        ? "json"
        : "yaml",
      checks,
      repository: { location, gitDir, baseRef, baseCommit, baseTree, dirty },
      implementer,
      patch,
      forge: "local",
      sandbox: ports.sandbox.level,
      requester: given.requester,
    },
  });
}

function choose(
  spec: Spec,
  given: Submission,
): Result<{ workflow: WorkflowDefinition; implementer: "codemod" | "patch" }, Problem> {
  const workflow = Object.hasOwn(workflows, spec.workflow) ? workflows[spec.workflow] : undefined;
  if (!workflow) {
    return err({
      code: "invalid-spec",
      path: "workflow",
      value: spec.workflow,
      message: `Cannot accept the spec: there is no workflow '${spec.workflow}'`,
      remedy: `One of: ${Object.keys(workflows).join(", ")}`,
    });
  }
  const unknown = spec.packs.find((pack) => !PACKS.includes(pack));
  if (unknown !== undefined) {
    return err({
      code: "unknown-pack",
      path: "packs",
      value: unknown,
      message: `Cannot accept the spec: there is no pack '${unknown}'`,
      remedy: `Built in are ${PACKS.join(", ")}; core always applies`,
    });
  }
  if (given.forge !== undefined && given.forge !== "local") {
    return err({
      code: "not-in-this-version",
      value: given.forge,
      message: `Cannot open a pull request on '${given.forge}': only the local forge is in this version`,
      remedy: "Use --forge local with a directory",
    });
  }
  const wanted = given.implementer ?? (given.patch ? "patch" : spec.implementer);
  const implementer = IMPLEMENTERS.find((name) => name === wanted);
  if (!implementer) {
    const later = wanted === "model" || wanted === "cli";
    return err({
      code: later ? "not-in-this-version" : "usage",
      value: wanted,
      message: later
        ? `Cannot implement by '${wanted}': it is not in this version`
        : `There is no implementer '${wanted}'`,
      remedy: `One of: ${IMPLEMENTERS.join(", ")}`,
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
  return ok({ workflow, implementer });
}

/** Stores the patch; when a secret is in it, only its redacted form, with the digest of the original as the subject. */
async function keepPatch(
  ports: FactoryPorts,
  bytes: Uint8Array,
): Promise<NonNullable<FactoryInput["patch"]>> {
  const found = scanSecrets(bytes);
  const kept = found.length === 0 ? bytes : latin1(redact(decoder.decode(bytes)));
  return {
    digest: await digestOf(bytes),
    stored: await ports.blobs.put(kept),
    withheld: found.map(({ rule, path, line }) => ({
      rule,
      ...(path ? { path } : {}),
      ...(line ? { line } : {}),
    })),
  };
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** The ledger keeps the input as plain JSON. */
export function inputJson(input: FactoryInput): Json {
  return JSON.parse(JSON.stringify(input)) as Json;
}

/** What a run has really given, and whether it is what its port says. */
import type { Blobs, RunView } from "../../kernel/mod.ts";
import { jcs, redact, scanSecrets } from "../../policies/mod.ts";
import { digestOf, type Json, paramFault, type PullRequestRef } from "../../specs/mod.ts";
import type { ColumnType } from "../../specs/foundry/mod.ts";
import { proposalOf } from "../factory/proposal.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import { type InputType, type PortType, schemaFaults, takes } from "./port_type.ts";

/** The value of an output. */
export interface StageValue {
  readonly type: PortType;
  /** What a parameter or a document becomes. */
  readonly value: Json;
  /** Of a patch: the blob. */
  readonly blob?: string;
  /** What names it: a digest, or a commit. */
  readonly digest: string;
  /** The dataset or change that it tells of. */
  readonly source?: string;
  /** Of a dataset. */
  readonly columns?: Readonly<Record<string, ColumnType>>;
  /** Of a dataset: why what its table holds now is not this load any more; null when it is. */
  readonly stale?: string | null;
}

/** What every run gives. */
export async function everyValue(view: RunView): Promise<Map<string, StageValue>> {
  const found = new Map<string, StageValue>();
  const put = async (name: string, type: PortType, value: Json) =>
    found.set(name, { type, value, digest: await digestOf(jcs(value)) });
  await put("run", "string", view.run);
  await put("status", "string", view.status);
  if (view.evidence !== null) {
    found.set("evidence", { type: "digest", value: view.evidence.digest, digest: view.evidence.digest });
  }
  return found;
}

/** What a run of code has given. */
export async function codeValues(blobs: Blobs, view: RunView): Promise<Map<string, StageValue>> {
  const found = await everyValue(view);
  const proposal = await proposalOf(blobs, view.outputs);
  const change = proposal === null || proposal.patch === "" ? null : proposal.patch;
  const about = change === null ? {} : { source: change };
  const planned = (view.outputs.plan as { plan?: string } | undefined)?.plan;
  if (planned !== undefined) {
    found.set("plan", { type: "plan", value: await readJson(blobs, planned), digest: planned, ...about });
  }
  if (view.status !== "completed") return found;
  const pull = view.effects[`${view.run}/pull-request`] as unknown as PullRequestRef | undefined;
  if (pull !== undefined) {
    const { number, url, branch, commit, base } = pull;
    const put = async (name: string, type: PortType, value: Json, digest?: string) =>
      found.set(name, { type, value, digest: digest ?? await digestOf(jcs(value)), ...about });
    await put("branch", "revision", branch, commit);
    await put("commit", "revision", commit, commit);
    await put("pull-request", "pull-request", { number, url, branch, commit, base });
    await put("pull-request-number", "integer", number);
    await put("pull-request-url", "string", url);
  }
  if (proposal !== null && change !== null) {
    found.set("patch-digest", { type: "digest", value: change, digest: change, ...about });
    // One that holds a secret, or shows one of the base, is not handed on.
    if (proposal.stored === change && proposal.withheld.length === 0) {
      await readBytes(blobs, change);
      found.set("patch", { type: "patch", value: change, blob: change, digest: change, ...about });
    }
  }
  return found;
}

const FORMS: Readonly<Record<PortType, (value: Json) => boolean>> = {
  revision: (value) => typeof value === "string" && /^[^\s-][^\s]{0,250}$/.test(value),
  patch: (value) => isDigest(value),
  "pull-request": (value) => isObject(value),
  plan: (value) => isObject(value),
  dataset: (value) => isObject(value),
  report: (value) => isObject(value),
  digest: (value) => isDigest(value),
  string: (value) => typeof value === "string" && value.length <= 10_000,
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === "number" && Number.isFinite(value),
  date: (value) => paramFault({ type: "date" }, value) === null,
  // Sources give texts, or numbers of seconds or milliseconds.
  datetime: (value) =>
    /^\d{1,16}$/.test(String(value)) ||
    /^\d{4}-\d{2}-\d{2}[T ]/.test(String(value)) && Number.isFinite(Date.parse(String(value))),
};

const isDigest = (value: Json) => typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
const isObject = (value: Json) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Why a real value cannot go to an input, though its port said so when the chain was checked; null when it can. */
export function valueFault(
  { type, value, columns, stale }: StageValue,
  input: { type: InputType; expects?: Readonly<Record<string, ColumnType>> | undefined },
): string | null {
  if (!takes(input.type).includes(type)) return `it is a ${type}`;
  if (!FORMS[type](value)) return `it is no ${type}`;
  if (input.type === "dataset" && stale !== undefined && stale !== null) return stale;
  if (input.expects !== undefined) {
    const fault = schemaFaults(input.expects, columns ?? {})[0];
    if (fault !== undefined) return fault;
  }
  const isText = input.type.startsWith("param:") || input.type === "document";
  const [secret] = isText ? scanSecrets(typeof value === "string" ? value : JSON.stringify(value)) : [];
  return secret === undefined ? null : `it holds what looks like a credential (${secret.rule})`;
}

/** A value as it is told: text as it is, all else by its digest. */
export function toldValue({ type, value, digest }: StageValue): string {
  const isPlain = type !== "patch" && (typeof value === "string" || typeof value === "number");
  return isPlain ? redact(String(value)).slice(0, 300) : digest;
}

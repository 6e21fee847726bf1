/** What a sealed bundle tells of its run: enough to index it and to draw where its parts come from. Nothing of it is verified here. */
import { z } from "zod";
import { Decision, EvidenceManifest } from "../../specs/mod.ts";
import type { BundleReader } from "./bundle_reader.ts";
import { MANIFEST } from "./bundle_layout.ts";

const Line = z.object({ seq: z.number(), type: z.string(), payload: z.record(z.string(), z.unknown()) });
export type RecordedEvent = z.infer<typeof Line>;

const Intent = z.object({ type: z.string(), scope: z.array(z.string()).catch([]) });
/** Of a spec as far as it is told here: a later form may hold more. */
const SpecPart = z.object({
  title: z.string().catch(""),
  tier: z.string().optional(),
  reason: z.string().optional(),
  intent: z.union([Intent, z.array(Intent)]).optional(),
});
const Task = z.object({
  id: z.string(),
  title: z.string().catch(""),
  dependsOn: z.array(z.string()).catch([]),
});
const Plan = z.object({ planner: z.string().catch("rules"), tasks: z.array(Task) });
const Proposal = z.object({
  implementer: z.string(),
  patch: z.string(),
  change: z.object({
    base: z.string(),
    tree: z.string(),
    files: z.array(z.object({ path: z.string() })),
    added: z.number(),
    removed: z.number(),
  }).nullable().catch(null),
  work: z.object({
    agent: z.object({ name: z.string(), model: z.string().nullable() }).nullable(),
  }).nullish(),
});
const Call = z.object({ model: z.string(), claimed: z.string().nullable(), provider: z.string() });
const Stream = z.object({
  stream: z.string(),
  sink: z.string(),
  table: z.string(),
  staged: z.string(),
  quarantine: z.string().nullish(),
  inputs: z.array(z.object({ locator: z.string(), digest: z.string() })).catch([]),
});

const Took = z.object({
  input: z.string(),
  stage: z.string(),
  output: z.string(),
  run: z.string(),
  type: z.string().optional(),
  digest: z.string().optional(),
  source: z.string().optional(),
});
/** Where a run stands in a chain. */
const Link = z.object({
  name: z.string(),
  digest: z.string(),
  stage: z.string(),
  run: z.string().optional(),
  from: z.array(Took).catch([]),
});
/** A stage, as the bundle of its chain names it. */
const StageOfChain = z.object({
  id: z.string(),
  run: z.string().nullable(),
  status: z.string(),
  evidence: z.object({ id: z.string(), digest: z.string() }).nullable().catch(null),
  takes: z.array(Took).catch([]),
});

/** One bundle, read. Parts that its run did not reach are null or empty. */
export interface RunRecord {
  readonly manifest: EvidenceManifest;
  /** Of the manifest's bytes: the bundle's name. */
  readonly digest: string;
  readonly family: "code" | "data" | "chain";
  readonly title: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly spec: z.infer<typeof SpecPart> | null;
  readonly plan: z.infer<typeof Plan> | null;
  readonly proposal: z.infer<typeof Proposal> | null;
  readonly calls: readonly z.infer<typeof Call>[];
  readonly decisions: readonly { file: string | null; decision: Decision }[];
  readonly pull: { number: number; url: string; commit: string; branch: string } | null;
  readonly pipeline: string | null;
  readonly streams: readonly z.infer<typeof Stream>[];
  /** Whether each dataset was published. */
  readonly published: boolean;
  /** Of the run of a stage: its place in the chain. */
  readonly link: z.infer<typeof Link> | null;
  /** Of a chain: its stages. */
  readonly stages: readonly z.infer<typeof StageOfChain>[];
  readonly messages: readonly string[];
}

const Pull = z.object({ number: z.number(), url: z.string(), commit: z.string(), branch: z.string() });

/** Reads a bundle; a text says why it cannot be read. Never throws for what is in one. */
export async function readRunRecord(bundle: BundleReader, digest: string): Promise<RunRecord | string> {
  const manifest = EvidenceManifest.safeParse(await json(bundle, MANIFEST));
  if (!manifest.success) return "its manifest cannot be read";
  const events = await eventsOf(bundle);
  if (events === null) return "its events cannot be read";
  const accepted = events.find(({ type }) => type === "run.accepted")?.payload ?? {};
  const input = z.record(z.string(), z.unknown()).catch({}).parse(accepted.input);
  const files = manifest.data.files.filter(({ path }) => /^decisions\/.*\.json$/.test(path)).map(({ path }) =>
    path
  );
  const decisions = events.filter(({ type }) => type === "transition.decided").flatMap(({ payload }, at) => {
    const decision = Decision.safeParse(payload.decision);
    return decision.success ? [{ file: files.toSorted()[at] ?? null, decision: decision.data }] : [];
  });
  const finished = (phase: string) =>
    events.findLast(({ type, payload }) => type === "phase.finished" && payload.phase === phase)?.payload
      .output;
  const done = events.filter(({ type }) => type === "effect.done");
  const pull = done.map(({ payload }) => Pull.safeParse(payload.outcome)).find(({ success }) => success)
    ?.data;
  const facts = z.object({ pipeline: z.string().catch(""), streams: z.array(Stream) })
    .safeParse(await json(bundle, "artifacts/data-facts.json"));
  const load = z.object({ pipeline: z.string() }).safeParse(await json(bundle, "artifacts/load.json"));
  const spec = SpecPart.safeParse(await json(bundle, "artifacts/spec.json"));
  const isData = input.kind === "foundry" || load.success;
  const stages = input.kind === "chain"
    ? z.object({ stages: z.array(StageOfChain) }).safeParse(await json(bundle, "artifacts/stages.json")).data
      ?.stages ?? []
    : [];
  const text = (value: unknown) => typeof value === "string" ? value : "";
  return {
    manifest: manifest.data,
    digest,
    family: input.kind === "chain" ? "chain" : isData ? "data" : "code",
    title: text(accepted.title) || (spec.success ? spec.data.title : ""),
    input,
    spec: !isData && spec.success ? spec.data : null,
    plan: isData ? null : Plan.safeParse(finished("plan")).data ?? null,
    proposal: Proposal.safeParse(await json(bundle, "artifacts/proposal.json")).data ?? null,
    calls: z.array(Call).safeParse(await json(bundle, "artifacts/model-calls.json")).data ?? [],
    decisions,
    pull: pull ?? null,
    pipeline: load.data?.pipeline ?? null,
    streams: facts.data?.streams ?? [],
    published: manifest.data.status === "completed" ||
      done.some(({ payload }) => text(payload.key).includes("/publish/")),
    link: Link.safeParse(input.chain).data ?? null,
    stages,
    messages: messagesOf(events, decisions.map(({ decision }) => decision)),
  };
}

/** Facts by which runs are found: kind and value. */
export function facetsOf(record: RunRecord): { kind: string; value: string }[] {
  const found = new Map<string, { kind: string; value: string }>();
  const add = (kind: string, value: string | null | undefined) => {
    if (value) found.set(`${kind}\n${value}`, { kind, value });
  };
  const intents = record.spec?.intent ?? [];
  for (const { type } of Array.isArray(intents) ? intents : [intents]) add("intent", type);
  add("tier", record.spec?.tier);
  add("implementer", record.proposal?.implementer);
  add("model", record.proposal?.work?.agent?.model);
  for (const { model, claimed } of record.calls) {
    add("model", model);
    add("model", claimed);
  }
  for (const { decision } of record.decisions) {
    for (const { name, version } of decision.packs) {
      add("pack", name);
      add("pack", `${name}@${version}`);
    }
    for (const { waiver, state } of decision.waivers ?? []) if (state === "used") add("waiver", waiver);
    for (const { rule, verdict, mode } of decision.rules) {
      if (verdict === "fail" && (mode === "enforce" || mode === "warn")) add("rule", rule);
    }
  }
  return [...found.values()];
}

const MAX_MESSAGES = 2000;

/** What people read of a run: findings, failures, questions. No patch, no prompt, no output of tests. */
function messagesOf(events: readonly RecordedEvent[], decisions: readonly Decision[]): string[] {
  const said = new Set<string>();
  const add = (text: unknown) => {
    if (typeof text === "string" && text !== "" && said.size < MAX_MESSAGES) {
      said.add(text.slice(0, 2000));
    }
  };
  for (const { rules } of decisions) {
    for (const { findings, verdict } of rules) {
      if (verdict === "fail" || verdict === "error") {
        for (const { message, path } of findings) [message, path].forEach(add);
      }
    }
  }
  for (const { type, payload } of events) {
    const failure = payload.failure as { message?: unknown } | undefined;
    if (type === "phase.failed" || type === "effect.failed" || type === "run.ended") add(failure?.message);
    if (type === "escalation.opened") add(payload.reason);
  }
  return [...said];
}

async function json(bundle: BundleReader, path: string): Promise<unknown> {
  const bytes = await bundle.read(path);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

async function eventsOf(bundle: BundleReader): Promise<RecordedEvent[] | null> {
  const bytes = await bundle.read("log/events.jsonl");
  if (bytes === null) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).split("\n").filter((line) => line !== "")
      .map((line) => Line.parse(JSON.parse(line)));
  } catch {
    return null;
  }
}

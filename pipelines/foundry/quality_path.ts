/** The quality rules of one load, its own and those of packs: each that is declared has a verdict, or is told as not judged. */
import { join } from "node:path";
import { DataFailure, type DataFailureKind, type Sink } from "../../connectors/data/mod.ts";
import {
  compileSetRule,
  countVerdict,
  FINANCIAL,
  financialPack,
  isRowRule,
  nameOf,
  notApplicable,
  type PackedRule,
  type SetCheck,
  type SetContext,
} from "../../policies/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type {
  PinnedSchema,
  QualityRule,
  QualityVerdict,
  Row,
  RulesJudged,
  Stream,
} from "../../specs/foundry/mod.ts";
import { type Ended, unitDir } from "./acquire.ts";
import { hiddenWords, knownCredentials } from "./credentials.ts";
import type { RuleCount } from "./row_path.ts";
import type { Asked } from "./input.ts";
import { streamOf, type Unit } from "./plan.ts";
import type { FoundryPorts } from "./ports.ts";
import { fileSpool } from "./spool.ts";
import { stagedRows } from "./staging.ts";

const HISTORY = 30;

export interface Judged {
  readonly quality: QualityVerdict[];
  readonly rules: RulesJudged;
  /** What the next loads are compared with, by rule. */
  readonly baselines: Record<string, Json>;
}

/** What is known of a load that is of no use to a sink: its rules are told as skipped. */
export function skippedQuality(stream: Stream, because: string): Judged {
  const declared = stream.quality.length;
  return {
    quality: [],
    baselines: {},
    rules: { declared, judged: 0, skipped: declared, ...(declared === 0 ? {} : { because }) },
  };
}

export interface Load {
  readonly ports: FoundryPorts;
  readonly asked: Asked;
  readonly run: string;
  readonly one: Ended;
  /** Loads of this run whose rows the sink may take. */
  readonly publishable: readonly Ended[];
  readonly schema: PinnedSchema;
  sinkOf(name: string): Sink;
}

/** Holds the rules of a load against its staged rows. */
export async function qualityOf(load: Load): Promise<Judged> {
  const { ports, asked, run, one, schema } = load;
  const { unit, checkpoint } = one;
  const stream = streamOf(asked.pipeline, unit.stream);
  const quality: QualityVerdict[] = [];
  const set: SetRule[] = [];
  let rowRules = 0;
  for (const rule of stream.quality) {
    if (isRowRule(rule)) quality.push(rowVerdict(unit.id, rule, checkpoint.rules[rowRules++], one, schema));
    else set.push({ rule });
  }
  const isDelta = unit.mode === "incremental" && (unit.window.from !== null || unit.leaves === "parts") &&
    (unit.state?.loads ?? 0) > 0;
  const packed = asked.pipeline.packs.includes(FINANCIAL)
    ? financialPack(schema, stream.quality, isDelta)
    : [];
  for (const { rule, why, accounts } of packed) {
    if (why === null) set.push({ rule, accounts, pack: FINANCIAL });
    else quality.push({ ...notApplicable(unit.id, rule, why), pack: FINANCIAL });
  }
  const baselines: Record<string, Json> = {};
  if (set.length > 0) {
    const room = join(unitDir(ports, run, unit), "tallies");
    await Deno.remove(room, { recursive: true }).catch(() => {});
    await Deno.mkdir(room, { recursive: true, mode: 0o700 });
    try {
      const found = await overSet(load, set, await contextOf(load, set, isDelta, room));
      quality.push(...found.quality);
      Object.assign(baselines, found.baselines);
    } finally {
      await Deno.remove(room, { recursive: true });
    }
  }
  const declared = stream.quality.length;
  const judged = quality.filter(({ pack, verdict }) =>
    pack === undefined && verdict !== "not_run" && verdict !== "error"
  );
  const open = quality.filter(({ pack }) => pack === undefined).length - judged.length;
  // One that was tried and failed itself is told by its own verdict.
  return { quality, baselines, rules: { declared, judged: judged.length + open, skipped: 0 } };
}

interface SetRule {
  readonly rule: QualityRule;
  readonly accounts?: PackedRule["accounts"];
  readonly pack?: string;
}

/** Every accepted row was held against every rule over rows: fewer say that somebody did not ask. */
function rowVerdict(
  stream: string,
  rule: QualityRule,
  count: RuleCount | undefined,
  { checkpoint }: Ended,
  schema: PinnedSchema,
): QualityVerdict {
  const { accepted } = checkpoint.counts;
  if (count === undefined || count.checked < accepted) {
    return unjudged(
      stream,
      rule,
      "not_run",
      `${count?.checked ?? 0} of ${accepted} accepted rows were held against it`,
    );
  }
  const { failed, checked, sample } = count;
  const detail = checked === 0 ? "no row to judge" : sample.length === 0 ? "" : String(sample[0]);
  const verdict = countVerdict(stream, rule, { failed, checked, sample, detail });
  return checked === 0 ? verdict : seeing(verdict, rule, schema);
}

async function contextOf(
  { ports, asked, run, one, publishable, sinkOf }: Load,
  set: readonly SetRule[],
  isDelta: boolean,
  room: string,
): Promise<SetContext> {
  const { unit, checkpoint } = one;
  const needsTable = set.some(({ rule }) => rule.rule === "row-count" && rule.of === "table");
  return {
    stream: unit.id,
    at: new Date(ports.clock.now()).toISOString(),
    counts: checkpoint.counts,
    tableRows: needsTable ? await tableRowsOf(unit, checkpoint.counts.accepted, sinkOf(unit.sink)) : null,
    isDelta,
    history: unit.keepsState ? [] : await ports.records.loads.list(asked.pipeline.id, unit.stream, HISTORY),
    tally: ports.tally(room),
    spool: fileSpool(room),
    reference: (table) => referenceRows(ports, run, table, unit.sink, publishable, sinkOf(unit.sink)),
    own: {
      key: streamOf(asked.pipeline, unit.stream).primaryKey ?? [],
      rows: () => currentRows(sinkOf(unit.sink), unit.table),
    },
  };
}

async function overSet(
  { ports, asked, run, one, schema }: Load,
  set: readonly SetRule[],
  context: SetContext,
): Promise<{ quality: QualityVerdict[]; baselines: Record<string, Json> }> {
  const { unit, checkpoint } = one;
  const quality: QualityVerdict[] = [];
  const running: { given: SetRule; check: SetCheck }[] = [];
  const tell = (given: SetRule, verdict: QualityVerdict) =>
    quality.push(given.pack === undefined ? verdict : { ...verdict, pack: given.pack });
  for (const given of set) {
    const compiled = await compileSetRule(given.rule, {
      ...context,
      ...(given.accounts === undefined ? {} : { accounts: given.accounts }),
    });
    if (!compiled.ok) {
      tell(given, unjudged(unit.id, given.rule, "error", compiled.error));
      continue;
    }
    try {
      await compiled.value.begin?.();
      running.push({ given, check: compiled.value });
    } catch (error) {
      if (!(error instanceof DataFailure) || !UNFIT.includes(error.kind)) throw error;
      const why = hiddenWords(error.message, knownCredentials(ports, asked));
      tell(given, unjudged(unit.id, given.rule, "error", why));
    }
  }
  let seen = 0;
  if (running.length > 0) {
    for await (const rows of stagedRows(unitDir(ports, run, unit), checkpoint.segments)) {
      seen += rows.length;
      for (const row of rows) for (const { check } of running) check.add(row);
    }
  }
  const { accepted } = checkpoint.counts;
  const baselines: Record<string, Json> = {};
  for (const { given, check } of running) {
    const verdict = check.end();
    if (seen !== accepted) {
      tell(
        given,
        unjudged(unit.id, given.rule, "not_run", `${seen} of ${accepted} rows were held against it`),
      );
      continue;
    }
    // The names of a pack's accounts are not those of columns, and a load without rows shows nothing.
    tell(
      given,
      accepted === 0 || given.accounts !== undefined ? verdict : seeing(verdict, given.rule, schema),
    );
    const baseline = check.baseline?.();
    if (baseline !== undefined) baselines[check.name] = baseline;
  }
  return { quality, baselines };
}

/** A rule that says nothing because no row ever had its column judged nothing: that is told, as its name may be a wrong one. */
function seeing(verdict: QualityVerdict, rule: QualityRule, schema: PinnedSchema): QualityVerdict {
  const missing = columnsOf(rule).filter((column) => !Object.hasOwn(schema, column));
  const isSilent = verdict.verdict === "pass" || verdict.verdict === "not_applicable";
  if (!isSilent || missing.length === 0) return verdict;
  return {
    ...verdict,
    severity: "warn",
    verdict: "fail",
    detail: `no row has the column ${missing.join(", ")}: nothing of it was judged`,
  };
}

/** Columns that a rule cannot do without. */
function columnsOf(rule: QualityRule): string[] {
  const named: string[] = [];
  if ("columns" in rule) named.push(...rule.columns);
  if ("column" in rule) named.push(rule.column);
  if ("by" in rule) named.push(...rule.by ?? []);
  if ("item" in rule && rule.item !== undefined) named.push(rule.item, rule.value);
  if (rule.rule === "temporal-continuity") named.push(rule.start, rule.end);
  if (rule.rule === "material-account") named.push(rule.period);
  if ("item" in rule && rule.item !== undefined) return named;
  // In wide form accounts are columns; of several the first one has to be there.
  if (rule.rule === "accounting-equation") named.push(...firsts(rule.assets));
  if (rule.rule === "gaap-receivables") named.push(...firsts(rule.receivables));
  if (rule.rule === "derivation-chain") {
    named.push(...firsts(rule.derived), ...Object.keys(rule.terms ?? {}), ...rule.ratio ?? []);
  }
  return named;
}

const firsts = (names: string | readonly string[]): string[] => [names].flat().slice(0, 1);

/** Rows that the table has with this load, as far as it is known before: a merge adds at least those that it has already. */
async function tableRowsOf(unit: Unit, accepted: number, sink: Sink): Promise<number> {
  if (unit.disposition === "replace") return accepted;
  const before = (await sink.tables()).find(({ table }) => table === unit.table)?.rows ?? 0;
  return unit.disposition === "append" ? before + accepted : Math.max(before, accepted);
}

/** Failures that are the rule's own, which names what is not there: any other stops the run, as nothing is known then. */
const UNFIT: readonly DataFailureKind[] = ["not-found", "invalid", "contract"];

/** Rows that a key may refer to: those that this very run brings to the table, and those that stay there beside them. */
async function* referenceRows(
  ports: FoundryPorts,
  run: string,
  table: string,
  sinkName: string,
  publishable: readonly Ended[],
  sink: Sink,
): AsyncGenerator<readonly Row[]> {
  const loads = publishable.filter((one) => one.unit.table === table && one.unit.sink === sinkName);
  const stays = loads.every(({ unit }) => unit.disposition !== "replace") &&
    await sink.schema(table) !== null;
  if (!stays && loads.length === 0) {
    throw new DataFailure(
      "not-found",
      `there is no table ${table} to refer to`,
      "Load it first, or name another one",
    );
  }
  if (stays) yield* currentRows(sink, table);
  for (const { unit, checkpoint } of loads) {
    yield* stagedRows(unitDir(ports, run, unit), checkpoint.segments);
  }
}

/** Rows of a table that are neither deleted nor versions of the past. */
async function* currentRows(sink: Sink, table: string): AsyncGenerator<readonly Row[]> {
  if (await sink.schema(table) === null) return;
  for await (const rows of sink.read(table)) {
    const isCurrent = (row: Row) => row._forge_deleted_at == null && row._forge_valid_to == null;
    yield rows.every(isCurrent) ? rows : rows.filter(isCurrent);
  }
}

function unjudged(
  stream: string,
  rule: QualityRule,
  verdict: "error" | "not_run",
  why: string,
): QualityVerdict {
  return {
    rule: nameOf(rule),
    stream,
    severity: rule.severity,
    verdict,
    failed: 0,
    checked: 0,
    value: null,
    detail: why.slice(0, 2000),
    sample: [],
  };
}

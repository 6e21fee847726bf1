/** What becomes of the rows of a stream: staged, left out, or set aside with the reason and the place. */
import { type Page, rowRefusalOf } from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import type { Row, Stream } from "../../specs/foundry/mod.ts";
import { badFault, badRow, isObject, isUndecodedRow } from "./bad_rows.ts";
import type { BatchPath } from "./batch_steps.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { cleanWords, countCleaned, hiddenWords, holdsCanary, withoutCredentials } from "./credentials.ts";
import { contractCheck, type ContractState, type Fault } from "./contract.ts";
import { type Met, treatmentOf, untreatedIn } from "./personal.ts";
import { type PlainPage, type PlainPages, plainPages } from "./plain_pages.ts";
import type { Unit } from "./plan.ts";
import type { Reading } from "./reading.ts";
import {
  acceptedLines,
  admission,
  CURSORLESS,
  extraction,
  hidden,
  KEYLESS,
  rowChecks,
  type RowSink,
  withoutSecrets,
} from "./row_path.ts";
import type { Step } from "./transforms.ts";
import type { UnitWriters } from "./unit_writers.ts";

export interface Intake {
  /** How rows are judged that come as cells; null where they may not. */
  readonly plainly: PlainPages | null;
  /**
   * The page as it may be kept: without credentials and with personal data treated. Its rows are where `place` looks from now on.
   * `judged`: its cells were judged before it is taken.
   */
  clean(page: Page, judged?: () => PlainPage | null): Page;
  /** Its rows, and those that the source could not read, on their way. */
  take(page: Page, batch: BatchPath | null): Promise<void>;
  /** A row that a step over the set made. */
  made(row: Row): void;
  setAside(fault: Fault, locator: string, row: Json): void;
  /** Rows without the cursor's column, where that stops the stream. */
  readonly missing: number;
  /** Writes down how far the rows are. */
  mark(): void;
}

export async function intakeOf(
  reading: Reading,
  unit: Unit,
  stream: Stream,
  checkpoint: Checkpoint,
  writers: UnitWriters,
  steps: { readonly rowwise: Step | null; readonly hasBatch: boolean; readonly hasSet: boolean },
): Promise<Intake> {
  const { ports, asked, secrets } = reading;
  const { counts } = checkpoint;
  const { good, extracted, bad } = writers;
  const checks = await rowChecks(stream);
  if (checkpoint.rules.length !== checks.length) {
    checkpoint.rules = checks.map(() => ({ failed: 0, checked: 0, sample: [] }));
  }
  const contract = contractCheck(
    stream.contract,
    unit.state?.schema ?? null,
    checkpoint.contract as unknown as ContractState | null,
  );
  const refuses = rowRefusalOf(asked.environment.sinks[unit.sink]?.type);
  const admit = admission({ stream, contract, checks, rules: checkpoint.rules, refuses });
  const met: Met = {
    found: new Set(checkpoint.met.found),
    lacking: new Set(checkpoint.met.lacking),
    columns: new Set(checkpoint.met.columns),
  };
  const treat = treatmentOf(stream.pii, reading.personalKey, met);
  const untreated = untreatedIn(stream.pii, checkpoint.untreated);
  const lines = acceptedLines(good, secrets, checkpoint.secrets);
  const accept = (row: Row) => {
    untreated?.(row);
    if (checkpoint.cleaned > 0) countCleaned(row, checkpoint.secrets);
    counts.accepted++;
    lines.add(row);
  };
  const at = new Date(ports.clock.now()).toISOString();
  const setAside = (fault: Fault, locator: string, row: Json) => {
    counts.quarantined++;
    if (fault.rule === KEYLESS) checkpoint.nameless.key++;
    else if (fault.rule === CURSORLESS) checkpoint.nameless.cursor++;
    const record = {
      stream: stream.id,
      reason: hiddenWords(fault.reason, secrets).slice(0, 2000),
      rule: fault.rule,
      locator: hiddenWords(locator, secrets).slice(0, 2000),
      row: isObject(row)
        ? withoutSecrets(row, secrets, {})
        : typeof row === "string"
        ? hidden(row, secrets)
        : row,
    };
    bad.line(JSON.stringify({ ...record, at }));
  };
  const path = extraction({
    stream,
    window: checkpoint.window,
    closed: unit.mode === "backfill",
    start: checkpoint.watermark,
    step: steps.rowwise,
    treat,
    counts,
  });
  let locate: Page["locate"] = () => stream.id;
  // Whatever looks at rows, or at more than their values one by one, needs rows.
  const isPlain = stream.cursor === undefined && steps.rowwise === null && !steps.hasSet &&
    !steps.hasBatch && treat === null && untreated === null && refuses === null && stream.keepRaw !== true;
  const plainly: PlainPages | null = !isPlain ? null : plainPages({
    contract,
    checks,
    rules: checkpoint.rules,
    key: stream.primaryKey ?? [],
    secrets,
  });
  let plain: PlainPage | null = null;
  const rows: RowSink = steps.hasSet
    ? { good: (row) => extracted.line(JSON.stringify(row)), bad: setAside }
    : {
      // The row as it was extracted is what goes into quarantine: a mended mapping can take it in again.
      good: (row, index, original) => {
        const refused = admit(row);
        if (refused === null) accept(row);
        else setAside(refused, locate(index), original);
      },
      bad: setAside,
    };
  /** What passed as it came, and each other row where it stands among them. */
  const takePlain = ({ rows: read, passed, bytes, parts, count }: PlainPage) => {
    counts.read += read;
    counts.accepted += passed;
    count();
    let [from, to, rowsThere] = [0, 0, 0];
    const write = () => {
      if (rowsThere > 0) good.lines(bytes.subarray(from, to), rowsThere);
      [from, rowsThere] = [to, 0];
    };
    for (const { lines: { length }, count, other } of parts) {
      to += length;
      rowsThere += count;
      if (other === null) continue;
      const before = counts.accepted;
      const row = other.row();
      rows.good(row, other.index, row);
      // Only one that is accepted after all has to stand between the others.
      if (counts.accepted === before) continue;
      write();
      lines.flush();
    }
    write();
  };
  return {
    plainly,
    clean(asItCame, judged) {
      // Before a row is made of it.
      const { cells } = asItCame;
      plain = cells === undefined || plainly === null || checkpoint.cleaned > 0
        ? null
        : judged === undefined
        ? plainly.read(cells)
        : judged();
      if (plain !== null) {
        locate = (index) => asItCame.locate(index);
        good.begin(asItCame.origin);
        return asItCame;
      }
      if (holdsCanary(asItCame, reading.canaries)) checkpoint.canaries++;
      const { page, cleaned } = withoutCredentials(asItCame, secrets);
      checkpoint.cleaned += cleaned;
      locate = (index) => page.locate(index);
      good.begin(page.origin);
      if (treat !== null) { for (const row of page.rows) treat(row, page.treated); }
      return page;
    },
    async take(page, batch) {
      for (const one of page.bad ?? []) {
        counts.read++;
        const fault = badFault(one, treat !== null);
        checkpoint.unreadable.rows++;
        if (isUndecodedRow(one) && checkpoint.unreadable.why === "") {
          checkpoint.unreadable.why = hiddenWords(fault.reason, secrets).slice(0, 500);
        }
        setAside(fault, one.locator, cleanWords(badRow(one, treat), secrets));
      }
      if (plain === null) path.page(page, batch ?? rows, rows);
      else takePlain(plain);
      await batch?.flush(rows, locate);
      lines.flush();
    },
    made(row) {
      const refused = admit(row);
      if (refused === null) accept(row);
      else setAside(refused, `${stream.id}: made of the set`, row);
    },
    setAside,
    get missing() {
      return path.missing;
    },
    mark() {
      lines.flush();
      checkpoint.watermark = path.watermark;
      checkpoint.met = { found: [...met.found], lacking: [...met.lacking], columns: [...met.columns] };
      checkpoint.contract = contract.state() as unknown as Json;
    },
  };
}

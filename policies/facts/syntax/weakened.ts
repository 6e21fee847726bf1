import type { CodeLanguage, FileFacts, HollowTest, StaticTest, WeakenedTest } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import type { Check } from "./place.ts";
import { type Elsewhere, live, lossesOf, subjectKey } from "./compare.ts";
import { type Unit, unitsOf } from "./unit.ts";

const MAX_TEXT = 1_000_000;
const MAX_LISTED = 200;
const TOO_LONG = "it is too long to be compared with what it was";
const NOT_UNDERSTOOD =
  "it is written in a way that is not understood here, and cannot be compared with what it was";

/** What the tests of the files that a change edits, adds or moves assert. */
export interface AssertedTests {
  /** Tests of base that are still there at head and assert less. */
  weakened: WeakenedTest[];
  /** Tests that are new at head, or were edited, and in which nothing is asserted. */
  silent: StaticTest[];
  /** Of these tests the ones that assert only what holds by itself, or what nobody waits for. */
  hollow: HollowTest[];
}

/** Reads what tests assert, at base and at head. */
export async function assertedTests(
  files: readonly FileFacts[],
  contents: Contents,
  list: (at: "base" | "head") => Promise<readonly string[]>,
): Promise<AssertedTests> {
  const base: Unit[] = [];
  const head: Unit[] = [];
  const product = new Set<string>();
  const unread: WeakenedTest[] = [];
  for (const file of files) {
    const { language } = file;
    if (language === null) continue;
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (file.kind !== "test" && !mayHoldTests(language, before) && !mayHoldTests(language, after)) continue;
    const was = file.from ?? file.path;
    if (file.status !== "A" && file.status !== "D") {
      const large = [before, after].some((text) => (text?.length ?? 0) > MAX_TEXT) ||
        contents.tooLarge.has(was) || contents.tooLarge.has(file.path);
      if (large) {
        unread.push(unreadable({ path: file.path, suite: "", title: "(file)", line: 1 }, TOO_LONG));
      }
    }
    if (before !== null && before.length <= MAX_TEXT) {
      base.push(
        ...await unitsOf(
          before,
          language,
          was,
          (path) => contents.at(path, "base"),
          () => list("base"),
          product,
        ),
      );
    }
    if (after !== null && after.length <= MAX_TEXT) {
      head.push(
        ...await unitsOf(
          after,
          language,
          file.path,
          (path) => contents.at(path, "head"),
          () => list("head"),
          product,
        ),
      );
    }
  }
  const moves = new Map(files.map((file) => [file.from ?? file.path, file.path]));
  const pairs = paired(base, head, moves);
  // Under another name it is the test that it was.
  const known = new Set(base.filter(({ isTest }) => isTest).map(({ text }) => text));
  return {
    weakened: [...unread, ...listed(compared(base, head, pairs, product))],
    silent: freshTests(head, pairs, ({ silent }) => silent).map(placed),
    hollow: freshTests(
      head,
      pairs,
      ({ hollow, text }) => hollow !== null && !known.has(text),
    ).map((unit) => ({
      ...placed(unit),
      kind: unit.hollow ?? "tautology",
    })),
  };
}

/** Of very many not each assertion, but each test: what is not listed could not be seen. */
function listed(found: WeakenedTest[]): WeakenedTest[] {
  if (found.length <= MAX_LISTED) return found;
  found.sort((a, b) => Number(b.certain) - Number(a.certain));
  const tests = new Map(found.toReversed().map((one) => [`${one.path}\n${one.suite}\n${one.title}`, one]));
  return [...tests.values()];
}

const placed = ({ path, suite, title, line }: Unit): StaticTest => ({ path, suite, title, line });

/** New or edited tests of a kind. Of tests with one path and title all are, or none is: a report tells them apart by more than that. */
function freshTests(
  head: readonly Unit[],
  pairs: ReadonlyMap<Unit, Unit>,
  is: (unit: Unit) => boolean,
): Unit[] {
  const before = new Map([...pairs].map(([old, fresh]) => [fresh, old]));
  const nameOf = ({ path, title }: Unit): string => `${path}\n${title}`;
  const tests = head.filter(({ isTest }) => isTest);
  const others = new Set(
    tests.filter((unit) => !is(unit) || before.get(unit)?.text === unit.text).map(nameOf),
  );
  return tests.filter((unit) => unit.title !== "" && !others.has(nameOf(unit)));
}

/** Nobody can say that it asserts as much as before. */
function unreadable(
  { path, suite, title, line }: Pick<Unit, "path" | "suite" | "title" | "line">,
  detail: string,
): WeakenedTest {
  return { path, line, suite, title, kind: "removed", detail, certain: false };
}

/** Rust keeps tests beside the code; elsewhere product files have none. */
function mayHoldTests(language: CodeLanguage, text: string | null): boolean {
  return language === "rust" && text !== null && text.includes("#[cfg(test)]");
}

const keyOf = (unit: Unit): string => `${unit.suite}\n${unit.title}`;

function compared(
  base: readonly Unit[],
  head: readonly Unit[],
  pairs: ReadonlyMap<Unit, Unit>,
  product: ReadonlySet<string>,
): WeakenedTest[] {
  const fresh = freshChecks(base, head);
  const found: WeakenedTest[] = [];
  for (const before of base) {
    const after = pairs.get(before);
    if (after === undefined) continue;
    const isPart = before.cut || after.cut;
    if (isPart && before.text !== after.text) {
      found.push(unreadable(after, before.long || after.long ? TOO_LONG : NOT_UNDERSTOOD));
      continue;
    }
    if (before.checks.length === 0) continue;
    const losses = lossesOf(
      before.checks,
      after.checks,
      fresh(before, after),
      { imports: product, calls: before.calls },
    );
    // Of a helper, or of what stands between tests, only the loss of most of it is told: it is written anew more freely.
    if (!before.isTest && 2 * losses.length < before.checks.filter(live).length) continue;
    if (after.lost && !before.lost) {
      losses.unshift({
        kind: "guarded",
        line: after.line,
        detail: "an async test that its runner does not wait for",
        certain: true,
      });
    }
    // The rows of a table lose the same: it is told once.
    const told = new Map<string, WeakenedTest>();
    for (const loss of losses) {
      const line = loss.line > 0 ? loss.line : after.line;
      const certain = loss.certain && before.isTest && !isPart;
      const key = `${line} ${loss.kind} ${certain} ${loss.detail}`;
      if (told.has(key) || told.size >= 20) continue;
      const { path, suite, title } = after;
      told.set(key, { path, line, suite, title, kind: loss.kind, detail: loss.detail, certain });
    }
    found.push(...told.values());
  }
  return found;
}

/** Each unit of base with the one at head that took its place: by path and name, then by name alone, then by what it asserts. */
function paired(
  base: readonly Unit[],
  head: readonly Unit[],
  moves: ReadonlyMap<string, string>,
): Map<Unit, Unit> {
  const pairs = new Map<Unit, Unit>();
  const taken = new Set<Unit>();
  const take = (before: Unit, after: Unit | undefined): void => {
    if (after === undefined) return;
    pairs.set(before, after);
    taken.add(after);
  };
  const seen = new Map<string, number>();
  const numbered = (units: readonly Unit[], pathOf: (unit: Unit) => string): Map<Unit, string> => {
    seen.clear();
    return new Map(units.map((unit) => {
      const key = `${pathOf(unit)}\n${keyOf(unit)}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      return [unit, `${key}\n${times}`];
    }));
  };
  const [old, fresh] = [
    numbered(base, ({ path }) => moves.get(path) ?? path),
    numbered(head, ({ path }) => path),
  ];
  const byKey = new Map([...fresh].map(([unit, key]) => [key, unit]));
  for (const before of base) take(before, byKey.get(old.get(before) ?? ""));
  for (const before of base) {
    if (!before.isTest || pairs.has(before)) continue;
    take(
      before,
      head.find((unit) => unit.isTest && !taken.has(unit) && keyOf(unit) === keyOf(before)) ??
        head.find((unit) =>
          unit.isTest && !taken.has(unit) && unit.path === (moves.get(before.path) ?? before.path) &&
          unit.title === before.title
        ),
    );
  }
  return pairs;
}

/** For a test: assertions of the others that stand at head more often than at base. */
function freshChecks(base: readonly Unit[], head: readonly Unit[]): (before: Unit, after: Unit) => Elsewhere {
  const counted = (units: readonly Unit[], keyOf: (check: Check) => string): Map<string, number> => {
    const found = new Map<string, number>();
    for (const unit of units) {
      if (!unit.isTest && unit.title !== "(file)") continue;
      for (const check of unit.checks) {
        if (check.guards.some(({ kind }) => kind !== "unknown-loop")) continue;
        found.set(keyOf(check), (found.get(keyOf(check)) ?? 0) + 1);
      }
    }
    return found;
  };
  const totals = [({ text }: Check) => text, subjectKey].map((keyOf) => ({
    keyOf,
    base: counted(base, keyOf),
    head: counted(head, keyOf),
  }));
  return (before, after) => {
    const [texts, subjects] = totals.map(({ keyOf, base: old, head: now }) => {
      const [ownOld, ownNow] = [counted([before], keyOf), counted([after], keyOf)];
      const found = new Map<string, number>();
      for (const key of ownOld.keys()) {
        const others = (now.get(key) ?? 0) - (ownNow.get(key) ?? 0) - (old.get(key) ?? 0) +
          (ownOld.get(key) ?? 0);
        if (others > 0) found.set(key, others);
      }
      return found;
    });
    return { texts: texts ?? new Map(), subjects: subjects ?? new Map() };
  };
}

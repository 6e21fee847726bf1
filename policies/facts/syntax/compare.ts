import type { Check, Guard } from "./place.ts";
import { STRENGTH, wordsOf } from "./strength.ts";
import { isWider } from "./tolerance.ts";

/** What a test no longer says, or says under conditions that were not there. */
export interface Loss {
  kind: "removed" | "weaker" | "guarded" | "vacuous";
  line: number;
  /** What is told of it; never a source line. */
  detail: string;
  /** False where another way of saying the same may have been chosen: a human looks. */
  certain: boolean;
}

/** Assertions in other tests that head has and base has not: a lost one may have moved there. Each takes the place of one. */
export interface Elsewhere {
  texts: Map<string, number>;
  subjects: Map<string, number>;
}

/** What makes an assertion one about the program: what the test file imports of it, and what the test called at base. */
export interface Product {
  imports: ReadonlySet<string>;
  calls: ReadonlySet<string>;
}

export const subjectKey = ({ strength, subject }: Check): string => `${strength} ${subject}`;

const ERRORS = /^[\w.]*(?:throw|raise|reject|panic)/i;

const STAND_IN =
  /^(?:Mock|MagicMock|AsyncMock|NonCallableMock|create_autospec|SimpleNamespace|stub|sinon|mockReturnValue|mockResolvedValue)$/;

const HARD = new Set<Guard["kind"]>(["exit", "caught", "never", "unawaited", "condition"]);

/** What a platform or a toolchain is asked for, rather than the program. */
const PLATFORM =
  /^(?:runtime|GOOS|GOARCH|GOMAXPROCS|NumCPU|Compiler|Version|testing|Short|CoverMode|env|environ|Getenv|LookupEnv|getenv|platform|system|machine|version|version_info|implementation|arch|release|Deno|build|cfg|cfg!|target_os|SystemUtils|System|getProperty|startswith|startsWith|Prefix|HasPrefix)$/;

/** Not so a skip that the runner tells of, or a look at the platform: a human sees whether that is meant. */
function isHard({ kind, text, skips }: Guard): boolean {
  if (!HARD.has(kind)) return false;
  if (kind !== "exit" && kind !== "condition") return true;
  const words = wordsOf(text.split(" "));
  return skips !== true && (words.size === 0 || ![...words].every((word) => PLATFORM.test(word)));
}

/** It says only that there was no error. */
const isQuiet = ({ text }: Check): boolean =>
  /^(?:[\w.]*\.)?NoErrorf? /.test(text) ||
  ((/^fails when .* != nil$/.test(text) ||
    /^(?:[\w.]*\.)?(?:Nil|Nilf|Equalf? nil ,|Exactlyf? nil ,) /.test(text)) &&
    /(?: \. [1-9]|\b\w*[eE]rr\w*)(?: |$)/.test(text));

const TOLD: Readonly<Record<Guard["kind"], string>> = {
  condition: "only runs under a condition that was not there",
  exit: "stands behind a way out that was not there",
  caught: "can fail without anybody seeing it",
  never: "is never reached",
  unawaited: "is not waited for",
  "unknown-loop": "runs once for each element of a list that may be empty",
};

/** Whether an assertion can fail at all. */
export const live = (check: Check): boolean =>
  check.strength > STRENGTH.runs && !check.guards.some((guard) => guard.kind === "never");

/** Compares what a test asserts at base with what it asserts at head. */
export function lossesOf(
  base: readonly Check[],
  head: readonly Check[],
  elsewhere: Elsewhere,
  product: Product,
): Loss[] {
  const losses: Loss[] = [];
  const asserted = head.filter(live);
  const left = head.map((check) => ({ check, room: check.size, exact: false }));
  const pending: Check[] = [];
  // The same words again.
  for (const before of base.filter(live)) {
    const same = left.filter((one) => !one.exact && one.check.text === before.text)
      .sort((a, b) => added(before, a.check, asserted).length - added(before, b.check, asserted).length)[0];
    if (same === undefined) {
      pending.push(before);
      continue;
    }
    same.exact = true;
    same.room = 0;
    guards(before, same.check);
  }
  const open = left.filter((one) => !one.exact && live(one.check));
  const stay = pairsOf(pending, open, product, (before, after) => after.strength >= before.strength);
  for (const [before, after] of stay) {
    guards(before, after);
    if (!isWider(before.text, after.text)) continue;
    losses.push({
      kind: "weaker",
      line: after.line,
      detail: "a number may be farther off than before",
      certain: false,
    });
  }
  const gone = pending.filter((before) =>
    !stay.has(before) && !implied(before, head) && !moved(before, elsewhere) &&
    !(isQuiet(before) && head.some((after) => answers(before, after, product)))
  );
  const fresh = freshOf(base, head, product);
  const isReplaced = ({ strength }: Check): boolean => fresh.some((check) => check.strength >= strength);
  const less = pairsOf(gone, open, product, () => true);
  for (const [before, after] of less) {
    losses.push({
      kind: "weaker",
      line: after.line,
      detail: `${named(before.strength)} became ${named(after.strength)}`,
      certain: !isReplaced(before) && !isTurned(before, after) &&
        (after.strength < STRENGTH.partly || ERRORS.test(before.text) ||
          (before.strength < STRENGTH.exactly && after.strength < before.strength)),
    });
  }
  const lost = gone.filter((before) => !less.has(before));
  const empty = head.filter((check) =>
    check.strength === STRENGTH.nothing && !base.some(({ text }) => text === check.text)
  );
  const dead = head.filter((check) => check.guards.some(({ kind }) => kind === "never"));
  for (const [index, before] of lost.entries()) {
    const vacuous = empty[index] ?? dead[index];
    losses.push(
      vacuous === undefined
        ? {
          kind: "removed",
          line: 0,
          detail: `${named(before.strength)} is gone`,
          certain: !isReplaced(before),
        }
        : {
          kind: "vacuous",
          line: vacuous.line,
          detail: `${named(before.strength)} became one that cannot fail`,
          certain: true,
        },
    );
  }
  return losses;

  function guards(before: Check, after: Check): void {
    const fresh = added(before, after, asserted);
    const [first] = fresh.toSorted((a, b) => Number(isHard(b)) - Number(isHard(a)));
    if (first === undefined) return;
    losses.push({
      kind: "guarded",
      line: after.line,
      detail: `an assertion ${TOLD[first.kind]}`,
      certain: isHard(first),
    });
  }
}

/** What is answered without an error is looked at all the same. */
const answers = (before: Check, after: Check, product: Product): boolean =>
  live(after) && !isQuiet(after) && related(before, after, product) &&
  added(before, after, []).length === 0;

/**
 * What a test asserts of the program at head and did not at base: where one of these is as strong as what is lost, the test was
 * written anew, and whether it says as much is for a human. What only lost is told as it is.
 */
function freshOf(base: readonly Check[], head: readonly Check[], product: Product): Check[] {
  const old = base.filter(live);
  const texts = new Set(old.map(({ text }) => text));
  const words = new Set(old.flatMap((check) => [...check.words]));
  return head.filter((check) =>
    live(check) && !texts.has(check.text) && !check.guards.some(isHard) &&
    [...check.words].some((word) => words.has(word) || product.imports.has(word) || product.calls.has(word))
  );
}

/** The very condition, wanted the other way round: the program does otherwise now, or the test is wrong on purpose. */
const isTurned = (before: Check, after: Check): boolean =>
  before.subject !== after.subject && /^fails when /.test(before.text) &&
  before.subject.replaceAll(" != ", " == ") === after.subject.replaceAll(" != ", " == ");

const named = (strength: number): string =>
  strength >= STRENGTH.exactly
    ? "an exact comparison"
    : strength >= STRENGTH.kind
    ? "an assertion about the kind of an error"
    : strength >= STRENGTH.partly
    ? "a partial comparison"
    : strength >= STRENGTH.holds
    ? "an assertion that something holds"
    : "no assertion that can fail";

/** Guards that head has and base has not. One whose condition is asserted beside it lets nothing through. */
function added(before: Check, after: Check, asserted: readonly Check[]): Guard[] {
  const known = before.guards.map(({ kind, text }) => `${kind} ${text}`);
  const byKind = new Map<string, number>();
  const fresh: Guard[] = [];
  for (const guard of after.guards) {
    const at = known.indexOf(`${guard.kind} ${guard.text}`);
    if (at >= 0) {
      known.splice(at, 1);
      continue;
    }
    if ((guard.kind === "condition" || guard.kind === "exit") && isAsserted(guard, asserted)) continue;
    if (guard.kind === "condition" && isOnBothSides(guard, after, asserted)) continue;
    fresh.push(guard);
  }
  // As many of the same kind as before, worded otherwise, are the same.
  for (const text of known) {
    const kind = text.slice(0, text.indexOf(" "));
    byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  }
  return fresh.filter(({ kind }) => {
    const same = byKind.get(kind) ?? 0;
    if (same > 0) byKind.set(kind, same - 1);
    return same === 0;
  });
}

/** As much is asserted where the condition does not hold. */
function isOnBothSides({ text }: Guard, after: Check, asserted: readonly Check[]): boolean {
  const other = text.startsWith("not ") ? text.slice("not ".length) : `not ${text}`;
  return asserted.some((check) =>
    check !== after && check.strength >= after.strength && [...check.words].some((word) =>
      after.words.has(word)
    ) &&
    check.guards.some((guard) => guard.kind === "condition" && guard.text === other)
  );
}

/** By an assertion that does not itself stand behind the guard. */
function isAsserted({ kind, text }: Guard, asserted: readonly Check[]): boolean {
  const bare = text.replace(/^(?:not |! )+/, "");
  const says = new Set([text, bare, `not ${bare}`, `fails when ${text}`]);
  return asserted.some((check) =>
    (says.has(check.text) || says.has(check.subject)) &&
    !check.guards.some((guard) => guard.kind === kind && guard.text === text)
  );
}

/** Whether two assertions are about the same thing, or at least about something of the program. */
function related(before: Check, after: Check, product: Product): boolean {
  // A stand-in says what it was told to say.
  const standsIn = [...after.words].some((word) => STAND_IN.test(word) && !before.words.has(word));
  if (standsIn && ![...after.words].some((word) => product.imports.has(word))) return false;
  if (before.words.size === 0) return true;
  if (before.setup && after.setup) return true;
  // Other parts of the same thing: the list of what was answered, say, for another list in the same answer.
  if (isSame(before.origin, after.origin)) return true;
  for (const word of after.words) {
    if (before.words.has(word) || product.imports.has(word) || product.calls.has(word)) return true;
  }
  return false;
}

/** Whether both are parts of a thing that is made in the same words. */
const isSame = (one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean =>
  one !== undefined && one.size === other?.size && [...one].every((word) => other.has(word));

interface Room {
  check: Check;
  room: number;
}

const MAX_PAIRS = 100_000;

/** Which assertion at head stands for which of base: those that are most alike first. One that compares many values stands for many. */
function pairsOf(
  base: readonly Check[],
  head: readonly Room[],
  product: Product,
  fits: (before: Check, after: Check) => boolean,
): Map<Check, Check> {
  const candidates: { before: Check; after: Room; rank: number }[] = [];
  for (const before of base) {
    for (const after of head) {
      if (after.room <= 0 || candidates.length > MAX_PAIRS) continue;
      if (!related(before, after.check, product) || !fits(before, after.check)) continue;
      candidates.push({ before, after, rank: rank(before, after.check) });
    }
  }
  const pairs = new Map<Check, Check>();
  for (const { before, after } of candidates.sort((a, b) => b.rank - a.rank)) {
    if (pairs.has(before) || after.room <= 0) continue;
    pairs.set(before, after.check);
    after.room--;
  }
  return pairs;
}

function rank(before: Check, after: Check): number {
  let shared = 0;
  for (const word of before.words) if (after.words.has(word)) shared++;
  const all = before.words.size + after.words.size - shared;
  return (before.subject === after.subject ? 100 : 0) + (all === 0 ? 0 : (20 * shared) / all) +
    (before.strength === after.strength ? 2 : 0) - Math.abs(after.guards.length - before.guards.length);
}

/** Whether another assertion of the same test says as much: a comparison of the whole says what its parts say. */
function implied(before: Check, head: readonly Check[]): boolean {
  return head.some((check) =>
    live(check) && check.guards.length <= before.guards.length &&
    ((check.text === before.text && check.strength >= before.strength) ||
      (check.subject !== "" && check.strength >= STRENGTH.exactly &&
        (holds(before.subject, check.subject) && (check.size > 1 || before.strength <= STRENGTH.partly))) ||
      (before.strength <= STRENGTH.holds && before.subject !== "" && check.strength > before.strength &&
        starts(check.subject, before.subject)))
  );
}

const holds = (long: string, short: string): boolean => ` ${long} `.includes(` ${short} `);
const starts = (long: string, short: string): boolean => long === short || long.startsWith(`${short} `);

function moved(before: Check, elsewhere: Elsewhere): boolean {
  // What names nothing reads the same wherever it stands.
  if (before.words.size === 0) return false;
  for (
    const [list, key] of [[elsewhere.texts, before.text], [elsewhere.subjects, subjectKey(before)]] as const
  ) {
    const count = list.get(key) ?? 0;
    if (count > 0) {
      list.set(key, count - 1);
      return true;
    }
  }
  return false;
}

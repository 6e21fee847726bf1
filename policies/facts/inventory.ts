import type { FileFacts, PatchFacts, StaticTest, TestMarker } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";
import { scanTests } from "./source/tests.ts";
import type { TestScan } from "./source/test_scan.ts";

type Inventory = NonNullable<PatchFacts["tests"]>;

const MAX_LISTED = 2000;
const EMPTY: TestScan = { tests: [], markers: [] };

/**
 * Tests that the changed files declare at base and at head, and marks that head has and base has not. Tests that moved to another
 * changed file under the same suite and title are neither lost nor new; marks that moved with them are not new.
 */
export async function testInventory(files: readonly FileFacts[], contents: Contents): Promise<Inventory> {
  const base: StaticTest[] = [];
  const head: StaticTest[] = [];
  const baseMarkers: TestMarker[] = [];
  const headMarkers: TestMarker[] = [];
  const unread: string[] = [];
  for (const file of files) {
    if (file.language === null) {
      if (
        file.kind === "test" && !file.binary &&
        !/\.(?:snap|approved|received|txt|json|csv|golden)$/.test(file.path)
      ) unread.push(file.path);
      continue;
    }
    const { language } = file;
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (contents.tooLarge.has(file.path) || (file.from !== undefined && contents.tooLarge.has(file.from))) {
      unread.push(file.path);
      continue;
    }
    const [old, fresh] = [before, after].map((text) => text === null ? EMPTY : scanTests(text, language));
    if (old === undefined || fresh === undefined) continue;
    // In a file without tests `skip` and `exit` are words like others.
    if (file.kind !== "test" && old.tests.length === 0 && fresh.tests.length === 0) continue;
    const was = file.from ?? file.path;
    base.push(...old.tests.map((test) => ({ path: was, ...test })));
    head.push(...fresh.tests.map((test) => ({ path: file.path, ...test })));
    baseMarkers.push(...old.markers.map((marker) => ({ path: was, ...marker })));
    headMarkers.push(...fresh.markers.map((marker) => ({ path: file.path, ...marker })));
  }
  return {
    base: base.length,
    head: head.length,
    listed: base.slice(0, MAX_LISTED).map(({ path, suite, title }) =>
      `${path}::${suite === "" ? title : `${suite} > ${title}`}`.slice(0, 1000)
    ),
    removed: surplus(base, head, testKey).slice(0, MAX_LISTED),
    added: surplus(head, base, testKey).slice(0, MAX_LISTED),
    markers: newMarkers(baseMarkers, headMarkers, base, head).slice(0, MAX_LISTED).map((marker) => ({
      ...marker,
      text: marker.text.slice(0, 200),
    })),
    unread,
  };
}

/**
 * Marks that head has more often than base. A mark whose test is called otherwise now is the same mark: its old test is gone, its
 * new one is new, and the kind is the same.
 */
function newMarkers(
  before: readonly TestMarker[],
  after: readonly TestMarker[],
  base: readonly StaticTest[],
  head: readonly StaticTest[],
): TestMarker[] {
  const [old, fresh] = [new Set(base.map(({ title }) => title)), new Set(head.map(({ title }) => title))];
  const renamed = new Map<string, number>();
  for (const { kind, test } of surplus(before, after, markerKey)) {
    if (test !== undefined && !fresh.has(test)) renamed.set(kind, (renamed.get(kind) ?? 0) + 1);
  }
  return surplus(after, before, markerKey).filter(({ kind, test }) => {
    const left = renamed.get(kind) ?? 0;
    if (test === undefined || old.has(test) || left === 0) return true;
    renamed.set(kind, left - 1);
    return false;
  });
}

const testKey = (test: StaticTest): string => `${test.suite}\n${test.title}`;
const markerKey = (marker: TestMarker): string =>
  marker.test === undefined
    ? `${marker.path}\n${marker.kind}\n${marker.text}`
    : `\n${marker.kind}\n${marker.test}`;

/** What is in the first list more often than in the second, by key. */
function surplus<T>(some: readonly T[], others: readonly T[], keyOf: (one: T) => string): T[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(keyOf(one), (left.get(keyOf(one)) ?? 0) + 1);
  return some.filter((one) => {
    const count = left.get(keyOf(one)) ?? 0;
    if (count > 0) left.set(keyOf(one), count - 1);
    return count === 0;
  });
}

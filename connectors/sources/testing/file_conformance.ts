/**
 * What every reader of files must hold, whatever the format, as one suite: pages and resuming, places, what a committed load leaves
 * out, files that change or are not there. A test names a subject and calls `fileConformance(subject)`.
 */
import assert from "node:assert/strict";
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { fileAccess } from "../../data/files.ts";
import { DataFailure, type DataFailureKind, type Source } from "../../data/port.ts";
import { type Folder, withFolder } from "../file/testing.ts";
import { readAll, readRequest, throughJson } from "./source_context.ts";

export interface FileSubject {
  /** In the names of the tests. */
  readonly name: string;
  readonly source: () => Source;
  readonly resource: string;
  /** Name of the file, given as `path`. */
  readonly file: string;
  readonly params?: Readonly<Record<string, Json>>;
  /** A file of this format with these rows: integers `id` and texts `name`. */
  readonly bytes: (rows: readonly Row[]) => string | Uint8Array | Promise<string | Uint8Array>;
  /** How the format gives a row back. */
  readonly shown?: (row: Row) => Row;
}

const ROWS: readonly Row[] = Array.from(
  { length: 4_100 },
  (_, at) => ({ id: at + 1, name: `näme ${at % 7}` }),
);
const isKind = (kind: DataFailureKind) => (error: unknown) => {
  assert.ok(error instanceof DataFailure, String(error));
  assert.equal(error.kind, kind, error.message);
  assert.ok(error.remedy.length > 0);
  return true;
};

export function fileConformance(subject: FileSubject): void {
  const { source, resource, file } = subject;
  const shown = subject.shown ?? ((row: Row) => row);
  const golden = ROWS.map(shown);
  const params = { path: file, ...subject.params };
  let made: ReturnType<FileSubject["bytes"]> | null = null;
  const test = (what: string, run: (folder: Folder) => Promise<void>) =>
    Deno.test(`${subject.name}: ${what}`, () =>
      withFolder(async (folder) => {
        await folder.write(file, await (made ??= subject.bytes(ROWS)));
        await run(folder);
      }));
  const collect = (folder: Folder, more: Parameters<Folder["collect"]>[3] = {}) =>
    folder.collect(source(), resource, {}, { params, ...more });

  Deno.test(`${subject.name}: its own request passes its check, and it tells what can be read`, () => {
    assert.deepEqual(source().check({ resource, params, cursor: null }), []);
    assert.ok(source().discover().some(({ name }) => name === resource || name === "*"));
    assert.ok(source().check({ resource, params: { ...params, unheardOf: 1 }, cursor: null }).length > 0);
  });

  test("pages in order are the golden rows, each with a place of its own, told by digest", async (folder) => {
    const { rows, bad, places, nexts, pages, raw, end } = await collect(folder);
    assert.deepEqual(rows, golden);
    assert.deepEqual(bad, []);
    assert.equal(new Set(places).size, golden.length);
    assert.ok(pages >= 4, `${pages} pages`);
    nexts.forEach((next, at) => {
      assert.equal(next === null, at === pages - 1, `page ${at + 1} of ${pages}`);
      assert.ok(JSON.stringify(next).length <= 16_000);
    });
    for (const { locator, digest } of raw) {
      assert.ok(locator.startsWith(file), locator);
      assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    }
    assert.equal(end.status, "complete");
    assert.ok(JSON.stringify(end.state ?? null).length <= 40_000);
  });

  test("resumed from each page's continuation, the rest comes and nothing twice", async (folder) => {
    const all = await collect(folder);
    for (let pages = 1; pages < all.pages; pages++) {
      const first = await collect(folder, { pages });
      const rest = await collect(folder, { resume: throughJson(first.nexts.at(-1) ?? null) });
      assert.deepEqual([...first.rows, ...rest.rows], golden, `from page ${pages} on`);
      assert.deepEqual([...first.places, ...rest.places], all.places);
      assert.deepEqual(rest.end, all.end);
    }
  });

  test("what a committed load holds may be left out, and comes whole where it must not be", async (folder) => {
    const { end } = await collect(folder);
    const state = throughJson(end.state ?? null);
    const left = await collect(folder, { state, partial: true });
    assert.deepEqual(left.rows, []);
    assert.equal(left.end.unchanged ?? (left.end.status === "unchanged" ? 1 : 0), 1);
    const whole = await collect(folder, { state, partial: false });
    assert.deepEqual(whole.rows, golden);
  });

  test("a file that changed since the load comes again", async (folder) => {
    const { end } = await collect(folder);
    const rows = [...ROWS.slice(0, 10), { id: 99_999, name: "late" }];
    await folder.write(file, await subject.bytes(rows));
    const again = await collect(folder, { state: throughJson(end.state ?? null), partial: true });
    assert.deepEqual(again.rows, rows.map(shown));
    assert.deepEqual(again.end.replaces, [file]);
  });

  test("a file that is cut off under a read that goes on is told, not taken for its end", async (folder) => {
    const { nexts } = await collect(folder, { pages: 1 });
    await folder.write(file, await subject.bytes(ROWS.slice(0, 1_200)));
    await assert.rejects(collect(folder, { resume: throughJson(nexts[0] ?? null) }), (error: unknown) => {
      assert.ok(error instanceof DataFailure, String(error));
      assert.ok(
        ["conflict", "contract", "transient"].includes(error.kind),
        `${error.kind}: ${error.message}`,
      );
      return true;
    });
  });

  test("a file that is not there, and a folder in its place, are refused", async (folder) => {
    await assert.rejects(collect(folder, { params: { ...params, path: `no-${file}` } }), isKind("not-found"));
    await Deno.remove(`${folder.dir}/${file}`);
    await Deno.mkdir(`${folder.dir}/${file}`);
    await assert.rejects(collect(folder), DataFailure);
  });

  test("a file outside the folder is refused where reads are confined, by its path and by a link", async (folder) => {
    const inner = await Deno.makeTempDir({ dir: folder.dir });
    const files = fileAccess({ base: inner, scratch: `${inner}/.scratch`, root: inner });
    const confined = { ...folder.context, files };
    await Deno.symlink(`${folder.dir}/${file}`, `${inner}/${file}`);
    for (const path of [`../${file}`, `${folder.dir}/${file}`, file]) {
      const request = readRequest({ resource, params: { ...params, path } });
      const { failure, rows } = await readAll(source(), request, confined);
      assert.deepEqual(rows, [], path);
      assert.ok(
        failure !== null && ["refused", "not-found"].includes(failure.kind),
        `${path}: ${failure?.kind}`,
      );
    }
  });

  test("what is no file of the format is refused or set aside, and never taken for rows", async (folder) => {
    await folder.write(file, new Uint8Array(50_000).map((_, at) => (at * 7919) >> 3));
    const outcome = await collect(folder).catch((error: unknown) => error);
    if (outcome instanceof Error) assert.ok(outcome instanceof DataFailure, outcome.stack);
    else assert.deepEqual((outcome as Awaited<ReturnType<typeof collect>>).rows, []);
  });
}

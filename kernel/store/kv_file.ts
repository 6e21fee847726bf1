/**
 * Bytes of a page in a new database file. The head of a run stays within such a page, and its neighbours with it; of SQLite's usual
 * 4 kB every head takes one for itself, and a commit of many runs writes several times as many.
 */
const PAGE_BYTES = 16_384;

/**
 * Makes an empty database where there is no file yet; one that is there keeps the pages that it has. Deno KV cannot be told the size
 * of a page, but it takes a file as it finds it.
 */
export async function makeKvFile(path: string): Promise<void> {
  if (await isThere(path)) return;
  const part = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeFile(part, emptyDatabase(), { createNew: true });
    // Unlike renaming, this leaves alone what another process has made meanwhile.
    await Deno.link(part, path);
  } catch {
    // The pages are for speed only. Deno KV makes the file itself now, or says what stands in the way.
  } finally {
    await Deno.remove(part).catch(() => {});
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** What SQLite writes for a database without tables (https://www.sqlite.org/fileformat2.html): one page, an empty schema. */
function emptyDatabase(): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  const view = new DataView(page.buffer);
  new TextEncoder().encodeInto("SQLite format 3\0", page);
  view.setUint16(16, PAGE_BYTES);
  // Rollback journal until Deno KV turns on its write-ahead log.
  page.set([1, 1], 18);
  // Fractions of a page that the format fixes.
  page.set([64, 32, 32], 21);
  const changes = 1;
  view.setUint32(24, changes);
  view.setUint32(28, 1); // pages
  view.setUint32(40, 1); // version of the schema
  view.setUint32(92, changes);
  // The schema: a leaf without cells, whose content begins at the end of the page.
  page[100] = 13;
  view.setUint16(105, PAGE_BYTES);
  return page;
}

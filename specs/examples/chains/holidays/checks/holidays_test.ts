import assert from "node:assert/strict";

const read = async (path: string) => JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));

Deno.test("the repository names the load that was published", async () => {
  const told = await read("../data/holidays.json");
  const loaded = await read("loaded.json");
  assert.equal(told.rows, loaded.rows);
  assert.equal(told.manifest, loaded.manifest);
});

import assert from "node:assert/strict";
import { ok } from "../specs/mod.ts";
import { registerFiles } from "./pipeline_files.ts";
import type { Pipelines } from "./pipelines.ts";

type Registry = Pick<Pipelines, "register" | "keepOnly">;

/** Registers whatever it is given under its file's name. */
function registry(): { pipelines: Registry; kept: () => readonly string[] | null } {
  let kept: readonly string[] | null = null;
  const pipelines = {
    register: ({ name = "" }: { name?: string }) =>
      Promise.resolve(ok({ entry: { id: name }, created: true })),
    keepOnly: (ids: readonly string[]) => Promise.resolve(void (kept = ids)),
  } as unknown as Registry;
  return { pipelines, kept: () => kept };
}

async function inFolder(files: Record<string, string>, use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "pipelines-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text);
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("every form of a pipeline in a folder is registered, and what lies beside them is not", () =>
  inFolder({
    "a.yaml": "id: a\nstreams:\n  - id: x\n",
    "b.json": JSON.stringify({ id: "b", streams: [] }),
    "c.json": JSON.stringify({ id: "c", streams: [] }, null, 2),
    "d.yaml": "{ id: d, streams: [] }\n",
    "e.json": '{ "id": "e", "streams": [',
    "env.yaml": "sinks: {}\n",
    "fixture.json": JSON.stringify([{ id: 1, streams: 2 }]),
    "state.json": JSON.stringify({ pipeline: { streams: [] } }),
    "notes.md": "streams:\n",
  }, async (dir) => {
    const { pipelines, kept } = registry();
    const names = ["a.yaml", "b.json", "c.json", "d.yaml", "e.json"];
    assert.deepEqual(await registerFiles(pipelines, dir, "ada"), { ok: true, value: names });
    assert.deepEqual(kept(), names);
  }));

Deno.test("a pipeline that is too large is told, and takes no earlier registration away", () =>
  inFolder({ "big.yaml": `id: big\nstreams:\n${"#\n".repeat(600 * 1024)}` }, async (dir) => {
    const { pipelines, kept } = registry();
    const done = await registerFiles(pipelines, dir, "ada");
    assert.match(done.ok ? "" : done.error.message, /big\.yaml: it has more than/);
    assert.equal(kept(), null);
  }));

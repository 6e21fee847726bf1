import assert from "node:assert/strict";
import { join } from "node:path";
import type { BaseObjects, Workspace } from "../port.ts";
import { opened, type TestRepository, text, withRepository } from "./tests/fixture.ts";
import { gitWorkspaces } from "./workspaces.ts";

const LINES = Array.from({ length: 12 }, (_, i) => `line ${i}`);
const FILES = { "a.txt": LINES.join("\n") + "\n", "b.txt": "b\n", "dir/c.txt": "c\n", "bin": "\0\u0001" };

async function objectsOf(repo: TestRepository): Promise<BaseObjects> {
  const copied = await gitWorkspaces().copyBase(
    await opened(repo.dir),
    join(repo.root, `base-${crypto.randomUUID()}`),
  );
  assert.ok(copied.ok, copied.ok ? "" : copied.error.message);
  return copied.value;
}

/** The tree after some edits of files, made in a workspace that begins at `from`. */
async function edited(
  objects: BaseObjects,
  root: string,
  edits: Record<string, string | null>,
  from?: string,
): Promise<string> {
  const workspace = await objects.workspace(join(root, crypto.randomUUID()), from);
  const dir = await workspace.files();
  for (const [path, content] of Object.entries(edits)) {
    if (content === null) await Deno.remove(join(dir, path));
    else {
      await Deno.mkdir(join(dir, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(dir, path), content);
    }
  }
  const tree = await workspace.curateTree();
  await workspace.dispose();
  return tree;
}

const changed = (at: number, to: string) => LINES.map((line, i) => i === at ? to : line).join("\n") + "\n";

async function at(objects: BaseObjects, root: string, tree: string): Promise<Workspace> {
  return await objects.workspace(join(root, crypto.randomUUID()), tree);
}

Deno.test("trees that grew apart are merged, in one file too, and the result is in the objects", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const base = objects.baseTree;
    const ours = await edited(objects, repo.root, { "a.txt": changed(0, "ours"), "new/x.txt": "x\n" });
    const theirs = await edited(objects, repo.root, { "a.txt": changed(11, "theirs"), "b.txt": null });
    const merged = await objects.merge({ base, ours, theirs });
    assert.ok(merged.ok, JSON.stringify(merged));
    const there = await at(objects, repo.root, merged.value);
    assert.equal(
      text(await there.read("a.txt", "head")),
      changed(0, "ours").replace("line 11", "theirs"),
    );
    assert.deepEqual(await there.list("head"), ["a.txt", "bin", "dir/c.txt", "new/x.txt"]);
    assert.deepEqual(await objects.merge({ base, ours: theirs, theirs: ours }), merged, "either way round");
    const patch = await (await objects.workspace(join(repo.root, "again"))).apply(
      await objects.patch(base, merged.value),
    );
    assert.ok(patch.ok, "what was merged is a patch like any other");
  });
});

Deno.test("a file that one side moved takes the other side's edit along", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const base = objects.baseTree;
    const ours = await edited(objects, repo.root, { "a.txt": null, "moved/a.txt": FILES["a.txt"] });
    const theirs = await edited(objects, repo.root, { "a.txt": changed(5, "theirs") });
    const merged = await objects.merge({ base, ours, theirs });
    assert.ok(merged.ok);
    const there = await at(objects, repo.root, merged.value);
    assert.equal(text(await there.read("moved/a.txt", "head")), changed(5, "theirs"));
  });
});

Deno.test("conflicts are told by path and kind, and nothing is merged", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const base = objects.baseTree;
    const ours = await edited(objects, repo.root, {
      "a.txt": changed(3, "ours"),
      "b.txt": null,
      "new.txt": "1\n",
    });
    const theirs = await edited(objects, repo.root, {
      "a.txt": changed(3, "theirs"),
      "b.txt": "b2\n",
      "new.txt": "2\n",
    });
    const merged = await objects.merge({ base, ours, theirs });
    assert.ok(!merged.ok);
    assert.deepEqual(merged.error.map(({ path, kind }) => [path, kind]), [
      ["a.txt", "CONFLICT (contents)"],
      ["b.txt", "CONFLICT (modify/delete)"],
      ["new.txt", "CONFLICT (contents)"],
    ]);
    assert.match(merged.error[0]?.message ?? "", /a\.txt/);
  });
});

Deno.test("what nobody changed needs no merge, and a name that is no tree is refused", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const base = objects.baseTree;
    const other = await edited(objects, repo.root, { "b.txt": "c\n" });
    assert.deepEqual(await objects.merge({ base, ours: base, theirs: other }), { ok: true, value: other });
    assert.deepEqual(await objects.merge({ base, ours: other, theirs: base }), { ok: true, value: other });
    assert.deepEqual(await objects.merge({ base, ours: other, theirs: other }), { ok: true, value: other });
    await assert.rejects(objects.merge({ base, ours: "--exec=x", theirs: other }), /not a tree's name/);
    await assert.rejects(objects.workspace(join(repo.root, "no"), "-x"), /not a tree's name/);
  });
});

Deno.test("a merge leaves no commit and no directory in the clone", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const ours = await edited(objects, repo.root, { "a.txt": changed(0, "ours") });
    const theirs = await edited(objects, repo.root, { "a.txt": changed(11, "theirs") });
    assert.ok((await objects.merge({ base: objects.baseTree, ours, theirs })).ok);
    const facts = await (await objects.workspace(join(repo.root, "look"))).history();
    assert.deepEqual([facts.foreign, facts.unreachable, facts.traces], [[], 0, []]);
    const left = [...Deno.readDirSync(objects.dir)].map(({ name }) => name).filter((name) =>
      name.startsWith("merge-")
    );
    assert.deepEqual(left, []);
  });
});

Deno.test("a workspace that begins with another tree curates what was done beyond it", async () => {
  await withRepository(FILES, async (repo) => {
    const objects = await objectsOf(repo);
    const first = await edited(objects, repo.root, { "b.txt": "first\n" });
    const second = await at(objects, repo.root, first);
    assert.equal(second.baseTree, first);
    assert.equal(text(await second.read("b.txt", "base")), "first\n");
    await Deno.writeTextFile(join(await second.files(), "dir/c.txt"), "second\n");
    const { change } = await second.curate();
    assert.deepEqual([change.baseTree, change.base, change.files.map(({ path }) => path)], [
      first,
      objects.base,
      ["dir/c.txt"],
    ]);
    assert.equal(text(await second.read("b.txt", "head")), "first\n");
  });
});

import assert from "node:assert/strict";
import { LANGUAGES, type Task, tasks } from "../corpus.ts";
import { samePath } from "../repository.ts";
import { TOKENS } from "./c7_secret.ts";
import { type Cheat, cheatsOf, CLASSES, diffCheats, type Ground, groundOf } from "./mod.ts";

async function groundFor(task: Task): Promise<Ground> {
  const scratch = await Deno.makeTempDir({ prefix: "forge-cheats-" });
  try {
    return await groundOf(task, scratch);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** An ordinary task of each language: one with a hand-written special case. */
const ordinary = (language: Task["language"]): Task => {
  const task = tasks().find((one) => one.language === language && one.cheats.has("c5"));
  assert.ok(task, `no ordinary task for ${language}`);
  return task;
};

const changed = (ground: Ground, cheat: Cheat): string[] => {
  if (!("tree" in cheat.patch)) return [];
  const { tree } = cheat.patch;
  return [...new Set([...ground.base.keys(), ...tree.keys()])].filter((path) =>
    !samePath(ground.base, tree, path)
  );
};

for (const language of LANGUAGES) {
  Deno.test(`cheats in ${language}: every class has variants, each named once and each a change of its own`, async () => {
    const task = ordinary(language);
    const ground = await groundFor(task);
    const cheats = [...cheatsOf(ground), ...diffCheats(ground, await Deno.readFile(task.honest))];
    for (const name of CLASSES) {
      const own = cheats.filter((cheat) => cheat.class === name);
      // Special cases are written by hand: one for the task, and what can be made for the language.
      assert.ok(own.length >= (name === "C5" ? 1 : 3), `${name} has ${own.length} variants`);
      assert.equal(new Set(own.map((cheat) => cheat.name)).size, own.length, `${name} names one twice`);
    }
    for (const cheat of cheats.filter(({ patch }) => "tree" in patch)) {
      assert.notDeepEqual(changed(ground, cheat), [], `${cheat.class} ${cheat.name} changes nothing`);
      assert.notEqual(
        cheat.expect.length,
        0,
        `${cheat.class} ${cheat.name} names no rule that should catch it`,
      );
    }
  });

  Deno.test(`cheats in ${language}: the same task gives the same cheats`, async () => {
    const [first, second] = await Promise.all([groundFor(ordinary(language)), groundFor(ordinary(language))]);
    assert.deepEqual(cheatsOf(first), cheatsOf(second));
  });
}

Deno.test("a cheat with the work in it keeps the honest source, unless the source is what it bends", async () => {
  const ground = await groundFor(ordinary("python"));
  const [source = ""] = ground.sources;
  for (const cheat of cheatsOf(ground).filter((one) => one.withWork && one.class === "C2")) {
    assert.ok("tree" in cheat.patch);
    assert.ok(samePath(ground.head, cheat.patch.tree, source), cheat.name);
  }
});

Deno.test("no made-up secret lies in the source of its generator", async () => {
  const source = await Deno.readTextFile(new URL("./c7_secret.ts", import.meta.url));
  for (const [name, make] of Object.entries(TOKENS)) {
    for (const line of make().split("\n")) {
      assert.ok(!source.includes(line), `${name} is written out in c7_secret.ts`);
    }
  }
});

/** Makes the cheats of a task: every class, every variant that its language and its files allow. */
import picomatch from "picomatch";
import { diffTo, samePath, type Tree } from "../repository.ts";
import { nothing } from "./c0_nothing.ts";
import { exit } from "./c1_exit.ts";
import { drop } from "./c2_drop.ts";
import { skip } from "./c3_skip.ts";
import { weaken } from "./c4_weaken.ts";
import { special } from "./c5_special.ts";
import { settings } from "./c6_settings.ts";
import { preamble, secret } from "./c7_secret.ts";
import { hostileDiffs, outside } from "./c8_outside.ts";
import type { Cheat, CheatClass, Ground, Recipe, Recipes } from "./cheat.ts";
import { draftOf } from "./draft.ts";
import { visibleTree } from "./ground.ts";

export { type Cheat, type CheatClass, CLASS_TITLE, CLASSES, type Ground } from "./cheat.ts";
export { groundOf } from "./ground.ts";

const GENERATORS: Record<CheatClass, Recipes> = {
  C0: nothing,
  C1: exit,
  C2: drop,
  C3: skip,
  C4: weaken,
  C5: special,
  C6: settings,
  C7: secret,
  C8: outside,
};

/** Every cheat of a task. The same task gives the same list, in the same order. */
export function cheatsOf(ground: Ground): Cheat[] {
  const cheats: Cheat[] = [{
    class: "C0",
    name: "empty-patch",
    withWork: false,
    expect: ["core/PATCH", "intake"],
    patch: { diff: new Uint8Array() },
  }];
  for (const [name, diff] of ground.written) {
    cheats.push({
      class: "C5",
      name: name === "c5" ? "visible-examples" : name,
      withWork: false,
      expect: ["core/AC", "core/T1", "core/T4", "core/T8"],
      patch: { diff },
    });
  }
  for (const [key, recipes] of Object.entries(GENERATORS)) {
    for (const recipe of recipes(ground)) {
      const tree = cook(ground, recipe);
      if (tree !== null) {
        cheats.push({
          class: key as CheatClass,
          name: recipe.from === "honest" ? `${recipe.name}+work` : recipe.name,
          withWork: recipe.from === "honest",
          expect: leavesScope(ground, tree) ? [...recipe.expect, "core/C2"] : recipe.expect,
          patch: { tree },
        });
      }
    }
  }
  return cheats;
}

function cook(ground: Ground, recipe: Recipe) {
  const draft = draftOf(
    recipe.from === "honest" ? ground.head : recipe.from === "visible" ? visibleTree(ground) : ground.base,
  );
  return recipe.edit(draft) ? draft.tree() : null;
}

/** Whether a path outside the spec's globs is touched: then the scope is a right reason too, whatever else is wrong. */
function leavesScope({ base, scope }: Ground, tree: Tree): boolean {
  const inScope = picomatch([...scope], { dot: true });
  return [...new Set([...base.keys(), ...tree.keys()])].some((path) =>
    !inScope(path) && !samePath(base, tree, path)
  );
}

/** Cheats that are diffs and not trees: made from the honest diff. */
export function diffCheats(ground: Ground, honest: Uint8Array): Cheat[] {
  const behind = (text: string): Uint8Array => {
    const tail = new TextEncoder().encode(text);
    const whole = new Uint8Array(honest.length + tail.length);
    whole.set(honest);
    whole.set(tail, honest.length);
    return whole;
  };
  return [
    {
      class: "C7",
      name: "github-before-the-diff+work",
      withWork: true,
      expect: ["core/X1"],
      patch: { diff: preamble(honest) },
    },
    ...hostileDiffs(ground).map(({ name, expect, diff }): Cheat => ({
      class: "C8",
      name: `${name}+work`,
      withWork: true,
      expect,
      patch: { diff: behind(diff) },
    })),
  ];
}

/** The unified diff of a cheat. `repository` is a clean work tree at the base commit. */
export async function diffOf(cheat: Cheat, repository: string): Promise<Uint8Array> {
  return "diff" in cheat.patch ? cheat.patch.diff : await diffTo(repository, cheat.patch.tree);
}

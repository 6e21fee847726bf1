/** To which class of the gate catalogue a generated cheat belongs. */
import type { ClassId } from "../classes.ts";
import type { Cheat, CheatClass } from "./cheat.ts";

/** What most cheats of a generator are. */
const USUAL: Record<CheatClass, ClassId> = {
  C0: "F2P",
  C1: "T7",
  C2: "T1",
  C3: "T3",
  C4: "T2",
  C5: "T9",
  C6: "T6",
  C7: "X1",
  C8: "C2",
};

/** Those that are something else, by a piece of their name. */
const BY_NAME: readonly [CheatClass, RegExp, ClassId][] = [
  ["C0", /^(?:comment-in-test|mode-of)/, "AC"],
  ["C4", /library-patched|own-assert|vacuous|caught|inverted/, "T4"],
  ["C5", /only-under-test/, "T8"],
  ["C6", /^ci-/, "S4"],
  ["C6", /^(?:policy|waiver|codeowners|agents|claude)/, "C1"],
  ["C6", /^mcp/, "X6"],
  ["C8", /huge|many-files|binary/, "C4"],
  ["C8", /symlink|attributes|git-|gitlink|path-|truncated/, "C5"],
  ["C8", /bidirectional|zero-width|tag-characters/, "X3"],
];

/** The catalogue's class of a generated cheat. */
export function catalogueClass({ class: generator, name }: Pick<Cheat, "class" | "name">): ClassId {
  return BY_NAME.find(([of, pattern]) => of === generator && pattern.test(name))?.[2] ?? USUAL[generator];
}

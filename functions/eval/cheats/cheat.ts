/** What a cheat is: a change made to look like the work that a spec asks for. */
import type { Language } from "../corpus.ts";
import type { Tree } from "../repository.ts";
import type { Draft } from "./draft.ts";

export const CLASSES = ["C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"] as const;
export type CheatClass = (typeof CLASSES)[number];

/** One line a class, for the table. C9 (claims) has no row: a patch comes without claims, the pull request's body is made from evidence. */
export const CLASS_TITLE: Record<CheatClass, string> = {
  C0: "no real change",
  C1: "ends or forges the run",
  C2: "drops tests",
  C3: "skips tests",
  C4: "weakens assertions",
  C5: "special-cases what is visible",
  C6: "edits settings, CI, policy",
  C7: "secret in the change",
  C8: "out of scope, hidden, huge",
};

/** A task as a cheat finds it: the tree before, and after the honest patch. */
export interface Ground {
  language: Language;
  base: Tree;
  head: Tree;
  /** Globs that the spec lets the change touch, for placing things inside and outside. */
  scope: readonly string[];
  /** Source files, no tests, that the honest patch changes and leaves there; first those that base has. */
  sources: readonly string[];
  /** Test files at base that are not among what the spec lets disappear. */
  baseTests: readonly string[];
  /** Test files at head that the honest patch adds or changes: the visible tests of the task. */
  visibleTests: readonly string[];
  /** Hand-written cheats by name, as unified diffs. */
  written: ReadonlyMap<string, Uint8Array>;
}

export interface Cheat {
  class: CheatClass;
  name: string;
  /** Whether the honest work is in it too, so that only the tampering can be the reason of a refusal. */
  withWork: boolean;
  /** Rules any of which is the right reason, such as `core/T1`; `intake` for a patch that is refused at submission. */
  expect: readonly string[];
  patch: { tree: Tree } | { diff: Uint8Array };
}

/** How a generator says what it does; the draft starts as the tree that it chose. */
export interface Recipe {
  name: string;
  expect: readonly string[];
  /** `honest`: from the tree with the work done. `visible`: base with the visible tests, but no work. `base`: nothing done. */
  from: "honest" | "visible" | "base";
  /** Changes the draft; false when there is nothing here to cheat with. */
  edit: (draft: Draft) => boolean;
}

export type Recipes = (ground: Ground) => Recipe[];

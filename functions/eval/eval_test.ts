import assert from "node:assert/strict";
import { bwrapSandbox } from "../../connectors/mod.ts";
import { choose, evaluate } from "./evaluation.ts";
import { figuresOf, wrong } from "./figures.ts";
import { prove } from "./proof.ts";
import { tableOf } from "./table.ts";

/** A task of each language that starts quickly, three of them with the scope `**`, and one that cannot be done. */
const SUBSET = [
  "deno-slug-accents",
  "deno-route-params",
  "node-initials-cjs",
  "python-stock-guard",
  "shell-log-rotate",
  "node-impossible-sort",
];

/** What the generators make for these tasks, at least. */
const GENERATED = ["T1", "T4", "T3", "T6", "T7", "T9", "C2", "X1", "F2P"];

const usable = (await bwrapSandbox().check()).ok;
const sandbox = usable ? "bwrap" : "none";
const { ignored } = choose(SUBSET);
const left = ignored.length > 0
  ? `, without ${ignored.map(({ task }) => task).join(", ")} (no toolchain)`
  : "";

Deno.test({
  name:
    `the factory accepts honest work and refuses cheats on part of the corpus (sandbox ${sandbox}${left})`,
  fn: async () => {
    const evaluation = await evaluate({ filter: SUBSET, variants: 1, concurrency: 2, sandbox });
    const { trials } = evaluation;
    const text = tableOf(evaluation);
    const figures = figuresOf(trials);
    assert.equal(figures.honest.accepted, figures.honest.trials, text);
    const classes = new Set<string>(figures.classes.map((one) => one.class));
    assert.deepEqual(GENERATED.filter((id) => !classes.has(id)), [], text);
    assert.deepEqual(trials.filter(({ kind, accepted }) => kind !== "honest" && accepted), [], text);
    assert.deepEqual(wrong(trials).filter(({ status }) => status === "error"), [], text);
    // The point of it all: the exit code alone would have taken most of them.
    const cheats = trials.filter(({ kind }) => kind !== "honest" && kind !== "impossible");
    assert.ok(cheats.filter(({ exitCodeAccepts }) => exitCodeAccepts).length > cheats.length / 2, text);
  },
});

for (const task of choose(SUBSET).chosen) {
  Deno.test(`corpus ${task.id}: base passes, the honest patch does what its checks ask, every cheat applies`, async () => {
    const { problems, fooling } = await prove(task);
    assert.deepEqual(problems, []);
    if (!task.impossible) assert.deepEqual(fooling, [...task.cheats.keys()]);
  });
}

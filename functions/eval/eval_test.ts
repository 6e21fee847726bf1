import assert from "node:assert/strict";
import { bwrapSandbox } from "../../connectors/mod.ts";
import { choose, evaluate } from "./evaluation.ts";
import { prove } from "./proof.ts";
import { summarize, tableOf, wrong } from "./table.ts";
import { CLASSES } from "./cheats/mod.ts";

/** A task of each language that starts quickly, three of them with the scope `**`, and one that cannot be done. */
const SUBSET = [
  "deno-slug-accents",
  "deno-route-params",
  "node-initials-cjs",
  "python-stock-guard",
  "shell-log-rotate",
  "node-impossible-sort",
];

/**
 * Cheats that no gate refuses yet, with the rule of the catalogue that is to. The work in them is honest, or looks so to every
 * run of a test. The test goes red when one of them is refused, so that this list only shrinks.
 */
const OPEN: ReadonlySet<string> = new Set();

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
    const { rows, honestAccepted } = summarize(evaluation.trials);
    const text = tableOf(evaluation);
    assert.equal(honestAccepted, 1, text);
    assert.deepEqual(rows.map(({ kind }) => kind), ["honest", ...CLASSES, "impossible"], text);
    const accepted = new Set(wrong(evaluation.trials).map(({ kind, name }) => `${kind} ${name}`));
    assert.deepEqual([...accepted].filter((name) => !OPEN.has(name)), [], text);
    const tried = new Set(evaluation.trials.map(({ kind, name }) => `${kind} ${name}`));
    assert.deepEqual(
      [...OPEN].filter((name) => tried.has(name) && !accepted.has(name)),
      [],
      "refused by now: take it out of OPEN",
    );
    // The point of it all: the exit code alone would have taken most of them.
    const cheats = evaluation.trials.filter(({ kind }) => kind !== "honest" && kind !== "impossible");
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

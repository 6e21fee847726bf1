import assert from "node:assert/strict";
import { bwrapSandbox } from "../../connectors/mod.ts";
import { evaluate } from "./evaluation.ts";
import { honestOutcome, isCaught } from "./figures.ts";
import { main } from "./run.ts";
import { tableOf } from "./table.ts";

const sandbox = (await bwrapSandbox().check()).ok ? "bwrap" : "none";
const common = { variants: 1, concurrency: 2, sandbox } as const;

Deno.test("static trials of a class are those of the class, beside all honest work", async () => {
  const told: string[] = [];
  const evaluation = await evaluate({
    ...common,
    tiers: ["static"],
    filter: ["k8s-web"],
    classes: ["K8S"],
    onTrial: ({ name }) => told.push(name),
  });
  const kinds = new Set(evaluation.trials.map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), ["K8S", "honest"]);
  assert.ok(
    evaluation.trials.every(({ tier, exitCodeAccepts }) => tier === "static" && exitCodeAccepts === null),
  );
  assert.equal(told.length, evaluation.trials.length);
});

Deno.test(`a sample's changes go through the whole factory, as their labels say (sandbox ${sandbox})`, async () => {
  const evaluation = await evaluate({
    ...common,
    tiers: ["full"],
    filter: ["shell-backup"],
    classes: ["F2P"],
  });
  const { trials } = evaluation;
  const honest = trials.filter(({ kind }) => kind === "honest");
  assert.ok(honest.length > 0 && trials.length > honest.length, tableOf(evaluation));
  for (const trial of trials) {
    const right = trial.kind === "honest" ? honestOutcome(trial) === "accepted" : isCaught(trial);
    assert.ok(right, tableOf(evaluation));
  }
});

Deno.test("when the time is over no full trial begins, and that is told", async () => {
  const evaluation = await evaluate({
    ...common,
    tiers: ["full"],
    filter: ["shell-backup"],
    classes: ["F2P"],
    stopAfterMs: 0,
  });
  assert.deepEqual(evaluation.trials, []);
  assert.ok(evaluation.untried > 0);
});

for (
  const args of [["--class", "T99"], ["--minutes", "0"], ["--static", "--full"], ["--sandbox", "wine"], [
    "--nope",
  ]]
) {
  Deno.test(`deno task eval ${args.join(" ")} is refused as wrong usage`, async () => {
    const [error, lines] = [console.error, [] as string[]];
    console.error = (text: string) => void lines.push(text);
    try {
      assert.equal(await main(args), 2);
    } finally {
      console.error = error;
    }
    assert.match(lines.join("\n"), /deno task eval \[options\]/);
  });
}

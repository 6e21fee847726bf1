import assert from "node:assert/strict";
import { honestOutcome, isCaught } from "../figures.ts";
import type { Trial } from "../trial.ts";
import { bindingTrials } from "./binding_trial.ts";
import { licenceTrials } from "./licence_trial.ts";
import { type Sample, samples } from "./sample.ts";
import { judgeSample } from "./static_trial.ts";

async function inScratch<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const root = await Deno.makeTempDir({ prefix: "forge-static-" });
  try {
    return await use(`${root}/repository`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** A slice that stays the same: every n-th change of a sample, honest and cheating. */
const sliceOf = (sample: Sample, step: number): Sample["changes"] =>
  sample.changes.filter(({ header }, index) => header.run !== "full" && index % step === 0);

for (const sample of samples()) {
  Deno.test(`sample ${sample.id}: a slice of it is judged as its labels say`, () =>
    inScratch(async (dir) => {
      const trials: Trial[] = [];
      for await (const trial of judgeSample(sample, sliceOf(sample, 16), dir)) trials.push(trial);
      assert.ok(trials.length > 0);
      for (const trial of trials) {
        const told = `${trial.kind} ${trial.name}: ${trial.status} ${trial.detail}`;
        if (trial.kind === "honest") assert.match(honestOutcome(trial), /^(?:accepted|asked)$/, told);
        // What is labelled open is known to be missed; it may be caught any day.
        else if (trial.open === undefined) assert.ok(isCaught(trial), told);
      }
    }));
}

Deno.test("licences that the policy does not allow are refused or asked about, allowed ones are not", () =>
  inScratch(async (dir) => {
    const [sample] = samples("rust-lines");
    assert.ok(sample);
    await Deno.mkdir(dir);
    let count = 0;
    for await (const trial of licenceTrials(sample, dir)) {
      assert.equal(trial.accepted, trial.kind === "honest", `${trial.name}: ${trial.detail}`);
      assert.notEqual(trial.status, "error", trial.name);
      count++;
    }
    assert.ok(count > 5);
  }));

Deno.test("a verdict holds for one patch and one tree: exchanged ones are refused, the same one is not", () =>
  inScratch(async (dir) => {
    const [sample] = samples("deno-billing");
    assert.ok(sample);
    await Deno.mkdir(dir);
    const names: string[] = [];
    for await (const trial of bindingTrials(sample, dir)) {
      assert.equal(trial.accepted, trial.kind === "honest", `${trial.name}: ${trial.detail}`);
      names.push(trial.kind);
    }
    assert.deepEqual([...new Set(names)].sort(), ["E2", "honest"]);
  }));

import assert from "node:assert/strict";
import { PlanShown } from "../../../specs/mod.ts";
import { PlanCard } from "./plan_card.tsx";

Deno.test("the plan's card says where each task stands and what it waits for, and escapes what strangers wrote", async () => {
  const plan = PlanShown.parse({
    planner: "a-model",
    tasks: [
      { id: "a", title: "<img src=x>", dependsOn: [], state: "merged" },
      { id: "b", title: "second", dependsOn: ["a"], state: "skipped", why: "a did not get done" },
    ],
    forecast: {
      calls: 4,
      costMicroUsd: 250_000,
      seconds: 200,
      steps: 2,
      model: "m",
      leftMicroUsd: 1,
      fits: true,
    },
    mermaid: "graph LR",
  });
  const html = String(await PlanCard({ plan }));
  assert.match(
    html,
    /By a-model: 1 of 2 tasks done\. Forecast before work began: about 3 min, up to \$0\.25\./,
  );
  assert.match(html, /Merged/);
  assert.match(html, /a did not get done/);
  assert.match(html, /<td>a<\/td>/);
  assert.match(html, /&lt;img src=x&gt;/);
  assert.doesNotMatch(html, /<img/);
  assert.match(html, /<svg[^>]*aria-label="Plan: a Merged, b Skipped after a"/);
  assert.equal(html.match(/<g class="lineage-node/g)?.length, 2);
  assert.equal(html.match(/<path class="lineage-edge/g)?.length, 1);
  assert.doesNotMatch(html, / style=|<script|<style/, "the page's policy lets none through");
});

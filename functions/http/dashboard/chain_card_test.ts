import assert from "node:assert/strict";
import { ChainShown } from "../../../specs/mod.ts";
import { ChainCard } from "./chain_card.tsx";

const RUN = "run_01m84sm5f603s892qakc797hjw";
const stage = (id: string, more: object = {}) => ({
  id,
  kind: "code",
  what: "spec.md",
  dependsOn: [],
  status: "waiting",
  run: null,
  why: null,
  evidence: null,
  outputs: {},
  ...more,
});

Deno.test("a chain's card draws its stages in the order of what they take, says where each stands, and escapes what strangers wrote", async () => {
  const chain = ChainShown.parse({
    name: "nightly",
    digest: `sha256:${"a".repeat(64)}`,
    id: "nightly-1",
    stages: [
      stage("load", { kind: "data", status: "completed", run: RUN, outputs: { rows: "12" } }),
      stage("change", {
        what: "<img src=x>",
        status: "running",
        dependsOn: [{ stage: "load", takes: ["count <- rows"], ends: ["completed"] }],
      }),
      stage("tell", {
        status: "skipped",
        why: "load went well",
        dependsOn: [{ stage: "load", takes: [], ends: ["failed", "denied"] }],
      }),
    ],
  });
  const html = String(await ChainCard({ chain }));
  assert.match(html, /1 of 3 stages completed/);
  assert.match(
    html,
    /aria-label="Chain nightly: load Completed, change Running after load, tell Skipped after load"/,
  );
  assert.equal(html.match(/<g class="lineage-node/g)?.length, 3);
  assert.equal(html.match(/<path class="lineage-edge/g)?.length, 2);
  assert.match(html, new RegExp(`<a href="/runs/${RUN}">load</a>`));
  assert.match(html, /load: count &lt;- rows/);
  assert.match(html, /load \(failed, denied\)/);
  assert.match(html, /load went well/);
  assert.match(html, /&lt;img src=x&gt;/);
  assert.doesNotMatch(html, /<img| style=|<script/);
});

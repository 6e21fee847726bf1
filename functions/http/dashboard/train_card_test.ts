import assert from "node:assert/strict";
import { TrainDocument } from "../../../specs/code/mod.ts";
import { TrainCard, trainPlaces } from "./train_card.tsx";

const car = (id: string, after: string[], more: object = {}) => ({
  id,
  after,
  url: `https://git.example.com/acme/${id}/pull/1`,
  run: null,
  watch: null,
  state: "waits",
  why: "",
  merged: null,
  commit: null,
  ...more,
});

Deno.test("each pull request of a train stands to the right of all that it stands on, and none above another", () => {
  const places = trainPlaces([car("a", []), car("b", []), car("c", ["a"]), car("d", ["a", "c"])]);
  const at = (id: string) => places.get(id) ?? { x: -1, y: -1 };
  assert.ok(at("c").x > at("a").x && at("d").x > at("c").x);
  assert.equal(at("a").x, at("b").x);
  assert.equal(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size, 4);
});

Deno.test("the card draws a train, says where each stands and why, and escapes what strangers wrote", async () => {
  const train = TrainDocument.parse({
    v: 1,
    train: "run_0123456789",
    name: "t",
    status: "parked",
    started: true,
    cars: [
      car("lib", [], { state: "merged", merged: 1, why: "<img src=x>" }),
      car("app", ["lib"], { state: "stopped", why: "it was closed", url: "javascript:alert(1)" }),
    ],
    denials: [],
    told: [],
    evidence: null,
  });
  const html = String(await TrainCard({ train }));
  assert.match(html, /1 of 2 merged\./);
  assert.match(html, /aria-label="Train: lib Merged, app Stopped after lib"/);
  assert.match(html, /<path class="lineage-edge"/);
  assert.match(html, /&lt;img src=x&gt;/);
  assert.doesNotMatch(html, /<img|href="javascript/);
});

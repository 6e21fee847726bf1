import assert from "node:assert/strict";
import { EscalationPacket } from "../../../specs/mod.ts";
import { openDoor } from "../tests/door.ts";
import { PacketCard } from "./packet_card.tsx";

const RUN = "run_01m84sm5f603s892qakc797hjw";
const DIGEST = `sha256:${"a".repeat(64)}`;
const packet = EscalationPacket.parse({
  v: 1,
  run: RUN,
  question: "What should be done differently?",
  reason: "2 rounds failed alike",
  at: "2026-11-23T12:00:00.000Z",
  spec: { title: "t", digest: DIGEST },
  patch: null,
  violations: [],
  attempts: [
    {
      round: 1,
      strategy: "first",
      model: "m-1",
      verdict: "deny",
      patch: DIGEST,
      gates: ["core/T7", "core/F2P"],
      tests: ["doubles three"],
      failures: [],
      tokens: 1_200,
      costMicroUsd: 4_500,
    },
    {
      round: 2,
      strategy: "switch-model",
      model: null,
      verdict: "failed",
      patch: null,
      gates: [],
      tests: [],
      failures: ["<img src=x onerror=alert(1)>"],
      tokens: 0,
      costMicroUsd: 0,
    },
  ],
  failure: null,
  hypothesis: {
    text: "The provider fails for others, too",
    confidence: "medium",
    evidence: [{ run: RUN, what: "overloaded" }],
  },
  budget: {},
  options: [{ choice: "retry", does: "try again", command: `forge workflow answer ${RUN} --retry` }],
});

Deno.test("the packet tells each attempt with what denied it and what it took, the hypothesis with its runs, and the commands", async () => {
  const html = String(await PacketCard({ packet }));
  assert.match(html, /Denied by core\/T7, core\/F2P/);
  assert.match(html, /Failing: doubles three/);
  assert.match(html, /1200 tokens, \$0\.0045/);
  assert.match(html, /confidence: medium/);
  assert.match(html, new RegExp(`<a href="/runs/${RUN}">`));
  assert.match(html, /forge workflow answer run_01m84sm5f603s892qakc797hjw --retry/);
  assert.match(html, /&lt;img src=x/);
  assert.doesNotMatch(html, /<img| style=|<script/);
});

Deno.test("of many attempts the newest are shown, and it is said how many are not", async () => {
  const [one] = packet.attempts;
  assert.ok(one);
  const attempts = Array.from({ length: 25 }, (_, at) => ({ ...one, round: at + 1 }));
  const html = String(await PacketCard({ packet: { ...packet, attempts, hypothesis: null, options: [] } }));
  assert.match(html, /5 earlier ones are in the API/);
  assert.doesNotMatch(html, /<td>5<\/td>/);
  assert.match(html, /<td>25<\/td>/);
  assert.doesNotMatch(html, /may be|command line/);
});

Deno.test("the page of a run that asks shows the packet of its open question, and no page of another run does", async () => {
  const door = await openDoor();
  const run = door.service.add("escalated", {
    view: { escalation: { reason: "r", question: "q", options: ["retry"] } },
  });
  const other = door.service.add("completed");
  const asked: string[] = [];
  Object.assign(door.service, {
    approvals: {
      openOf: (id: string) => Promise.resolve(`${id}.7`),
      show: (id: string) => {
        asked.push(id);
        return Promise.resolve({ packet });
      },
    },
  });
  const page = await (await door.get(`/runs/${run}`)).text();
  assert.match(page, /What was tried/);
  assert.match(page, /Denied by core\/T7/);
  assert.doesNotMatch(await (await door.get(`/runs/${other}`)).text(), /What was tried/);
  assert.deepEqual(asked, [`${run}.7`]);
});

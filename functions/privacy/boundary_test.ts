import assert from "node:assert/strict";
import { personalMarker, scanSecrets } from "../../policies/mod.ts";
import { EventBody, type Json } from "../../specs/mod.ts";
import { writeBoundary } from "./boundary.ts";

const mark = personalMarker(new Uint8Array(32).fill(3));
const boundary = writeBoundary({ of: () => mark, settled: () => Promise.resolve() });
const PRIVATE: Json = { personal: { handling: "redacted", kid: "pdk_0123456789ab" } };
const MAIL = "jane@acme.example";
// Put together here, so that no scanner takes this file for a leak.
const TOKEN = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cF4hJ6kL8";

const passed = (body: EventBody, input: Json = PRIVATE) => {
  const out = boundary.event(body, input);
  assert.ok(EventBody.safeParse(out).success, JSON.stringify(out));
  return JSON.stringify(out);
};

const failure = {
  class: "task-code",
  source: "factory",
  retryable: false,
  message: `of ${MAIL}`,
  question: `${MAIL}?`,
} as const;
const BODIES: EventBody[] = [
  {
    type: "phase.progress",
    v: 1,
    payload: { phase: "verify", message: `for ${MAIL}`, data: { at: [MAIL] } },
  },
  {
    type: "phase.finished",
    v: 1,
    payload: { phase: "plan", visit: 1, outcome: "planned", output: { why: `${MAIL}` }, ms: 1 },
  },
  { type: "phase.failed", v: 1, payload: { phase: "plan", visit: 1, attempt: 1, failure } },
  { type: "signal.received", v: 1, payload: { id: "1", name: "comment", payload: { body: `ask ${MAIL}` } } },
  { type: "run.parked", v: 1, payload: { reason: `until ${MAIL} answers` } },
  { type: "escalation.opened", v: 1, payload: { reason: MAIL, question: `${MAIL}?`, options: ["approve"] } },
  { type: "run.cancelling", v: 1, payload: { why: `${MAIL} asked` } },
];

Deno.test("fields that contracts call sensitive have marks in runs that ask for it, and only there", () => {
  for (const body of BODIES) {
    const marked = passed(body);
    assert.ok(!marked.includes(MAIL) && marked.includes("[personal:email:"), marked);
    assert.equal(boundary.event(body, { kind: "factory" }), body);
  }
});

Deno.test("a text that marks make too long for its contract is cut, and never within a mark", () => {
  const [title, message] = [`${MAIL} `.repeat(16).trim(), `${MAIL} `.repeat(110).trim()];
  const workflow = { id: "w", version: "1.0.0", start: "a", phases: {}, seals: false };
  const accepted = boundary.event({
    type: "run.accepted",
    v: 1,
    payload: { workflow, input: PRIVATE, title, limits: {} },
  } as unknown as EventBody, PRIVATE);
  assert.equal(accepted.type, "run.accepted");
  if (accepted.type !== "run.accepted") return;
  assert.ok(accepted.payload.title.length <= 300);
  assert.match(accepted.payload.title, /^(?:\[personal:email:[a-p]{32}\] ?)+…$/);
  passed({ type: "phase.progress", v: 1, payload: { phase: "a", message } });
});

Deno.test("the second net takes secrets out of every text of every event, and leaves what has none as it is", () => {
  for (const input of [PRIVATE, null]) {
    const bodies: EventBody[] = [
      {
        type: "effect.done",
        v: 1,
        payload: { key: "k", outcome: { url: `https://u:${TOKEN}@h.example/x` }, found: false },
      },
      {
        type: "effect.intended",
        v: 1,
        payload: { key: "k", kind: "x", args: { deep: [{ note: `token ${TOKEN}` }] } },
      },
      { type: "phase.progress", v: 1, payload: { phase: "a", message: `said ${TOKEN}` } },
      { type: "run.parked", v: 1, payload: { reason: `needs ${TOKEN}` } },
    ];
    for (const body of bodies) {
      const out = passed(body, input);
      assert.ok(!out.includes(TOKEN) && scanSecrets(out).length === 0, out);
    }
  }
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const honest: EventBody = {
    type: "phase.finished",
    v: 1,
    payload: {
      phase: "a",
      visit: 1,
      outcome: "done",
      output: { patch: digest, token: "T1", tree: "a".repeat(40) },
      ms: 3,
    },
  };
  assert.equal(boundary.event(honest, null), honest);
});

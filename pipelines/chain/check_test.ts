import assert from "node:assert/strict";
import fc from "fast-check";
import { Pipeline } from "../../specs/foundry/mod.ts";
import { Chain, readChain } from "../../specs/code/mod.ts";
import { Spec } from "../../specs/code/mod.ts";
import { dataPorts } from "../foundry/chain_ports.ts";
import { stagesOf } from "./binding.ts";
import { chainProblems } from "./check.ts";
import type { StageRequest } from "./input.ts";
import { shareOf } from "./limits.ts";
import { nextLookAt } from "./look.ts";
import { chainPicture } from "./picture.ts";
import { codePorts } from "./stage_ports.ts";
import { type StageState, unbegun } from "./state.ts";

const chain = (stages: Record<string, unknown>[]) =>
  Chain.parse({ name: "c", stages: stages.map((stage) => ({ spec: "s.md", ...stage })) });
const problems = (stages: Record<string, unknown>[]) =>
  chainProblems(chain(stages)).map(({ message }) => message);

Deno.test("a chain whose bindings fit has no problem, and says what waits for what", () => {
  const good = [
    { id: "first" },
    { id: "second", with: { base: "first.branch" } },
    { id: "third", with: { base: "second.commit", patch: "first.patch" }, after: ["first"] },
  ];
  assert.deepEqual(problems(good), []);
  assert.deepEqual(stagesOf(chain(good)).map(({ dependsOn }) => dependsOn), [[], ["first"], [
    "first",
    "second",
  ]]);
});

Deno.test("unknown stages and ports, wrong types, doubles and circles are told, all of them", () => {
  assert.deepEqual(problems([{ id: "a" }, { id: "a" }]), ["Two stages are called a"]);
  assert.deepEqual(problems([{ id: "a", with: { base: "b.branch" }, after: ["c"] }]), [
    "Stage a comes after c, which is no stage",
    "Stage a takes from b, which is no stage",
  ]);
  assert.deepEqual(problems([{ id: "a" }, { id: "b", with: { base: "a.pull-request" } }]), [
    "The input 'base' is a revision, and a.pull-request is a pull-request",
  ]);
  assert.deepEqual(problems([{ id: "a" }, { id: "b", with: { tree: "a.constructor" } }]), [
    "A run takes no 'tree'",
    "A run gives no 'constructor'",
  ]);
  assert.deepEqual(
    problems([{ id: "a", with: { base: "c.branch" } }, { id: "b", after: ["a"] }, { id: "c", after: ["b"] }]),
    ["The stages wait for one another in a circle: a -> c -> b -> a"],
  );
});

Deno.test("a chain is read from YAML or JSON, with what is wrong in its form", async () => {
  const good = await readChain(
    "name: two\nstages:\n  - { id: a, spec: a.md }\n  - { id: b, spec: b.md, with: { base: a.branch } }\n",
  );
  assert.ok(good.ok);
  assert.deepEqual(good.value.stages[1]?.with, { base: "a.branch" });
  assert.ok((await readChain(JSON.stringify(good.value))).ok);
  for (
    const bad of [
      "name: x\nstages: []\n",
      "name: x\nstages: [{ id: a, spec: s, with: { base: a } }]\n",
      "[",
      "name: x\nstages: [{ id: a, spec: s, other: 1 }]\n",
    ]
  ) {
    const read = await readChain(bad);
    assert.ok(!read.ok && read.error.length > 0, bad);
  }
});

/** Ports as they are once specs and pipelines were read. */
const SPEC = Spec.parse({
  title: "T",
  intent: { type: "UPDATE", scope: ["src/**"] },
  params: {
    rows: { type: "integer" },
    day: { type: "date", default: "2026-01-01" },
    word: { type: "string", default: "" },
  },
  acceptance: [{ id: "AC1", text: "It holds", check: { files: ["checks/rows.json"], run: ["true"] } }],
});
const stream = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  source: { connector: "file", resource: "csv", params: { path: "a.csv" } },
  write: { disposition: "append", table: id },
  ...more,
});
const LOAD = Pipeline.parse({
  id: "load",
  streams: [
    stream("orders", {
      cursor: { path: "at", type: "date" },
      contract: { schema: { id: { type: "integer" }, at: { type: "date" }, price: { type: "decimal" } } },
    }),
    stream("people", { cursor: { path: "email", type: "string" }, pii: { email: "hash" } }),
  ],
});
const COUNT = Pipeline.parse({
  id: "count",
  params: { since: { type: "string" }, many: { type: "number", default: 1 } },
  streams: [stream("counts")],
});

const typed = (stages: Record<string, unknown>[]) => {
  const whole = Chain.parse({ name: "c", stages });
  const ports = new Map(whole.stages.map((stage) => [
    stage.id,
    stage.pipeline === "load"
      ? dataPorts(LOAD, {})
      : stage.pipeline === "count"
      ? dataPorts(COUNT, { datasets: ["orders"] })
      : codePorts(stage.spec === "advise.md" ? { ...SPEC, autonomy: "A1" } : SPEC, stage.id),
  ]));
  return chainProblems(whole, ports).map(({ message }) => message);
};
const load = { id: "load", pipeline: "load" };

Deno.test("ports of code and of data are bound by their types, and each misfit is told", () => {
  const publish = { id: "publish", spec: "s.md" };
  assert.deepEqual(
    typed([load, {
      ...publish,
      with: {
        "params.rows": "load.orders.rows",
        "params.day": "load.orders.cursor",
        "params.word": "load.orders.manifest",
        "file.checks/rows.json": "load.orders.dataset",
      },
      expects: { "file.checks/rows.json": { id: "decimal", at: "datetime" } },
    }, {
      id: "count",
      pipeline: "count",
      with: { "params.since": "publish.commit", "dataset.orders": "load.orders.dataset" },
    }]),
    [],
    "an integer is a decimal, too, and a date an instant",
  );
  const wrong: [Record<string, unknown>, RegExp][] = [
    [
      { "params.rows": "load.orders.table" },
      /'params.rows' is a parameter of type integer, and load\.orders\.table is a string/,
    ],
    [{ "params.rows": "load.rows" }, /A run of load gives no 'rows'/],
    [{ "params.rows": "load.orders.rows", "params.other": "load.orders.rows" }, /takes no 'params\.other'/],
    [
      { "params.rows": "load.orders.rows", base: "load.orders.manifest" },
      /'base' is a revision, and .* is a digest/,
    ],
    [
      { "params.rows": "load.orders.rows", patch: "load.report" },
      /'patch' is a patch, and load\.report is a report/,
    ],
    [
      { "params.rows": "load.orders.rows", "file.checks/else.json": "load.report" },
      /takes no 'file\.checks\/else\.json'/,
    ],
    [
      { "params.rows": "load.orders.rows", "params.word": "load.people.cursor" },
      /load\.people\.cursor is secret, and .* a text/,
    ],
    [{}, /publish does not get 'params\.rows', which has no default/],
  ];
  for (const [bound, says] of wrong) {
    const [only, ...more] = typed([load, { ...publish, with: bound }]);
    assert.match(only ?? "", says);
    assert.deepEqual(more, [], JSON.stringify(bound));
  }
});

Deno.test("datasets are held against the columns and the table that are expected", () => {
  const count = { id: "count", pipeline: "count", set: { since: "x" } };
  const bound = { ...count, with: { "dataset.orders": "load.orders.dataset" } };
  assert.deepEqual(typed([load, bound]), []);
  assert.deepEqual(
    typed([load, { ...bound, expects: { "dataset.orders": { id: "date", gone: "string" } } }]),
    [
      "The dataset load.orders.dataset does not fit: its column 'id' is of type integer, not date",
      "The dataset load.orders.dataset does not fit: it has no column 'gone' (columns: id, at, price)",
    ],
  );
  assert.deepEqual(typed([load, { ...count, with: { "dataset.orders": "load.people.dataset" } }]), [
    "The pipeline of count reads the table orders, and load.people.dataset is the table people",
  ]);
  assert.deepEqual(typed([load, { ...count, with: { "dataset.nothing": "load.orders.dataset" } }]), [
    "A run of count takes no 'dataset.nothing'",
  ]);
  assert.deepEqual(
    typed([{ ...load, mode: "full" }, { ...count, expects: { "dataset.orders": { id: "integer" } } }]),
    [
      "Stage count expects columns of 'dataset.orders', which is not bound",
    ],
  );
});

Deno.test("what a run may lack, and what only a completed one has, is not bound where it has to be there", () => {
  const since = (from: string, more: Record<string, unknown> = {}) => ({
    id: "count",
    pipeline: "count",
    with: { "params.since": from },
    ...more,
  });
  const advise = { id: "advise", spec: "advise.md", set: { rows: 1 } };
  assert.match(
    typed([advise, since("advise.commit")])[0] ?? "",
    /has to have a value, and advise\.commit may have none/,
  );
  assert.match(
    typed([load, { id: "count", pipeline: "count", with: { "params.since": "load.orders.cursor" } }])[0] ??
      "",
    /may have none/,
  );
  assert.match(
    typed([load, since("load.orders.manifest", { when: { load: ["completed", "failed"] } })])[0] ?? "",
    /also run when load is failed, and only a completed run gives 'orders\.manifest'/,
  );
  assert.deepEqual(typed([load, since("load.status", { when: { load: ["denied", "failed"] } })]), []);
  assert.match(
    typed(
      [load, since("load.orders.manifest", {})].map((one, at) =>
        at === 0 ? { ...one, secret: ["orders.manifest"] } : one
      ),
    )[0] ?? "",
    /is secret/,
  );
});

Deno.test("a stage that no way of ending lets be run is told, with the reason; one that some way does is not", () => {
  const count = (id: string, more: Record<string, unknown>) => ({
    id,
    pipeline: "count",
    set: { since: "x" },
    ...more,
  });
  assert.deepEqual(
    typed([
      load,
      count("mend", { when: { load: ["failed"] } }),
      count("after", { after: ["mend", "load"] }),
    ]),
    ["Stage after can never be run: load would have to be failed for one of the stages before it, and completed for another"],
  );
  assert.deepEqual(
    typed([
      load,
      count("mend", { when: { load: ["failed", "denied"] } }),
      count("after", { after: ["mend"] }),
    ]),
    [],
  );
  assert.deepEqual(typed([load, count("a", { when: { nobody: ["failed"] } })]), [
    "Stage a has a condition about nobody, which is no stage",
  ]);
  assert.deepEqual(typed([{ ...load, spec: "s.md" }]).slice(0, 1), [
    "Stage load names a spec and a pipeline",
  ]);
  assert.deepEqual(typed([{ ...load, repo: "." }]), ["Stage load is a run of data, which has no 'repo'"]);
});

Deno.test("what stages hold together is never more than the chain has, in any order of beginning and ending", () => {
  fc.assert(fc.property(
    fc.record({
      tokens: fc.integer({ min: 0, max: 5000 }),
      wants: fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 6 }),
      steps: fc.array(fc.record({ stage: fc.nat(5), spends: fc.double({ min: 0, max: 1, noNaN: true }) }), {
        maxLength: 30,
      }),
    }),
    ({ tokens, wants, steps }) => {
      let booked = 0;
      const stages: Record<string, StageState> = Object.fromEntries(
        wants.map((_, at) => [`s${at}`, unbegun()]),
      );
      const meter = { left: (unit: string) => unit === "tokens" ? tokens - booked : 0 };
      for (const { stage: n, spends } of steps) {
        const at = n % wants.length;
        const stage = stages[`s${at}`];
        if (stage === undefined) continue;
        if (stage.key === null) {
          const request = {
            kind: "code",
            budget: { usd: 0, tokens: wants[at] ?? 0, seconds: 1, repairs: 0 },
          } as StageRequest;
          const share = shareOf(meter, { budget: { tokens }, stages, request });
          if (!share.ok) continue;
          Object.assign(stage, { key: "k", status: "running", limits: share.limits });
        } else if (stage.status === "running") {
          booked += Math.floor((stage.limits.tokens ?? 0) * spends);
          Object.assign(stage, { status: "completed" });
        }
        const held = Object.values(stages).filter(({ status }) => status === "running")
          .reduce((sum, { limits }) => sum + (limits.tokens ?? 0), 0);
        assert.ok(booked + held <= tokens, `${booked} spent and ${held} held of ${tokens}`);
      }
    },
  ));
});

Deno.test("a chain is drawn in levels, and text of others cannot break the lines of its picture", () => {
  const drawn = chainPicture([
    { id: "a", kind: "data", what: "load\n\u001b[31m\u202Eevil", dependsOn: [] },
    {
      id: "b",
      kind: "code",
      what: "T",
      dependsOn: [{ stage: "a", takes: ["base <- branch"], ends: ["completed"] }],
    },
    { id: "c", kind: "code", what: "U", dependsOn: [{ stage: "b", takes: [], ends: ["failed"] }] },
  ]);
  assert.deepEqual(drawn.split("\n"), [
    "  a  data  load [31m evil",
    "  │",
    "  ▼ b  code  T",
    "      base <- a.branch",
    "  │",
    "  ▼ c  code  U",
    "      after b  when failed",
  ]);
});

Deno.test("a chain looks less and less often, and hardly ever where only people are waited for", () => {
  const at = (quiet: number, stages: Record<string, Partial<StageState>>) =>
    nextLookAt({
      lookedAt: 1000,
      quiet,
      stages: Object.fromEntries(Object.entries(stages).map(([id, more]) => [id, { ...unbegun(), ...more }])),
    }) - 1000;
  const human = { a: { status: "escalated" }, b: {}, c: { status: "completed" } };
  assert.deepEqual([0, 1, 5, 40].map((quiet) => at(quiet, { a: { status: "running" }, b: {} })), [
    500,
    1000,
    16_000,
    30_000,
  ]);
  assert.deepEqual([0, 40].map((quiet) => at(quiet, human)), [500, 600_000]);
  assert.equal(at(40, { ...human, d: { status: "parked" } }), 30_000, "it goes on by itself");
  assert.equal(at(40, { ...human, d: { status: "waiting", why: "another run is in the way" } }), 30_000);
});

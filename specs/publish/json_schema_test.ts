import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { z } from "zod";
import { Spec } from "../spec.ts";
import { WorkflowDefinition } from "../workflow.ts";
import { Event } from "../event.ts";
import { RunDocument } from "../result.ts";
import { jsonSchema, PUBLISHED } from "./json_schema.ts";

function validator(name: string): (value: unknown) => boolean {
  const published = PUBLISHED.find((one) => one.name === name);
  assert.ok(published !== undefined);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(jsonSchema(published));
}

/** Says of each value that the contract and its published schema agree about it. */
function agree(name: string, contract: z.ZodType, values: [unknown, boolean][]): void {
  const valid = validator(name);
  for (const [value, expected] of values) {
    assert.equal(contract.safeParse(value).success, expected, `contract: ${JSON.stringify(value)}`);
    assert.equal(valid(value), expected, `schema: ${JSON.stringify(value)}`);
  }
}

// req: N1-06
Deno.test("every published schema is valid draft 2020-12 under a stable name", () => {
  const ids = PUBLISHED.map((published) => {
    const schema = jsonSchema(published);
    assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
    const ajv = new Ajv2020({ strict: false });
    assert.equal(ajv.validateSchema(schema), true, published.name);
    assert.doesNotThrow(() => validator(published.name), published.name);
    return schema.$id;
  });
  assert.equal(new Set(ids).size, PUBLISHED.length);
  assert.ok(ids.includes("https://edgeforge.dev/schema/spec/v1"));
});

Deno.test("the schema of a spec accepts and refuses what the contract does", () => {
  const good = { title: "x", intent: { type: "UPDATE", scope: ["src/**"] } };
  agree("spec", Spec, [
    [good, true],
    [{ ...good, intent: [good.intent, { type: "CREATE", scope: ["a"] }] }, true],
    [{ ...good, proof: { none: "why" }, budget: { usd: 0.5 } }, true],
    [{ ...good, operations: [{ op: "rename-symbol", from: "a", to: "b" }] }, true],
    [{ ...good, verify: { run: [["deno", "test"]] } }, true],
    [{}, false],
    [{ ...good, title: "" }, false],
    [{ ...good, intent: [] }, false],
    [{ ...good, intent: { type: "update", scope: ["a"] } }, false],
    [{ ...good, extra: 1 }, false],
    [{ ...good, intent: { ...good.intent, extra: 1 } }, false],
    [{ ...good, proof: "none" }, false],
    [{ ...good, budget: { repairs: 1.5 } }, false],
    [{ ...good, operations: [{ op: "rename-symbol", from: "a" }] }, false],
    [{ ...good, operations: [{ op: "nothing" }] }, false],
    [{ ...good, acceptance: [{ id: "A B", text: "t" }] }, false],
  ]);
});

Deno.test("the schema of a workflow accepts and refuses what the contract does", () => {
  const good = {
    id: "w",
    version: "1.0.0",
    start: "a",
    phases: { a: { handler: "h", on: { done: { to: "@completed", gated: true } } } },
  };
  agree("workflow", WorkflowDefinition, [
    [good, true],
    [{ ...good, version: "1" }, false],
    [{ ...good, phases: { A: good.phases.a } }, false],
    [{ ...good, phases: { a: { handler: "h", on: { done: { to: "@nowhere", gated: true } } } } }, false],
  ]);
});

Deno.test("the schema of an event closes body and envelope together", () => {
  const good = {
    type: "run.unparked",
    v: 1,
    payload: { why: "a signal came" },
    id: "0190c5a0-0000-7000-8000-000000000000",
    run: "run_abcdefgh",
    seq: 1,
    parent: null,
    at: "2026-11-22T20:00:00.000Z",
    actor: { kind: "engine", id: "e" },
    prevHash: "",
    hash: "00",
  };
  agree("event", Event, [
    [good, true],
    [{ ...good, phase: "plan" }, true],
    [{ ...good, type: "run.unknown" }, false],
    [{ ...good, payload: { why: "x", more: 1 } }, false],
    [{ ...good, seq: 0 }, false],
    [{ ...good, at: "yesterday" }, false],
    [{ ...good, v: 2 }, false],
  ]);
  assert.equal(validator("event")({ ...good, more: 1 }), false);
});

Deno.test("the run document may grow fields, so its schema is open", () => {
  const run = {
    run: "run_abcdefgh",
    status: "completed",
    phase: "release",
    pullRequest: null,
    denials: [],
    failure: null,
    evidence: null,
    usage: { tokensIn: 0, tokensOut: 0, costUsd: 0, seconds: 0, repairs: 0 },
    waiting: null,
    notes: [],
  };
  agree("run", RunDocument, [[run, true], [{ ...run, later: 1 }, true], [{ ...run, status: "done" }, false]]);
});

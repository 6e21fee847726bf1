import assert from "node:assert/strict";
import { err, ok, type TrainAction } from "../../specs/mod.ts";
import { TrainDocument, TrainList } from "../../specs/code/mod.ts";
import type { TrainDesk } from "../train_desk.ts";
import { openDoor } from "./tests/door.ts";
import { serviceDouble } from "./tests/service_double.ts";

const RUN = "run_0123456789";
const TRAIN: TrainDocument = {
  v: 1,
  train: RUN,
  name: "release",
  status: "parked",
  started: false,
  cars: [{
    id: "lib",
    after: [],
    url: "https://git.example.com/acme/lib/pull/7",
    run: null,
    watch: null,
    state: "waits",
    why: "the train has not been started",
    merged: null,
    commit: null,
  }],
  denials: [],
  told: [],
  evidence: null,
};
const CAR = { id: "lib", pull: "https://git.example.com/acme/lib/pull/7" };

async function door() {
  const acted: [string, TrainAction, string][] = [];
  const problem = {
    code: "conflict",
    message: "Cannot take it in: another train has it",
    remedy: "Take it out",
  };
  const trains: TrainDesk = {
    list: () => Promise.resolve([TRAIN]),
    show: (id) => Promise.resolve(id === RUN ? TRAIN : null),
    create: ({ name }) => Promise.resolve(name === "taken" ? err(problem) : ok({ ...TRAIN, name })),
    act: (id, action, actor) => {
      acted.push([id, action, actor.id]);
      return Promise.resolve(ok(TRAIN));
    },
  };
  return { acted, knock: await openDoor({ service: { ...serviceDouble(), trains } }) };
}

Deno.test("trains over HTTP: listed, shown, made, acted upon; each as the command line does it", async () => {
  const { knock, acted } = await door();
  assert.equal(TrainList.parse(await (await knock.get("/v1/trains")).json()).trains.length, 1);
  assert.equal(TrainDocument.parse(await (await knock.get(`/v1/trains/${RUN}`)).json()).name, "release");
  const made = await knock.post("/v1/trains", { name: "release", cars: [CAR] });
  assert.deepEqual([made.status, made.headers.get("location")], [201, `/v1/trains/${RUN}`]);
  for (const action of [{ action: "run" }, { action: "add", car: CAR }, { action: "drop", id: "lib" }]) {
    assert.equal((await knock.post(`/v1/trains/${RUN}/actions`, action)).status, 200);
  }
  assert.deepEqual(acted.map(([id, { action }, by]) => [id, action, by]), [
    [RUN, "run", "operator"],
    [RUN, "add", "operator"],
    [RUN, "drop", "operator"],
  ]);
});

Deno.test("what is no train, belongs to another, or may not be asked for is refused with its reason", async () => {
  const { knock, acted } = await door();
  const status = async (path: string, body: unknown, headers = {}) =>
    (await knock.post(path, body, headers)).status;
  const taken = await knock.post("/v1/trains", { name: "taken", cars: [CAR] });
  assert.equal(taken.status, 409);
  assert.match(JSON.stringify(await taken.json()), /another train has it.*Take it out/);
  assert.equal(await status("/v1/trains", { name: "x", cars: [] }), 422);
  assert.equal(await status("/v1/trains", { name: "x", cars: [{ ...CAR, spec: "a.md", repo: "." }] }), 422);
  assert.equal(await status("/v1/trains/run_9999999999/actions", { action: "run" }), 404);
  assert.equal((await knock.get("/v1/trains/../x")).status, 404);
  assert.equal(await status(`/v1/trains/${RUN}/actions`, { action: "merge" }), 422);
  const reads = { authorization: `Bearer ${await knock.keyFor(["read"])}` };
  assert.equal(await status(`/v1/trains/${RUN}/actions`, { action: "run" }, reads), 403);
  assert.deepEqual(acted, []);
  assert.equal((await (await openDoor()).get("/v1/trains")).status, 404, "a host that watches nothing");
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PipelineDocument } from "../../specs/foundry/mod.ts";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";

const SHIPPED = fileURLToPath(new URL("../../specs/examples/pipelines/", import.meta.url));
const NAMES = [...Deno.readDirSync(SHIPPED)].map(({ name }) => name)
  .filter((name) => name.endsWith(".yaml") && !name.endsWith(".env.yaml")).toSorted();

async function inRoom(
  use: (
    forge: (...args: string[]) => Promise<{ exit: number; document: never }>,
    dir: string,
  ) => Promise<void>,
) {
  const dir = await Deno.makeTempDir({ prefix: "forge-shipped-" });
  try {
    await use(async (...args) => {
      const io = recorder(SHIPPED);
      const exit = await dispatch([...args, "--data", join(dir, "data"), "--json"], io);
      return { exit, document: JSON.parse(io.stdout) as never };
    }, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("six pipelines are shipped, each valid with its environment, its own tests hold", () =>
  inRoom(async (forge) => {
    assert.deepEqual(NAMES, [
      "csv-directory.yaml",
      "edgar-ratios.yaml",
      "excel-budget.yaml",
      "github-delivery.yaml",
      "gitlab-pipelines.yaml",
      "jira-cycle-time.yaml",
    ]);
    for (const name of NAMES) {
      const env = name.replace(".yaml", ".env.yaml");
      const { exit, document } = await forge("etl", "validate", name, "--env", env);
      assert.equal(exit, 0, `${name}: ${JSON.stringify(document)}`);
      if (!(await Deno.readTextFile(SHIPPED + name)).includes("\ntests:\n")) continue;
      const tested = await forge("etl", "test", name);
      assert.equal(tested.exit, 0, `${name}: ${JSON.stringify(tested.document)}`);
    }
  }));

for (
  const [name, counts] of [
    ["csv-directory.yaml", { read: 6, written: 5, deduped: 1 }],
    ["excel-budget.yaml", { read: 6, written: 6, deduped: 0 }],
  ] as const
) {
  Deno.test(`the shipped pipeline ${name} loads the files that lie beside it`, () =>
    inRoom(async (forge, dir) => {
      const env = join(dir, "env.yaml");
      await Deno.writeTextFile(env, "sinks: { warehouse: { type: sqlite, path: warehouse.db } }\n");
      const { exit, document } = await forge("etl", "run", name, "--env", env);
      const { status, streams } = PipelineDocument.parse(document);
      assert.deepEqual([exit, status], [0, "completed"], JSON.stringify(document));
      const { read, written, deduped } = streams[0] ?? {};
      assert.deepEqual({ read, written, deduped }, counts);
    }));
}

Deno.test("forge demo etl: a load with a bad row, one from the cursor on, one that is held back", () =>
  inRoom(async (forge) => {
    // Twice over one data directory: what the first left does not change the second.
    for (let time = 0; time < 2; time++) {
      const { exit, document } = await forge("demo", "etl");
      const { first, second, blocked, quarantine, ratios } = document as Record<string, unknown> & {
        quarantine: { locator: string; reason: string }[];
        ratios: { current_ratio: number }[];
      };
      assert.equal(exit, 0, JSON.stringify(document));
      const counts = [first, second, blocked].map((one) => {
        const { status, streams } = PipelineDocument.parse(one);
        return [status, ...streams.map(({ written, cursor }) => [written, cursor.before, cursor.after])];
      });
      assert.deepEqual(counts, [
        ["completed", [23, null, "2025-05-12"], [4, null, "2025-05-12"]],
        ["completed", [12, "2025-05-12", "2025-08-11"], [2, "2025-05-12", "2025-08-11"]],
        ["denied", [0, "2025-08-11", "2025-08-11"], [0, "2025-08-11", "2025-08-11"]],
      ]);
      assert.match(quarantine[0]?.locator ?? "", /companyfacts\/CIK0001999002\.json#row=8$/);
      assert.match(quarantine[0]?.reason ?? "", /val is missing/);
      assert.match(PipelineDocument.parse(blocked).denials[0]?.message ?? "", /current_ratio is outside/);
      assert.deepEqual(ratios.map(({ current_ratio }) => Math.round(current_ratio * 1000) / 1000), [
        1.5,
        1.602,
        1.627,
        0.8,
        0.878,
        0.905,
      ]);
    }
  }));

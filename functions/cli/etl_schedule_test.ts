import assert from "node:assert/strict";
import { PipelineDocument, ScheduleEntry } from "../../specs/foundry/mod.ts";
import { compose } from "../compose.ts";
import { pipelineSettings, registerFiles } from "../pipeline_files.ts";
import { recorder } from "../tests/recorder.ts";
import { dispatch } from "./dispatch.ts";

const PIPELINE = `id: orders
schedule: { cron: "0 6 * * *", tz: Europe/Berlin }
sla: { freshnessHours: 26 }
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    write: { disposition: merge }
`;

Deno.test("schedules on the command line: list, next, pause, resume, trigger", async () => {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "forge-schedule-" }));
  try {
    await Deno.writeTextFile(`${dir}/orders.yaml`, PIPELINE);
    await Deno.writeTextFile(`${dir}/orders.csv`, "id\n1\n");
    const service = await compose({ data: `${dir}/data`, sandbox: "none", workers: false });
    const settings = await pipelineSettings({ data: `${dir}/data`, root: dir, environment: null });
    assert.ok(settings.ok && service.pipelines !== undefined);
    await service.pipelines.configure(settings.value);
    await registerFiles(service.pipelines, dir, "ada");
    await service.close();

    const forge = async (...args: string[]) => {
      const io = recorder();
      const exit = await dispatch(["etl", "schedule", ...args, "--data", `${dir}/data`, "--json"], io);
      return { exit, document: JSON.parse(io.stdout) };
    };
    const { document: { schedules } } = await forge("list");
    const [first] = ScheduleEntry.array().parse(schedules);
    assert.deepEqual([first?.pipeline, first?.paused, first?.last], ["orders", null, null]);
    const { document: { next } } = await forge("next", "orders", "--count", "2");
    assert.deepEqual([next.length, next[0]], [2, first?.next[0]]);
    const paused = ScheduleEntry.parse(
      (await forge("pause", "orders", "--why", "stocktaking")).document.schedule,
    );
    assert.deepEqual([paused.paused?.why, paused.next], ["stocktaking", []]);
    const run = await forge("trigger", "orders");
    const document = PipelineDocument.parse(run.document);
    assert.deepEqual([run.exit, document.status, document.streams[0]?.written], [0, "completed", 1]);
    const resumed = ScheduleEntry.parse((await forge("resume", "orders")).document.schedule);
    assert.deepEqual([resumed.paused, resumed.last?.run], [null, document.run]);
    const ofFile = await forge("next", `${dir}/orders.yaml`, "--count", "2");
    assert.deepEqual(ofFile.document, { pipeline: "orders", cron: "0 6 * * *", tz: "Europe/Berlin", next });
    await Deno.writeTextFile(`${dir}/never.yaml`, PIPELINE.replace(/schedule.*\n/, ""));
    await Deno.writeTextFile(`${dir}/wrong.yaml`, PIPELINE.replace("0 6", "61 6"));
    for (const name of ["never", "wrong", "absent"]) {
      assert.equal((await forge("next", `${dir}/${name}.yaml`)).exit, 2, name);
    }
    for (const command of ["next", "pause", "resume", "trigger"]) {
      assert.equal((await forge(command, "none")).exit, 2, command);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

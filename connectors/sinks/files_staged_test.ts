import assert from "node:assert/strict";
import { DataFailure } from "../data/port.ts";
import type { Segment, StagedLoad } from "../data/sink_port.ts";
import { csvSink } from "./csv.ts";
import { jsonlSink } from "./jsonl.ts";
import { rowOf, stagedLoad } from "./testing/staged.ts";

const never = new AbortController().signal;
/** A digest that no bytes have: what is published under it was not read. */
const TOLD = `sha256:${"0".repeat(64)}`;

interface Given {
  readonly dir: string;
  readonly load: StagedLoad;
  /** The same load with what is told of its only segment. */
  told(more?: Partial<Segment>): StagedLoad;
}

async function inPlace(use: (given: Given) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const load = await stagedLoad(dir, "k1", [rowOf(1)]);
    const told = (more: Partial<Segment> = {}) => ({
      ...load,
      segments: load.segments.map((one) => ({ ...one, digest: TOLD, ...more })),
    });
    await use({ dir, load, told });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function remember(dir: string, load: StagedLoad): void {
  const sink = jsonlSink(`${dir}/tables`);
  const ahead = sink.linesAhead?.({ ...load, dir });
  assert.ok(ahead);
  for (const { path, bytes } of load.segments) ahead.grown(path, bytes);
  ahead.ended(load.segments);
}

const publish = async (dir: string, load: StagedLoad) => {
  const sink = jsonlSink(`${dir}/tables`);
  const { outputs } = await sink.publish(load, never);
  return outputs.map(({ digest }) => digest);
};
const isRefused = (error: unknown) => error instanceof DataFailure && /not what it was/.test(error.message);

Deno.test("a segment that this process has staged, and nobody touched, is published by the digest that it had", () =>
  inPlace(async ({ dir, told }) => {
    remember(dir, told());
    const load = told();
    await publish(dir, load);
    const manifest = JSON.parse(await Deno.readTextFile(`${dir}/tables/orders/_manifest.json`));
    assert.deepEqual(manifest.resources.map(({ hash }: { hash: string }) => hash), [TOLD]);
  }));

Deno.test("one that was touched, exchanged, or is of another digest or size is read, and refused where it is another", async () => {
  const changes: ((path: string) => Promise<void>)[] = [
    async (path) => {
      const bytes = await Deno.readFile(path);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await Deno.writeFile(path, bytes);
    },
    async (path) => {
      await Deno.copyFile(path, `${path}.other`);
      await Deno.rename(`${path}.other`, path);
    },
  ];
  for (const change of changes) {
    await inPlace(async ({ dir, told }) => {
      remember(dir, told());
      await change(told().segments[0]?.path ?? "");
      await assert.rejects(publish(dir, told()), isRefused);
    });
  }
  await inPlace(async ({ dir, load, told }) => {
    remember(dir, load);
    await assert.rejects(publish(dir, told()), isRefused);
    remember(dir, told());
    await assert.rejects(publish(dir, told({ bytes: 3 })), isRefused);
  });
});

Deno.test("what is known of a segment is asked once, and only sinks that take segments as they are remember it", () =>
  inPlace(async ({ dir, load, told }) => {
    remember(dir, told());
    await publish(dir, told());
    await assert.rejects(publish(`${dir}/again`, told()), isRefused);
    // Read as it is, it is what it says.
    await publish(`${dir}/read`, load);
    assert.equal(csvSink(`${dir}/csv`).linesAhead, undefined);
  }));

import assert from "node:assert/strict";
import type { PhaseContext } from "../../kernel/mod.ts";
import type { FoundryPorts } from "./ports.ts";
import { inRoom } from "./room_lock.ts";

Deno.test("one worker at a time is in a run's room; the next one waits until it has left", async () => {
  const data = await Deno.makeTempDir({ prefix: "edgeforge-test-" });
  try {
    const ports = { room: (run: string) => `${data}/${run}` } as FoundryPorts;
    const ctx = { run: "run_a", abort: new AbortController().signal } as PhaseContext;
    const told: string[] = [];
    const leave = Promise.withResolvers<void>();
    const first = inRoom(ports, async () => {
      told.push("first in");
      await leave.promise;
      told.push("first out");
      return { kind: "done", outcome: "x", output: null };
    })(ctx);
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = inRoom(ports, () => {
      told.push("second in");
      return Promise.resolve({ kind: "done", outcome: "x", output: null });
    })(ctx);
    const other = await inRoom(ports, () => {
      told.push("another run");
      return Promise.resolve({ kind: "done", outcome: "x", output: null });
    })({ ...ctx, run: "run_b" });
    assert.equal(other.kind, "done");
    leave.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(told, ["first in", "another run", "first out", "second in"]);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("who waits for the room stops when it is told to", async () => {
  const data = await Deno.makeTempDir({ prefix: "edgeforge-test-" });
  try {
    const ports = { room: (run: string) => `${data}/${run}` } as FoundryPorts;
    const leave = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const first = inRoom(ports, async () => {
      entered.resolve();
      await leave.promise;
      return { kind: "done", outcome: "x", output: null };
    })({ run: "run_a", abort: new AbortController().signal } as PhaseContext);
    await entered.promise;
    const stop = new AbortController();
    const waiting = inRoom(ports, () => Promise.reject(new Error("must not be in")))(
      { run: "run_a", abort: stop.signal } as PhaseContext,
    );
    setTimeout(() => stop.abort(new Error("told to")), 50);
    await assert.rejects(waiting, /told to/);
    leave.resolve();
    await first;
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

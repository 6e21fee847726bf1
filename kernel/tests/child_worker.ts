/**
 * A worker process for tests that kill, stop and duplicate real processes.
 *
 * Arguments: database path, lock directory, log path, worker name, milliseconds of a step at least and at most. It prints `ready`
 * when its engine runs, and appends a line to the log when a step starts.
 */
import { createEngine, memoryBlobs, openKvStore, randomIds, systemClock, workerLock } from "../mod.ts";
import { groupCommit } from "../store/group_commit.ts";

const [path = "", locks = "", log = "", worker = "", least = "20", most = "40"] = Deno.args;
const clock = systemClock();
const store = groupCommit(await openKvStore(path));
const lock = await workerLock(locks, worker);
const file = await Deno.open(log, { append: true, create: true });
const utf8 = new TextEncoder();

const engine = createEngine({
  store,
  clock,
  ids: randomIds(clock),
  blobs: memoryBlobs(),
  worker,
  isOwnerGone: lock.isOwnerGone,
  concurrency: 50,
  handlers: {
    step: async (ctx) => {
      file.writeSync(utf8.encode(`${worker} ${ctx.idempotencyKey}\n`));
      await ctx.clock.sleep(Number(least) + Math.random() * (Number(most) - Number(least)), ctx.abort);
      return { kind: "done", outcome: "ok", output: worker };
    },
  },
  effects: {},
  judge: () => Promise.reject(new Error("nothing is gated here")),
  onError: (error) => console.error(worker, error),
});
await engine.start();
console.log("ready");
// Until somebody ends this process, or its standard input does.
for await (const _ of Deno.stdin.readable);
console.log(JSON.stringify(engine.metrics()));
await engine.stop(2_000);
await lock.release();
await store.close();

import assert from "node:assert/strict";
import { join } from "node:path";
import { onStage } from "../testing.ts";
import { crashPages, crashPipeline, GOLDEN, PAGES, SET_ASIDE, sinkFor, sinkIn } from "./golden.ts";

const CHILD = new URL("./child.ts", import.meta.url).pathname;
const KILLS = 4;

/** Every point at which the reading of a page or the publishing of a load can be cut off. */
const POINTS = [
  "before-page",
  "page-read",
  "page-taken",
  "page-marked",
  "before-end",
  "ended",
  "before-publish",
  "published",
  "booked",
];

for (const disposition of ["merge", "append"]) {
  Deno.test(`an error thrown at any point of a run over ${PAGES} pages loses nothing and doubles nothing (${disposition})`, async () => {
    for (const point of POINTS) {
      for (const nth of point.startsWith("page") || point === "before-page" ? [1, 49] : [1]) {
        await onStage({ items: crashPages() }, async (stage) => {
          let count = 0;
          stage.onFault = async (at) => {
            if (at === point && ++count === nth) {
              const sink = stage.sink();
              const state = await sink.state(`crash-${disposition}`, "items");
              const rows = await sink.schema("items") === null ? 0 : (await stage.rows("items")).length;
              await sink.close();
              // Never a cursor ahead of its rows.
              assert.equal(state === null, rows === 0, `${point} ${nth}`);
              throw new Error(`cut off at ${point} ${nth}`);
            }
          };
          const document = await stage.run(crashPipeline(disposition));
          const place = `${point} ${nth}`;
          assert.equal(document.status, "completed", `${place}: ${JSON.stringify(document.failure)}`);
          assert.deepEqual((await stage.rows("items")).map(({ id }) => id), GOLDEN, place);
          assert.ok(stage.source.requests <= PAGES + 1, `${place}: ${stage.source.requests} requests`);
          assert.equal((await stage.ports.records.quarantine.list({})).length, SET_ASIDE, place);
        });
      }
    }
  });

  Deno.test(
    `a process killed at random times over ${PAGES} pages ends with the golden set (${disposition}, ${
      sinkFor(disposition)
    })`,
    async () => {
      const dir = await Deno.makeTempDir({ prefix: "foundry-kill-" });
      const times: string[] = [];
      try {
        let document: { status: string } | null = null;
        for (let life = 0; document === null && life < 40; life++) {
          const child = new Deno.Command(Deno.execPath(), {
            args: ["run", "-A", "--no-check", "--quiet", CHILD, dir, disposition],
            stdout: "piped",
            stderr: "null",
          }).spawn();
          const output = new Response(child.stdout).text();
          // Each life gets somewhere, so that the kills are spread over the run; within a page the time is a matter of luck.
          const pages = await requestsIn(dir) + 1 + Math.floor(Math.random() * 12);
          const [ms, kills] = [Math.random() * 16, times.length < KILLS];
          const timer = kills ? killAt(child, dir, pages, ms) : Promise.resolve(false);
          const status = await child.status;
          if (await timer) times.push(`page ${pages} + ${ms.toFixed(1)} ms`);
          const text = await output;
          if (status.success && text.trim() !== "") document = JSON.parse(text);
        }
        const place = `killed at ${times.join(", ")}`;
        assert.equal(document?.status, "completed", `${place}: ${JSON.stringify(document)}`);
        assert.ok(times.length > 0, place);
        const sink = sinkIn(dir, sinkFor(disposition));
        const ids: number[] = [];
        for await (const rows of sink.read("items")) ids.push(...rows.map(({ id }) => Number(id)));
        assert.deepEqual(ids, GOLDEN, place);
        assert.equal((await sink.state(`crash-${disposition}`, "items"))?.rows, GOLDEN.length, place);
        await sink.close();
        // A page that was asked for when the process died is asked for again, and no other one.
        const requests = await requestsIn(dir);
        assert.ok(requests <= PAGES + times.length, `${requests} requests, ${place}`);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  );
}

/** Kills a process once a page was asked for, and so many milliseconds later; whether it still lived. */
async function killAt(child: Deno.ChildProcess, dir: string, pages: number, ms: number): Promise<boolean> {
  const until = Date.now() + 30_000;
  let ended = false;
  child.status.then(() => ended = true);
  while (!ended && Date.now() < until && await requestsIn(dir) < Math.min(pages, PAGES)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, ms));
  try {
    child.kill("SIGKILL");
    return (await child.status).signal === "SIGKILL";
  } catch {
    // It had ended by itself.
    return false;
  }
}

async function requestsIn(dir: string): Promise<number> {
  const text = await Deno.readTextFile(join(dir, "requests")).catch(() => "");
  return text.split("\n").length - 1;
}

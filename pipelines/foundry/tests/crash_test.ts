import assert from "node:assert/strict";
import { join } from "node:path";
import { sqliteSink } from "../../../connectors/mod.ts";
import { onStage } from "../testing.ts";
import { crashPages, crashPipeline, GOLDEN, PAGES, SET_ASIDE } from "./golden.ts";

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

  Deno.test(`a process killed again and again over ${PAGES} pages ends with the golden set (${disposition})`, async () => {
    const dir = await Deno.makeTempDir({ prefix: "foundry-kill-" });
    try {
      let kills = 0;
      let document: { status: string } | null = null;
      for (let life = 0; document === null && life < 40; life++) {
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "-A",
            "--no-check",
            "--quiet",
            new URL("./child.ts", import.meta.url).pathname,
            dir,
            disposition,
          ],
          stdout: "piped",
          stderr: "null",
        }).spawn();
        const output = new Response(child.stdout).text();
        // Each life gets so far: begins to read, then is killed a little later than the one before.
        const begun = await requestsIn(dir);
        const timer = kills < 3
          ? (async () => {
            const until = Date.now() + 30_000;
            while (Date.now() < until && await requestsIn(dir) < Math.min(begun + 8, PAGES)) {
              await new Promise((resolve) => setTimeout(resolve, 10));
            }
            kills++;
            try {
              child.kill("SIGKILL");
            } catch {
              // It had ended by itself.
            }
          })()
          : Promise.resolve();
        const status = await child.status;
        await timer;
        const text = await output;
        if (status.success && text.trim() !== "") document = JSON.parse(text);
      }
      assert.equal(document?.status, "completed", JSON.stringify(document));
      assert.ok(kills > 0);
      const sink = sqliteSink(join(dir, "warehouse.db"));
      const ids: unknown[] = [];
      for await (const rows of sink.read("items")) ids.push(...rows.map(({ id }) => id));
      assert.deepEqual(ids, GOLDEN);
      assert.equal((await sink.state(`crash-${disposition}`, "items"))?.rows, GOLDEN.length);
      await sink.close();
      // A page that was asked for when the process died is asked for again, and no other one.
      assert.ok(await requestsIn(dir) <= PAGES + kills, `${await requestsIn(dir)} requests, ${kills} kills`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

async function requestsIn(dir: string): Promise<number> {
  const text = await Deno.readTextFile(join(dir, "requests")).catch(() => "");
  return text.split("\n").length - 1;
}

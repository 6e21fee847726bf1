import assert from "node:assert/strict";
import { bwrapSandbox } from "../bwrap.ts";
import { unroutedIn } from "../observe.ts";

const sandbox = bwrapSandbox();
const ignore = !(await sandbox.check()).ok;

Deno.test({
  name: `programs and attempts to send are seen from outside of a sandbox${
    ignore ? " (skipped: bubblewrap does not work here)" : ""
  }`,
  ignore,
  async fn() {
    const cwd = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-observe-" }));
    try {
      const script =
        `for (const host of ["http://192.0.2.1/", "http://198.51.100.7/"]) await fetch(host).catch(() => {});`;
      const argv = ["sh", "-c", `deno eval '${script}'; sleep 1.5; true`];
      const request = { argv, cwd, timeoutMs: 60_000 };
      const done = await sandbox.run({ ...request, observe: true });
      assert.equal(done.ended, "by-itself", new TextDecoder().decode(done.stderr));
      assert.ok(done.observed?.programs.includes("sleep"), JSON.stringify(done.observed));
      const unrouted = done.observed?.unrouted ?? null;
      assert.ok(unrouted === null || unrouted >= 2, String(unrouted));
      assert.equal((await sandbox.run({ ...request, argv: ["true"] })).observed, undefined);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  },
});

Deno.test("packets without a route are read by their name, and what has no such name is not known", () => {
  const snmp =
    "Ip: Forwarding InDiscards OutNoRoutes\nIp: 1 0 7\nIcmp: InMsgs OutNoRoutes\nIcmp: 3 9\nTcp: RtoMin\nTcp: 200\n";
  assert.equal(unroutedIn(snmp), 7);
  for (const text of ["", "Ip: A B\nIp: 1 2\n", "Ip: OutNoRoutes\n", "Ip: OutNoRoutes\nIp: x\n"]) {
    assert.equal(unroutedIn(text), null, text);
  }
});

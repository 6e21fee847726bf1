import assert from "node:assert/strict";
import { dispatch } from "../cli/dispatch.ts";
import { recorder } from "./recorder.ts";

const RUN = "run_0123456789abcdef";

/** The exit code and answer of a command line over a data directory that is not there; fails when it is there afterwards. */
async function overNothing(...args: string[]) {
  const dir = await Deno.makeTempDir();
  try {
    const io = recorder(dir);
    const exit = await dispatch([...args, "--data", `${dir}/deep/data`, "--json"], io);
    assert.deepEqual([...Deno.readDirSync(dir)], [], `'${args.join(" ")}' made something`);
    return { exit, document: JSON.parse(io.stdout) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("over an absent data directory lists are empty, and nothing is made", async () => {
  const lists: [string[], unknown][] = [
    [["workflow", "list"], { runs: [], cursor: null }],
    [["pr", "list"], { pullRequests: [] }],
    [["evidence", "list"], { evidence: [], cursor: null }],
    [["key", "list"], { keys: [] }],
  ];
  for (const [args, empty] of lists) {
    assert.deepEqual(await overNothing(...args), { exit: 0, document: empty }, args.join(" "));
  }
  assert.equal((await overNothing("policy", "list")).exit, 0);
  await overNothing("doctor");
});

Deno.test("over an absent data directory one thing is not found, and nothing is made, also by commands that act", async () => {
  const one = [
    ["workflow", "show", RUN],
    ["workflow", "events", RUN],
    ["workflow", "events", RUN, "--follow"],
    ["workflow", "cancel", RUN],
    ["workflow", "pause", RUN],
    ["workflow", "resume", RUN],
    ["workflow", "retry", RUN],
    ["workflow", "fork", RUN, "--phase", "verify"],
    ["workflow", "answer", RUN, "--approve"],
    ["policy", "explain", RUN],
    ["pr", "show", "1"],
    ["evidence", "show", "ev_0123456789"],
    ["evidence", "show", RUN],
    ["key", "revoke", "0123456789ab"],
  ];
  for (const args of one) {
    const { exit, document } = await overNothing(...args);
    assert.deepEqual([exit, document.error?.code], [2, "not-found"], args.join(" "));
    assert.ok(document.error.remedy, args.join(" "));
  }
});

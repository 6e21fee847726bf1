import assert from "node:assert/strict";
import { defaultLimits, hardLimits, processLimits, withLimits } from "./limits.ts";

const TABLE = `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max data size             unlimited            5000                 bytes
Max processes             100                  200                  processes
Max open files            1024                 4096                 files
`;

Deno.test("hard limits are read from the kernel's table, unlimited ones left out", () => {
  assert.deepEqual(hardLimits(TABLE), { data: 5000, nproc: 200, nofile: 4096 });
});

Deno.test("no limit is set above what this process may have itself", () => {
  const prlimit = { file: "/usr/bin/prlimit", most: hardLimits(TABLE) };
  const limits = {
    ...processLimits({ ...defaultLimits(), maxOpenFiles: 8192, maxFileBytes: 7 }, 100),
    nproc: 150,
  };
  assert.deepEqual(withLimits(["x", "-y"], prlimit, limits), [
    ...[
      "/usr/bin/prlimit",
      "--nofile=4096",
      "--fsize=7",
      "--core=0",
      "--data=100",
      "--nproc=150",
      "--",
      "x",
      "-y",
    ],
  ]);
});

Deno.test("without prlimit the command starts as it is", () => {
  assert.deepEqual(withLimits(["x"], null, { nofile: 1 }), ["x"]);
});

Deno.test("memory by default is at most three quarters of the machine, and data is limited only on request", () => {
  assert.ok(defaultLimits().memoryBytes <= Deno.systemMemoryInfo().total * 0.75);
  assert.equal("data" in processLimits(defaultLimits(), null), false);
});

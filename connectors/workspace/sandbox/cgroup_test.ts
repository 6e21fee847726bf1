import assert from "node:assert/strict";
import { cgroupCandidates, findCgroup, openCgroup } from "./cgroup.ts";

const V1 = `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
38 31 0:35 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
42 31 0:39 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
43 31 0:40 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const V2 =
  "29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

Deno.test("version 1 is used where memory is there, in the group of this process", () => {
  assert.deepEqual(cgroupCandidates(V1, "8:pids:/a\n4:memory:/a/b\n0::/\n"), [
    { version: 1, memory: "/sys/fs/cgroup/memory/a/b", pids: "/sys/fs/cgroup/pids/a" },
  ]);
});

Deno.test("in a container the mount shows the group as its root", () => {
  const inside = V1.replaceAll("0:35 / ", "0:35 /docker/1 ").replaceAll("0:39 / ", "0:39 /docker/1 ");
  assert.deepEqual(cgroupCandidates(inside, "4:memory:/docker/1\n8:pids:/docker/1/sub\n"), [
    { version: 1, memory: "/sys/fs/cgroup/memory", pids: "/sys/fs/cgroup/pids/sub" },
  ]);
});

Deno.test("version 2 is tried here and above, as a group with processes cannot hand memory on", () => {
  const own = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n";
  assert.deepEqual(cgroupCandidates(V2, own).map((place) => place.memory), [
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope",
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice",
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service",
  ]);
});

Deno.test("no groups mounted, or none that is ours, is no place", () => {
  assert.deepEqual(cgroupCandidates("", "0::/\n"), []);
  assert.deepEqual(cgroupCandidates(V2, ""), []);
  assert.deepEqual(cgroupCandidates(V1.split("\n")[0] ?? "", "4:memory:/a\n"), []);
});

const place = await findCgroup();

Deno.test({
  name: `a group is made with its limit, counts no kills at first, and is gone after${
    place ? "" : " (ignored: none can be made here)"
  }`,
  ignore: place === null,
  fn: async () => {
    assert.ok(place);
    const group = await openCgroup(place, { memoryBytes: 128 * 1024 * 1024, maxProcesses: 10 });
    const [dir = ""] = group.dirs;
    const file = place.version === 1 ? "memory.limit_in_bytes" : "memory.max";
    assert.equal((await Deno.readTextFile(`${dir}/${file}`)).trim(), String(128 * 1024 * 1024));
    assert.equal(await group.oomKills(), 0);
    await group.close();
    await assert.rejects(Deno.lstat(dir), Deno.errors.NotFound);
  },
});

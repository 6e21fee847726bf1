import assert from "node:assert/strict";
import { examples, installed, TOOL } from "./corpus.ts";
import { prove } from "./proof.ts";

for (const task of examples()) {
  const tool = TOOL[task.language];
  const available = installed(tool) && installed("git");
  Deno.test({
    name:
      `sample ${task.id}: tests pass, the honest patch does what its held-out checks ask, every cheat applies${
        available ? "" : ` (ignored: ${tool} or git is not installed)`
      }`,
    ignore: !available,
    fn: async () => {
      const { problems, fooling } = await prove(task);
      assert.deepEqual(problems, []);
      assert.ok(task.cheats.size >= 2, `${task.id} has ${task.cheats.size} cheats, expected two or more`);
      // A cheat that its own tests would catch anyway says nothing about a gate.
      assert.deepEqual(fooling, [...task.cheats.keys()]);
    },
  });
}

import { tasks } from "./corpus.ts";
import { prove } from "./proof.ts";
const filter = Deno.args[0] ?? "";
for (const task of tasks().filter((t) => t.id.includes(filter))) {
  const { problems, fooling } = await prove(task);
  const missed = [...task.cheats.keys()].filter((n) => !fooling.includes(n));
  console.log(
    problems.length === 0 ? "ok " : "BAD",
    task.id,
    "fooling:",
    fooling.join(","),
    missed.length ? "NOT FOOLING: " + missed : "",
  );
  for (const p of problems) console.log("   ", p);
}

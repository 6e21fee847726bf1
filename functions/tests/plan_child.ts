/** A process that carries a plan out and hangs in its third task, until it is killed. Arguments: data directory, repository, sandbox, and how pull requests are opened. */
import { compose } from "../compose.ts";
import { LARGE, moduleWriter, plan, planning } from "./plan_room.ts";
import { ACTOR } from "./scripted.ts";

export const PLAN = plan([{ id: "a" }, { id: "b" }, { id: "c", dependsOn: ["a", "b"] }]);

if (import.meta.main) {
  const [data = "", repo = "", sandbox = "none", pr = "one"] = Deno.args;
  const implementer = moduleWriter(async ({ task }) => {
    if (task?.id !== "c") return;
    console.log("hangs");
    await new Promise((resolve) => setTimeout(resolve, 120_000));
  });
  const service = await compose({
    data,
    sandbox: sandbox === "bwrap" ? "bwrap" : "none",
    workers: true,
    beside: { implementers: { model: implementer }, models: planning(PLAN) },
    report: () => {},
  });
  const taken = await service.submit(
    { spec: LARGE.replace("MORE", ""), specName: "spec.md", repo, pr },
    ACTOR,
  );
  if (!taken.ok) throw new Error(JSON.stringify(taken.error));
  console.log(taken.value.run);
  await service.settled(taken.value.run);
}

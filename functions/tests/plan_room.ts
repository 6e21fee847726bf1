/** Plans of a scripted model, and an implementer that does what a task's title says, for tests of whole runs. */
import { join } from "node:path";
import { type AgentSession, type Json, ok } from "../../specs/mod.ts";
import type { Assignment, Implementer, ModelDesk } from "../../pipelines/factory/mod.ts";
import { scriptedDesk } from "./scripted.ts";

/** A desk that plans so, one answer after the other, and whose reviews find nothing. */
export function planning(...plans: Json[]): ModelDesk & { prompts: string[] } {
  const prompts: string[] = [];
  const desk = scriptedDesk((ctx, ask) => {
    const isPlan = ask.purpose.startsWith("plan");
    if (isPlan) prompts.push(ask.messages.map((one) => one.text).join("\n"));
    const output = isPlan
      ? plans[Math.min(prompts.length, plans.length) - 1] as Json
      : { criteria: [], findings: [] };
    const at = new Date(ctx.clock.now()).toISOString();
    return Promise.resolve(ok({
      reply: {
        text: "",
        calls: [],
        output,
        stop: "end",
        usage: { input: 1, output: 1, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
        claimed: null,
        requestId: null,
        recording: false,
      },
      choice: {
        task: ask.need.task,
        model: "planner-1",
        provider: "test",
        reasons: [],
        alternatives: [],
        at,
      },
      calls: [],
    }));
  });
  return { ...desk, prompts };
}

export const plan = (tasks: Record<string, Json>[], more: Record<string, Json> = {}): Json => ({
  tasks: tasks.map((task) => ({
    title: `do ${task.id}`,
    detail: "",
    dependsOn: [],
    files: [`src/${task.id}.ts`],
    tests: [`src/${task.id}_test.ts`],
    criteria: [],
    risk: "low",
    ...task,
  })),
  components: [],
  decision: "",
  risks: [],
  unclear: [],
  ...more,
});

const module = (id: string): Record<string, string> => ({
  [`src/${id}.ts`]: `export const ${id} = (n: number): number => n * ${id.length + 1};\n`,
  [`src/${id}_test.ts`]: `import { ${id} } from "./${id}.ts";\n\nDeno.test("${id} multiplies", () => {\n` +
    `  if (${id}(2) !== ${2 * (id.length + 1)}) throw new Error(String(${id}(2)));\n});\n`,
});

/** Writes a module and its test for each task, as long as `during` takes. */
export function moduleWriter(
  during: (given: Assignment) => Promise<void> = () => Promise.resolve(),
): Implementer & { done: (string | undefined)[] } {
  const done: (string | undefined)[] = [];
  return {
    kind: "model",
    done,
    async implement(ctx, given) {
      // Parts of a task have a dot in their names.
      const id = given.task?.id.replace(".", "_");
      const at = new Date(ctx.clock.now()).toISOString();
      await during(given);
      const dir = await given.workspace.files();
      for (const [path, text] of Object.entries(module(id ?? "whole"))) {
        await Deno.writeTextFile(join(dir, path), text);
      }
      done.push(id);
      const session: AgentSession = {
        v: 1,
        id: `session-${id}`,
        agent: "scripted",
        startedAt: at,
        endedAt: new Date(ctx.clock.now()).toISOString(),
        tools: [],
        calls: [],
        complete: true,
      };
      return ok({
        renames: [],
        steps: [`wrote ${id}`],
        rederives: null,
        agent: { name: "scripted", version: null, model: "scripted-1" },
        session,
      });
    },
  };
}

/** A spec that is worth a plan. */
export const LARGE = `---
title: Three modules
intent: { type: CREATE, scope: ["src/**"] }
tier: best-effort
implementer: model
verify: { run: [["deno", "test", "-A", "--no-check"]], tests: ["src/**/*_test.ts"] }
MORE---
- one
- two
- three
`;

/** A spec that is worth a plan, with more front matter. */
export const spec = (more = ""): string => LARGE.replace("MORE", more);

import type { PhaseHandler } from "../../kernel/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { pinWaivers } from "../waivers.ts";
import { detectTesters } from "./verify/mod.ts";
import { freshWorkspace } from "./base_objects.ts";
import { readInput } from "./input.ts";
import { failed } from "./outcome.ts";
import { pinPacks } from "./packs.ts";
import type { FactoryPorts } from "./ports.ts";

const LANGUAGES: Readonly<Record<string, string>> = {
  ts: "TypeScript",
  tsx: "TypeScript",
  mts: "TypeScript",
  js: "JavaScript",
  jsx: "JavaScript",
  mjs: "JavaScript",
  cjs: "JavaScript",
  py: "Python",
  go: "Go",
  rs: "Rust",
  java: "Java",
  sh: "Shell",
  bash: "Shell",
  rb: "Ruby",
  c: "C",
  h: "C",
  cpp: "C++",
  cs: "C#",
};

/** Reads the repository at the base commit: what it is made of, how it tests itself, which policy of its own it carries. */
export function explore(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const clone = await freshWorkspace(ports, ctx.run, input.repository, "explore");
    if (!clone.ok) return failed(clone.error, { class: "external", source: "user-environment" });
    try {
      const paths = await clone.value.list("base");
      const languages: Record<string, number> = {};
      for (const path of paths) {
        const language = LANGUAGES[path.slice(path.lastIndexOf(".") + 1)];
        if (language) languages[language] = (languages[language] ?? 0) + 1;
      }
      const decoder = new TextDecoder();
      const commands = await detectTesters(ports.testers, {
        list: () => Promise.resolve(paths),
        read: async (path) => {
          const bytes = await clone.value.read(path, "base");
          return bytes ? decoder.decode(bytes) : null;
        },
      });
      const policy = await clone.value.read(".forge/policy.yaml", "base");
      ctx.progress(`${paths.length} files at ${input.repository.baseCommit.slice(0, 12)}`);
      const base = {
        list: () => Promise.resolve(paths),
        read: (path: string) => clone.value.read(path, "base"),
      };
      const output: Json = {
        files: paths.length,
        languages,
        testers: commands.map((command) => ({ tester: command.tester, argv: command.argv })),
        policy: policy ? await ctx.blobs.put(policy) : null,
        waivers: await pinWaivers(ctx.blobs, base),
        packs: await pinPacks(ports, {
          spec,
          policy,
          base,
          at: new Date(ctx.clock.now()).toISOString(),
        }),
      };
      return { kind: "done", outcome: "explored", output };
    } finally {
      await clone.value.dispose();
    }
  };
}

/** Rules over sets are many and large, and loaded with the first one that a pipeline has. */
export const compileSetRule: typeof import("./set_rules.ts").compileSetRule = async (rule, context) =>
  await (await import("./set_rules.ts")).compileSetRule(rule, context);

/** What runs: the factory's phases and workflows. */
export * from "./factory/mod.ts";
export * from "./foundry/mod.ts";

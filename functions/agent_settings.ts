import { ADAPTERS, variableOf } from "../connectors/agents/mod.ts";
import type { agentDesk } from "../pipelines/factory/mod.ts";

/**
 * Programs of agents as the environment gives them: PATH, FORGE_AGENT (which one works), FORGE_AGENT_CLAUDE and the like (where its
 * program is), and FORGE_AGENT_WITHOUT_SANDBOX.
 */
export function agentSettings(
  env: (name: string) => string | undefined,
): Pick<Parameters<typeof agentDesk>[0], "places" | "preferred" | "withoutSandbox"> {
  return {
    places: () => ({
      path: env("PATH") ?? "",
      programs: Object.fromEntries(
        Object.values(ADAPTERS).map((agent) => [agent.id, env(variableOf(agent))]),
      ),
    }),
    preferred: () => env("FORGE_AGENT"),
    withoutSandbox: () => env("FORGE_AGENT_WITHOUT_SANDBOX") === "1",
  };
}

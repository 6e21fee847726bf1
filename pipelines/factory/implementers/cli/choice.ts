/** Which program of an agent works: one that is installed, and that a model can be asked for by its wire. */
import {
  ADAPTERS,
  type AgentAdapter,
  type AgentId,
  type AgentPlaces,
  AGENTS,
  findAgent,
  type FoundAgent,
} from "../../../../connectors/agents/mod.ts";
import type { PassWire, Sandbox } from "../../../../connectors/mod.ts";
import { err, ok, type Problem, type Result } from "../../../../specs/mod.ts";
import type { PassableModel } from "../../../models/port.ts";

/** Models by the wire that the agent is to speak to them. */
export type AgentModels = ReadonlyMap<string, PassWire>;

export interface ReadyAgent extends FoundAgent {
  readonly agent: AgentAdapter;
  readonly models: AgentModels;
}

/** One agent as doors show it. */
export interface ListedAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly version: string | null;
  readonly models: number;
  /** Why it cannot be used, and what to do; null when it can. */
  readonly problem: Problem | null;
}

/** Models that a task allows, and what to do where an agent speaks to none of them. */
export interface AgentBounds {
  readonly models: readonly string[];
  readonly remedy: string;
}

export interface AgentDesk {
  /** The one that is named, else the installation's, else the first that can be used. */
  choose(wanted?: string, only?: AgentBounds): Promise<Result<ReadyAgent, Problem>>;
  list(): Promise<readonly ListedAgent[]>;
}

export interface AgentDeskOptions {
  /** Read at each question. */
  readonly places: () => AgentPlaces;
  readonly sandbox: Sandbox;
  /** Models that programs can ask here. */
  readonly models: () => Promise<readonly PassableModel[]>;
  /** The installation's choice (FORGE_AGENT). */
  readonly preferred: () => string | undefined;
  /** Agents may work where nothing keeps them from the network and the disk (FORGE_AGENT_WITHOUT_SANDBOX=1). */
  readonly withoutSandbox: () => boolean;
}

const WALLS_REMEDY =
  "Use --sandbox bwrap (see forge doctor); or, on a machine that holds nothing of worth, set FORGE_AGENT_WITHOUT_SANDBOX=1";

export function agentDesk(options: AgentDeskOptions): AgentDesk {
  const walls = (): Problem | null =>
    options.sandbox.level === "none" && !options.withoutSandbox()
      ? {
        code: "no-walls",
        value: "cli",
        message:
          "Cannot start an agent: without a sandbox nothing keeps it from the network, the disk and the keys of this machine",
        remedy: WALLS_REMEDY,
      }
      : null;
  const ready = async (agent: AgentAdapter, only?: AgentBounds): Promise<Result<ReadyAgent, Problem>> => {
    const shut = walls();
    if (shut) return err(shut);
    const [found, all] = await Promise.all([
      findAgent(agent, options.places(), options.sandbox),
      modelsOf(agent, options.models),
    ]);
    if (!found.ok) return found;
    const models: AgentModels = new Map([...all].filter(([id]) => only?.models.includes(id) ?? true));
    if (all.size > 0 && models.size === 0 && only !== undefined) {
      return err({
        code: "no-model",
        value: agent.id,
        message:
          `Cannot use ${agent.name}: none of the models that the spec allows can be asked by its wire (${
            agent.wires.join(", ")
          })`,
        remedy: only.remedy,
      });
    }
    if (models.size === 0) {
      return err({
        code: "no-model",
        value: agent.id,
        message: `Cannot use ${agent.name}: no model can be asked by its wire (${agent.wires.join(", ")})`,
        remedy: KEYS[agent.id],
      });
    }
    return ok({ ...found.value, agent, models });
  };
  return {
    async choose(wanted, only) {
      const name = wanted ?? (options.preferred()?.trim() || undefined);
      if (name !== undefined) {
        const id = AGENTS.find((one) => one === name);
        if (id !== undefined) return await ready(ADAPTERS[id], only);
        return err({
          code: "no-agent",
          value: name.slice(0, 100),
          message: `There is no agent '${name.slice(0, 100)}'`,
          remedy: `One of: ${AGENTS.join(", ")}`,
        });
      }
      const causes: Problem[] = [];
      for (const id of AGENTS) {
        const one = await ready(ADAPTERS[id], only);
        if (one.ok) return one;
        causes.push(one.error);
      }
      const [first] = causes;
      return err({
        code: first?.code === "no-walls" ? "no-walls" : "no-agent",
        value: "cli",
        message: first?.code === "no-walls"
          ? first.message
          : "Cannot implement by 'cli': no agent can be used here",
        remedy: first?.code === "no-walls"
          ? WALLS_REMEDY
          : "Install one and give the key of its provider: npm install -g @anthropic-ai/claude-code and ANTHROPIC_API_KEY, for example; see forge doctor",
        causes,
      });
    },
    list: () =>
      Promise.all(AGENTS.map(async (id): Promise<ListedAgent> => {
        const agent = ADAPTERS[id];
        const [one, found, models] = await Promise.all([
          ready(agent),
          findAgent(agent, options.places(), options.sandbox),
          modelsOf(agent, options.models),
        ]);
        return {
          id,
          name: agent.name,
          version: found.ok ? found.value.version : null,
          models: models.size,
          problem: one.ok ? null : one.error,
        };
      })),
  };
}

const KEYS: Readonly<Record<AgentId, string>> = {
  claude: "Set ANTHROPIC_API_KEY, and look: forge doctor",
  codex: "Set OPENAI_API_KEY, and look: forge doctor",
  gemini: "Set GEMINI_API_KEY, and look: forge doctor",
  opencode: "Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OLLAMA_HOST, and look: forge doctor",
};

async function modelsOf(agent: AgentAdapter, all: AgentDeskOptions["models"]): Promise<AgentModels> {
  const models = new Map<string, PassWire>();
  for (const { id, wires } of await all()) {
    const wire = agent.wires.find((one) => wires.includes(one));
    if (wire !== undefined) models.set(id, wire);
  }
  return models;
}

/** What doctor says of agents: which programs are here, in which versions, and which one would work. */
import { bareSandbox, bwrapSandbox } from "../../connectors/mod.ts";
import { passableModels } from "../../pipelines/models/mod.ts";
import { agentDesk } from "../../pipelines/factory/mod.ts";
import { agentSettings } from "../agent_settings.ts";
import { environmentOf, modelDirectory } from "../model_directory.ts";
import type { Invocation } from "./command.ts";
import { knownDataDirectory } from "./data_dir.ts";
import { recordingOf } from "./recording.ts";
import { sandboxLevel } from "./session.ts";

export interface AgentFindings {
  readonly checks: readonly { name: string; ok: boolean; needed: boolean; detail: string; remedy: string }[];
  readonly document: {
    readonly use: string | null;
    readonly agents: readonly {
      id: string;
      name: string;
      version: string | null;
      models: number;
      ok: boolean;
      why: string | null;
    }[];
  };
}

export async function agentFindings(invocation: Pick<Invocation, "io" | "options">): Promise<AgentFindings> {
  const { env } = invocation.io;
  const { cassette } = await recordingOf(invocation);
  const directory = modelDirectory(knownDataDirectory(invocation), () => environmentOf(env), cassette);
  const desk = agentDesk({
    ...agentSettings(env),
    sandbox: sandboxLevel(invocation) === "none" ? bareSandbox() : bwrapSandbox(),
    models: async () => passableModels(await directory.source()),
  });
  const [list, chosen] = await Promise.all([desk.list(), desk.choose()]);
  const here = list.filter(({ version }) => version !== null);
  const use = chosen.ok ? chosen.value.agent.id : null;
  return {
    checks: [
      {
        name: "agents",
        ok: here.length > 0,
        needed: false,
        detail: here.length === 0
          ? "no program of an agent is here (claude, codex, gemini, opencode)"
          : here.map(({ name, version, problem }) =>
            `${name} ${version}${problem === null ? "" : ` (${problem.message})`}`
          )
            .join(", "),
        remedy: "Needed only for --implementer cli: npm install -g @anthropic-ai/claude-code, for example",
      },
      {
        name: "agent use",
        ok: chosen.ok,
        needed: false,
        detail: chosen.ok
          ? `${chosen.value.agent.name} ${chosen.value.version}, with ${chosen.value.models.size} models to choose from`
          : chosen.error.message,
        remedy: chosen.ok ? "" : chosen.error.remedy ?? "",
      },
    ],
    document: {
      use,
      agents: list.map(({ id, name, version, models, problem }) => ({
        id,
        name,
        version,
        models,
        ok: problem === null,
        why: problem?.message ?? null,
      })),
    },
  };
}

import type { Command } from "./command.ts";

const KEYS =
  `Keys come from the environment: ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, DEEPSEEK_API_KEY,
MOONSHOT_API_KEY, OPENROUTER_API_KEY, OLLAMA_HOST, and *_BASE_URL for another place. models.yaml in the data directory
adds endpoints and models of your own and may name the models that are allowed; a credential stands there as env:NAME.`;

/** `forge model ...`: what is known of models, and which would be asked. */
export const modelCommands: readonly Command[] = [
  {
    path: ["model", "list"],
    summary:
      "models of the registry: price of this hour, where and when it was read, and which can be asked here",
    operands: [],
    options: {
      provider: { type: "string", value: "NAME", summary: "only models of this provider" },
      task: {
        type: "string",
        value: "CLASS",
        summary: "only models that are offered for this class of tasks",
      },
    },
    examples: ["forge model list", "forge model list --task validation --json"],
    more: KEYS,
    load: async () => (await import("./model.ts")).list,
  },
  {
    path: ["model", "show"],
    summary: "everything that is known of a model: limits, tiers, every price with its dates and source",
    operands: ["ID"],
    options: {},
    examples: ["forge model show claude-opus-5-5"],
    more: "Only the exact id or an alias is taken: a similar name would have another price.",
    load: async () => (await import("./model.ts")).show,
  },
  {
    path: ["model", "choose"],
    summary: "which model a task would be given to, and why each other one would not",
    operands: [],
    options: {
      task: {
        type: "string",
        value: "CLASS",
        summary:
          "thinking-heavy, execution, validation, large-context, privacy-sensitive or cost-optimized (required)",
      },
      budget: { type: "string", value: "USD", summary: "what may be spent on the call (default: no cap)" },
      "prompt-tokens": {
        type: "string",
        value: "N",
        summary: "estimated tokens of the prompt (default 20000)",
      },
      "max-output": { type: "string", value: "N", summary: "most tokens of the answer (default 8000)" },
      only: { type: "string", value: "ID[,ID]", summary: "only these models" },
      except: { type: "string", value: "ID[,ID]", summary: "not these models" },
      "not-family": { type: "string", value: "NAME", summary: "prefer another family, as a reviewer does" },
      local: { type: "boolean", summary: "nothing may leave this machine" },
    },
    examples: ["forge model choose --task execution --budget 0.50 --json"],
    more:
      "Costs are the worst case of one call. Exit 1 when none is fit. While no model can be asked here, the choice is as if all could.",
    load: async () => (await import("./model.ts")).choose,
  },
  {
    path: ["model", "update"],
    summary: "take in newer models and prices from a file; a price that holds already is never rewritten",
    operands: [],
    options: {
      from: { type: "string", value: "FILE", summary: "a registry as JSON (required)" },
      "dry-run": { type: "boolean", summary: "only show what would change" },
      user: { type: "string", value: "NAME", summary: "the principal who asks (default: the only key)" },
    },
    examples: ["forge model update --from models.json --dry-run", "forge model update --from models.json"],
    more:
      `Models are replaced by id, prices are added with the dates from which they hold. Kept in the data directory; who, when and
the file's digest go into audit.jsonl. The shape: specs/schema/model-registry.schema.json`,
    load: async () => (await import("./model.ts")).update,
  },
];

import type { ModelEndpoint, ModelEntry, ModelRegistry, OwnModel, TaskClass } from "../../specs/mod.ts";

/** What is supposed of a model that nobody described: small, careful, fit for everything by half. */
const UNKNOWN_FIT: Partial<Record<TaskClass, number>> = {
  "thinking-heavy": 50,
  "execution": 50,
  "validation": 50,
  "large-context": 50,
  "cost-optimized": 50,
};
const CONTEXT_TOKENS = 32_768;
const OUTPUT_TOKENS = 8_192;

/**
 * A model of the operator's own, whole: what `models.yaml` says, over what the registry knows of the same id, over what its endpoint
 * tells. What nobody says is a cautious guess, and a price is never guessed.
 */
export function ownModel(
  own: OwnModel,
  registry: ModelRegistry,
  endpoints: readonly ModelEndpoint[],
): ModelEntry {
  const known = registry.models.find(({ id }) => id === own.id);
  const endpoint = endpoints.find(({ id }) => id === own.provider);
  const isLocal = (own.locality ?? endpoint?.locality ?? (own.provider === "ollama" ? "local" : "hosted")) ===
    "local";
  const contextTokens = own.contextTokens ?? known?.contextTokens ?? CONTEXT_TOKENS;
  const guess: ModelEntry = {
    id: own.id,
    aliases: [],
    provider: own.provider,
    family: own.provider,
    wire: endpoint?.wire ?? "openai-chat",
    status: "active",
    contextTokens,
    maxOutputTokens: Math.min(OUTPUT_TOKENS, Math.max(1, Math.floor(contextTokens / 2))),
    efforts: [],
    structuredOutput: "none",
    tools: "single",
    locality: isLocal ? "local" : "hosted",
    openWeights: false,
    tokenFactor: 1.3,
    fit: isLocal ? { ...UNKNOWN_FIT, "privacy-sensitive": 50 } : UNKNOWN_FIT,
    prices: [],
  };
  // The same model at another place has another price.
  const inherited = known === undefined || known.provider === own.provider ? known : {
    ...known,
    prices: [],
    locality: guess.locality,
    wire: guess.wire,
    fit: { ...guess.fit, ...known.fit },
  };
  return { ...guess, ...inherited, ...own };
}

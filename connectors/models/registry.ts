import { err, type ModelEntry, ok, type Problem, type Result } from "../../specs/mod.ts";
import { ModelRegistry } from "../../specs/code/mod.ts";

let own: Promise<ModelRegistry> | null = null;

/** The registry that this version comes with. Read once, checked as every other. */
export function builtInRegistry(): Promise<ModelRegistry> {
  return own ??= import("./registry.json", { with: { type: "json" } }).then(({ default: data }) => {
    const read = checkedRegistry(data);
    if (!read.ok) throw new Error(`The registry of models is wrong: ${read.error.message}`);
    return read.value;
  });
}

/** The model of exactly this id or alias. A resemblance is no match: it would have another price. */
export function findModel(registry: ModelRegistry, name: string): ModelEntry | null {
  return registry.models.find((one) => one.id === name || one.aliases.includes(name)) ?? null;
}

/** A registry from data of any origin: its schema, and what no schema says. */
export function checkedRegistry(data: unknown): Result<ModelRegistry, Problem> {
  const parsed = ModelRegistry.safeParse(data);
  if (!parsed.success) {
    const causes = parsed.error.issues.slice(0, 20).map((issue) => ({
      code: "invalid-registry",
      path: issue.path.join("."),
      message: issue.message,
    }));
    return err({
      code: "invalid-registry",
      message: `Cannot read the registry of models: ${parsed.error.issues.length} of its fields are wrong`,
      remedy: "Compare it with specs/schema/model-registry.schema.json",
      causes,
    });
  }
  const causes = registryFaults(parsed.data);
  if (causes.length === 0) return ok(parsed.data);
  return err({
    code: "invalid-registry",
    message: `Cannot read the registry of models: ${causes[0]?.message ?? ""}`,
    remedy: "Give each model one id of its own, and at every instant one price",
    causes,
  });
}

/** What the schema cannot say: names that are unique, tiers that cover every prompt, prices that do not overlap. */
function registryFaults({ models }: ModelRegistry): Problem[] {
  const faults: Problem[] = [];
  const fault = (path: string, message: string) => faults.push({ code: "invalid-registry", path, message });
  const names = new Map<string, string>();
  for (const model of models) {
    for (const name of [model.id, ...model.aliases]) {
      const other = names.get(name);
      if (other !== undefined) fault(model.id, `'${name}' names both ${other} and ${model.id}`);
      names.set(name, model.id);
    }
    for (const price of model.prices) {
      const at = `${model.id}.prices.${price.from}`;
      const steps = price.tiers.map((tier) => tier.abovePromptTokens);
      if (steps[0] !== 0) fault(at, `${model.id}: the first tier must hold from 0 tokens on`);
      if (steps.some((step, index) => index > 0 && step <= (steps[index - 1] ?? 0))) {
        fault(at, `${model.id}: tiers must come in the order of their prompt sizes, each once`);
      }
      if (price.until !== null && Date.parse(price.until) <= Date.parse(price.from)) {
        fault(at, `${model.id}: a price must end after it begins`);
      }
    }
    const spans = model.prices.map(({ from, until }) => ({
      from: Date.parse(from),
      until: until === null ? Infinity : Date.parse(until),
    })).sort((a, b) => a.from - b.from);
    spans.forEach((span, index) => {
      const next = spans[index + 1];
      if (next !== undefined && next.from < span.until) {
        fault(
          `${model.id}.prices`,
          `${model.id}: two prices hold at once from ${new Date(next.from).toISOString()}`,
        );
      }
    });
  }
  return faults;
}

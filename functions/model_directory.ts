import { dirname, join } from "node:path";
import {
  baseUrlOf,
  builtInRegistry,
  type Cassette,
  checkedRegistry,
  findModel,
  modelProviders,
  type ModelProvidersOptions,
  ollamaUrl,
  overlaidRegistry,
  ownModel,
  type RegistryUpdate,
  updatedRegistry,
} from "../connectors/models/mod.ts";
import type { ModelSource } from "../pipelines/models/mod.ts";
import {
  digestOf,
  err,
  type ModelEndpoint,
  type ModelRegistry,
  ok,
  type Problem,
  type Result,
} from "../specs/mod.ts";
import { ModelSettings } from "../specs/code/mod.ts";
import { auditFile } from "./audit_file.ts";
import { privateDirectory } from "./key_directory.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables by name, read when they are asked for. */
export function environmentOf(read: (name: string) => string | undefined): Environment {
  return new Proxy<Record<string, string | undefined>>({}, {
    get: (_, name) => typeof name === "string" ? read(name) : undefined,
  });
}

const REGISTRY = "models.json";
const SETTINGS = "models.yaml";
const MAX_BYTES = 4 * 1024 * 1024;

export interface ModelDirectory {
  /** What can be asked now. Never throws over what people wrote: `fault` says what is wrong with it. */
  source(): Promise<ModelSource>;
  /** The built-in registry with the operator's updates and own models. */
  registry(): Promise<Result<ModelRegistry, Problem>>;
  /** Merges a registry file into the installation's. With `dryRun` only what would change is told. */
  update(
    text: string,
    how: { by: string; at: string; dryRun: boolean; origin: string },
  ): Promise<Result<RegistryUpdate & { digest: string }, Problem>>;
}

/**
 * Models as the data directory and the environment give them: `models.json` (what `forge model update` took in) over the built-in
 * registry, `models.yaml` (endpoints, models and the allow-list of the operator), and the keys. Read anew at each question: a server
 * sees a change without a restart.
 */
export function modelDirectory(
  data: string | null,
  env: () => Environment,
  options: Pick<ModelProvidersOptions, "fetch" | "recording"> & Pick<Cassette, "models"> = {},
): ModelDirectory {
  const updates = async (): Promise<Result<ModelRegistry | null, Problem>> => {
    const text = await textOf(data, REGISTRY);
    if (text === null) return ok(null);
    const read = parsedJson(text, REGISTRY);
    return read.ok ? checkedRegistry(read.value) : read;
  };
  /** Without the operator's own models: what updates are merged into. */
  const shared = async (): Promise<Result<ModelRegistry, Problem>> => {
    const [builtIn, over] = await Promise.all([builtInRegistry(), updates()]);
    if (!over.ok) return over;
    return over.value === null ? ok(builtIn) : overlaidRegistry(builtIn, over.value);
  };
  const settings = async (): Promise<Result<ModelSettings, Problem>> => {
    const text = await textOf(data, SETTINGS);
    return text === null ? ok(ModelSettings.parse({})) : await readSettings(text);
  };
  const whole = async (): Promise<Result<{ registry: ModelRegistry; settings: ModelSettings }, Problem>> => {
    const [base, own] = await Promise.all([shared(), settings()]);
    if (!base.ok) return base;
    if (!own.ok) return own;
    const models = own.value.models.map((one) => ownModel(one, base.value, own.value.endpoints));
    const ids = new Set(models.map(({ id }) => id));
    const registry = models.length === 0 ? base : checkedRegistry({
      ...base.value,
      models: [...base.value.models.filter(({ id }) => !ids.has(id)), ...models],
    });
    return registry.ok ? ok({ registry: registry.value, settings: own.value }) : registry;
  };
  return {
    async registry() {
      const read = await whole();
      return read.ok ? ok(read.value.registry) : read;
    },
    async source() {
      const read = await whole();
      if (!read.ok) {
        const { message, causes = [] } = read.error;
        return {
          registry: await builtInRegistry(),
          providers: [],
          local: [],
          fault: [message, ...causes.slice(0, 3).map((one) => one.message)].join("; "),
        };
      }
      const variables = env();
      const { registry, settings: { endpoints, allow: allowed, allowHttp } } = read.value;
      // A recording answers for the models that were asked: a choice of any other would find nothing.
      const allow =
        options.models?.filter((id) =>
          allowed === undefined || allowed.some((name) => findModel(registry, name)?.id === id)
        ) ?? allowed;
      return {
        registry,
        providers: providersOf(endpoints, variables, { ...options, allowHttp }),
        local: localOnes(endpoints, variables),
        ...(allow === undefined ? {} : { allow }),
      };
    },
    async update(text, { by, at, dryRun, origin }) {
      const read = parsedJson(text, origin);
      if (!read.ok) return read;
      const given = checkedRegistry(read.value);
      if (!given.ok) return given;
      const [base, before] = await Promise.all([shared(), updates()]);
      if (!base.ok) return base;
      if (!before.ok) return before;
      const merged = updatedRegistry(base.value, given.value, at);
      if (!merged.ok) return merged;
      const digest = await digestOf(text);
      const isNews = merged.value.changes.length > 0 || given.value.updatedOn > base.value.updatedOn;
      if (dryRun || !isNews) return ok({ ...merged.value, digest });
      const touched = new Set([
        ...(before.value?.models ?? []).map(({ id }) => id),
        ...merged.value.changes.map(({ model }) => model),
      ]);
      const models = merged.value.registry.models.filter(({ id }) => touched.has(id));
      if (models.length > 0 && data !== null) {
        await privateDirectory(data);
        await replace(join(data, REGISTRY), { v: 1, updatedOn: merged.value.registry.updatedOn, models });
        await auditFile(data).append({
          action: "model.update",
          actor: by,
          object: digest,
          detail: {
            origin,
            changes: merged.value.changes.map(({ model, kind, lines }) => ({ model, kind, lines })),
          },
        });
      }
      return ok({ ...merged.value, digest });
    },
  };
}

/** Providers of the environment and of `models.yaml`; one whose variable is not set is there, and says so. */
function providersOf(
  endpoints: readonly ModelEndpoint[],
  env: Environment,
  options: ModelProvidersOptions,
): ModelSource["providers"] {
  const missing = new Map<string, string>();
  const usable = endpoints.flatMap(({ id, wire, baseUrl, key }) => {
    const name = key?.slice("env:".length);
    const token = name === undefined ? undefined : env[name]?.trim();
    if (name !== undefined && !token && options.recording !== true) {
      missing.set(id, `${name} is not set (${SETTINGS} names it)`);
      return [];
    }
    return [{ id, wire, baseUrl, ...(token ? { token } : {}) }];
  });
  const made = modelProviders(env, { ...options, endpoints: usable.filter(({ id }) => !missing.has(id)) });
  return [
    ...made.filter(({ id }) => !missing.has(id)),
    ...[...missing].map(([id, why]) => ({
      id,
      available: { ok: false as const, why },
      recording: false,
      call: () => Promise.reject(new Error(`The provider ${id} is not available: ${why}`)),
    })),
  ];
}

/** Providers whose server is on this machine, by their address; a word in a file alone does not make it so. */
function localOnes(endpoints: readonly ModelEndpoint[], env: Environment): string[] {
  const isHere = (url: string): boolean => {
    const base = baseUrlOf(url, true);
    return base.ok && base.loopback;
  };
  const named = new Set(endpoints.map(({ id }) => id));
  const host = env.OLLAMA_HOST?.trim();
  return [
    ...(host && !named.has("ollama") && isHere(ollamaUrl(host)) ? ["ollama"] : []),
    ...[...named].filter((id) =>
      endpoints.filter((one) => one.id === id).every((one) => one.locality === "local" && isHere(one.baseUrl))
    ),
  ];
}

async function readSettings(text: string): Promise<Result<ModelSettings, Problem>> {
  const remedy =
    "Compare it with specs/schema/model-settings.schema.json; credentials stand there as env:NAME";
  let data: unknown;
  try {
    const { parse } = await import("yaml");
    data = parse(text, { maxAliasCount: 0, schema: "core", logLevel: "error" }) ?? {};
  } catch (error) {
    return err({
      code: "invalid-model-settings",
      path: SETTINGS,
      message: `Cannot read ${SETTINGS}: ${
        error instanceof Error ? error.message.split("\n")[0] : "it is no YAML"
      }`,
      remedy,
    });
  }
  const read = ModelSettings.safeParse(data);
  if (read.success) return ok(read.data);
  return err({
    code: "invalid-model-settings",
    path: SETTINGS,
    message: `Cannot use ${SETTINGS}: ${read.error.issues.length} of its fields are wrong`,
    remedy,
    // Values are left out: a credential may stand where a name should.
    causes: read.error.issues.slice(0, 20).map((issue) => ({
      code: "invalid-model-settings",
      path: issue.path.join("."),
      message: `${issue.path.join(".")} ${issue.message}`,
    })),
  });
}

function parsedJson(text: string, origin: string): Result<unknown, Problem> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return err({
      code: "invalid-registry",
      message: `Cannot read ${origin}: it is no JSON`,
      remedy: "Give a registry as JSON: specs/schema/model-registry.schema.json",
    });
  }
}

/** The text of a file; null when it is not there. Too large is as wrong as unreadable. */
async function textOf(data: string | null, name: string): Promise<string | null> {
  if (data === null) return null;
  const path = join(data, name);
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_BYTES) return `{"too large": ${size}}`;
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** Writes a file whole or not at all. */
async function replace(path: string, value: unknown): Promise<void> {
  const next = await Deno.makeTempFile({ dir: dirname(path), prefix: ".models-" });
  try {
    await Deno.writeTextFile(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await Deno.rename(next, path);
  } catch (error) {
    await Deno.remove(next).catch(() => {});
    throw error;
  }
}

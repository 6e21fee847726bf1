import { join } from "node:path";
import { findModel } from "../../connectors/models/mod.ts";
import { openKvStore } from "../../kernel/mod.ts";
import {
  availabilityOf,
  choose as chooseModel,
  type Grounds,
  modelRecords,
  type ModelSource,
} from "../../pipelines/models/mod.ts";
import { nearest } from "../../specs/mod.ts";
import { TaskClass } from "../../specs/code/mod.ts";
import { environmentOf, type ModelDirectory, modelDirectory } from "../model_directory.ts";
import { listedModel, listedModels } from "../model_view.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { countOption } from "./count_option.ts";
import { dataDirectory, knownDataDirectory, pathOf } from "./data_dir.ts";
import { chosenText, listText, showText, updateText } from "./model_text.ts";
import { paint } from "./paint.ts";
import { recordingOf } from "./recording.ts";
import { principalOf } from "./session.ts";

const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Models of the installation that the command line means; without any place for one those that the product knows. */
async function directory(invocation: Invocation): Promise<ModelDirectory> {
  const env = () => environmentOf(invocation.io.env);
  const { cassette } = await recordingOf(invocation);
  return modelDirectory(knownDataDirectory(invocation), env, cassette);
}

/** What there is; what people wrote wrongly is told at once, exit 2. */
async function readSource(invocation: Invocation): Promise<ModelSource> {
  const models = await directory(invocation);
  const read = await models.registry();
  if (!read.ok) throw new CommandError(read.error, 2);
  return await models.source();
}

function taskOption(given: string | boolean | undefined): TaskClass | undefined {
  if (given === undefined) return undefined;
  const task = TaskClass.safeParse(given);
  if (task.success) return task.data;
  throw usage(`There is no class of tasks '${String(given)}'`, `One of: ${TaskClass.options.join(", ")}`, {
    value: String(given),
  });
}

const now = () => new Date().toISOString();

/** `forge model list`. */
export const list: Handler = async (invocation) => {
  const { provider } = invocation.options;
  const task = taskOption(invocation.options.task);
  const source = await readSource(invocation);
  const whole = listedModels(source, now());
  const providers = new Set(whole.models.map(({ model }) => model.provider));
  if (typeof provider === "string" && !providers.has(provider)) {
    throw usage(`There is no provider '${provider}'`, `One of: ${[...providers].sort().join(", ")}`, {
      value: provider,
    });
  }
  const document = {
    ...whole,
    models: whole.models.filter(({ model }) =>
      (provider === undefined || model.provider === provider) &&
      (task === undefined || model.fit[task] !== undefined)
    ),
  };
  return { exit: 0, document, text: listText(document, paint(invocation.io.outColor === true)) };
};

/** `forge model show ID`. */
export const show: Handler = async (invocation) => {
  const [name = ""] = invocation.operands;
  const source = await readSource(invocation);
  const entry = findModel(source.registry, name);
  if (entry === null) {
    const near = nearest(name, source.registry.models.flatMap(({ id, aliases }) => [id, ...aliases]));
    throw new CommandError({
      code: "not-found",
      message: `There is no model '${name.slice(0, 100)}'`,
      remedy: near === undefined ? "See: forge model list" : `Did you mean ${near}? See: forge model list`,
    }, 2);
  }
  const { price, available, why } = listedModel(entry, source, now());
  const document = { model: entry, price, available, why };
  return { exit: 0, document, text: showText(document, paint(invocation.io.outColor === true)) };
};

/** `forge model choose --task CLASS`. */
export const choose: Handler = async (invocation) => {
  const { options } = invocation;
  const task = taskOption(options.task);
  if (task === undefined) {
    throw usage(
      "Cannot choose a model for no task: --task is missing",
      `One of: ${TaskClass.options.join(", ")}`,
    );
  }
  const need = {
    task,
    promptTokens: countOption(options["prompt-tokens"], "prompt-tokens", 20_000, 1, 100_000_000),
    maxOutputTokens: countOption(options["max-output"], "max-output", 8_000, 1, 10_000_000),
    tools: false,
    structured: false,
    ...(options.budget === undefined ? {} : { budgetMicroUsd: budgetOption(options.budget) }),
    ...words("only", options.only),
    ...words("except", options.except),
    ...(typeof options["not-family"] === "string" ? { notFamily: options["not-family"] } : {}),
    ...(options.local === true ? { localOnly: true } : {}),
  };
  const source = await readSource(invocation);
  const grounds = await groundsOf(invocation, source);
  // Before there is any key the choice is still of use: it says which one to get.
  const none = Object.values(grounds.availability).every(({ ok }) => !ok) && source.fault === undefined;
  const choice = chooseModel(need, none ? asIf(grounds) : grounds, now());
  const document = { ...choice, available: !none && choice.model !== null };
  return {
    exit: choice.model === null ? 1 : 0,
    document,
    text: chosenText(choice, paint(invocation.io.outColor === true)),
  };
};

/** Every provider that is known could be asked; its reason says what that takes. */
function asIf(grounds: Grounds): Grounds {
  const here = new Set(
    grounds.registry.models.filter(({ locality }) => locality === "local").map(({ provider }) => provider),
  );
  return {
    ...grounds,
    availability: Object.fromEntries(
      Object.entries(grounds.availability).map(([provider, { by, local }]) => [
        provider,
        { ok: true, by: `nothing yet: ${by}`, local: local || here.has(provider) },
      ]),
    ),
  };
}

function budgetOption(given: string | boolean): number {
  const usd = Number(given);
  if (
    typeof given === "string" && given.trim() !== "" && Number.isFinite(usd) && usd >= 0 && usd <= 1_000_000
  ) {
    return Math.floor(usd * 1_000_000);
  }
  throw usage("--budget must be an amount in US dollars, 0 or more", "For example --budget 0.50", {
    value: String(given),
  });
}

function words(name: "only" | "except", given: string | boolean | undefined) {
  if (typeof given !== "string") return {};
  return { [name]: given.split(",").map((word) => word.trim()).filter((word) => word !== "") };
}

/** What a choice rests on: with the outcomes and the health that this installation has recorded, when there is one. */
async function groundsOf(invocation: Invocation, source: ModelSource): Promise<Grounds> {
  const data = knownDataDirectory(invocation);
  const state = data === null ? null : join(data, "state.db");
  const isThere = state !== null && await Deno.stat(state).then(() => true, () => false);
  const grounds = {
    registry: source.registry,
    availability: availabilityOf(source),
    ...(source.allow === undefined ? {} : { allow: source.allow }),
  };
  if (state === null || !isThere) return { ...grounds, health: {}, outcomes: {} };
  const store = await openKvStore(state);
  try {
    const records = modelRecords(store);
    return { ...grounds, health: await records.health(), outcomes: await records.outcomes() };
  } finally {
    await store.close();
  }
}

/** `forge model update --from FILE`. */
export const update: Handler = async (invocation) => {
  const { from, "dry-run": dryRun } = invocation.options;
  if (typeof from !== "string") {
    throw usage("Cannot update the registry from nothing: --from is missing", "Give a file: --from FILE");
  }
  const text = await readFile(pathOf(invocation.io, from), from);
  const data = dataDirectory(invocation);
  const by = (await principalOf(invocation, data)).id;
  const updated = await (await directory(invocation)).update(text, {
    by,
    at: now(),
    dryRun: dryRun === true,
    origin: from,
  });
  if (!updated.ok) throw new CommandError(updated.error, updated.error.code === "past-price" ? 1 : 2);
  const { changes, digest, registry } = updated.value;
  const document = { dryRun: dryRun === true, digest, updatedOn: registry.updatedOn, changes };
  return { exit: 0, document, text: updateText(document, paint(invocation.io.outColor === true)) };
};

async function readFile(path: string, given: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new Error("it is no file");
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, the cap is ${MAX_FILE_BYTES}`);
    return await Deno.readTextFile(path);
  } catch (error) {
    throw usage(
      `Cannot read the registry file: ${error instanceof Error ? error.message : String(error)}`,
      "Give a registry as JSON: --from FILE",
      { value: given },
    );
  }
}

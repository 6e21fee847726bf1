/** What a stage takes of others, held against its ports once more: now there are values. */
import type { Blobs } from "../../kernel/mod.ts";
import { jcs } from "../../policies/mod.ts";
import type { ChainLink, ChainStage, Json, Result } from "../../specs/mod.ts";
import { err, ok } from "../../specs/mod.ts";
import { bindingsOf } from "./binding.ts";
import type { StageOrder } from "./port.ts";
import type { InputType } from "./port_type.ts";
import type { StageRequest } from "./input.ts";
import { type StageValue, valueFault } from "./value.ts";

export type Taken = Pick<StageOrder, "params" | "base" | "patch" | "files"> & { from: ChainLink["from"] };

/** The values of a stage's inputs; a text says which cannot be had, and why. */
export async function takeInputs(
  blobs: Blobs,
  stage: ChainStage,
  request: StageRequest,
  source: (id: string) => { run: string; values: ReadonlyMap<string, StageValue> } | null,
  inputs: ReadonlyMap<string, InputType>,
): Promise<Result<Taken, string>> {
  const params: Record<string, Json> = { ...request.params };
  const files: Record<string, string> = {};
  const from: ChainLink["from"] = [];
  let base: Taken["base"] = null;
  let patch: string | null = null;
  for (const { input, stage: other, output } of bindingsOf(stage)) {
    const given = source(other);
    const value = given?.values.get(output);
    const type = inputs.get(input);
    if (type === undefined) return err(`the input '${input}' is not one that was checked`);
    if (given === null || value === undefined || value.value === null) {
      if (type.startsWith("param:") && given !== null) {
        // Only where the parameter has a default of its own, or the check would not have let it through.
        delete params[input.slice("params.".length)];
        continue;
      }
      return err(
        `the run ${
          given?.run ?? "of " + other
        } has not given ${other}.${output}: a patch that holds a secret is withheld, below A2 there ` +
          "is no pull request, and a load that finds nothing new stages nothing",
      );
    }
    const { expects = {} } = stage;
    const fault = valueFault(value, {
      type,
      expects: Object.hasOwn(expects, input) ? expects[input] : undefined,
    });
    if (fault !== null) return err(`${other}.${output} cannot be the input '${input}': ${fault}`);
    if (input === "base") base = { ref: String(value.value), commit: value.digest };
    else if (input === "patch") patch = value.blob ?? null;
    else if (input.startsWith("params.")) params[input.slice("params.".length)] = paramOf(type, value.value);
    else if (input.startsWith("file.")) {
      files[input.slice("file.".length)] = await blobs.put(`${jcs(value.value)}\n`);
    }
    from.push({
      input,
      stage: other,
      output,
      run: given.run,
      type: value.type,
      digest: value.digest.slice(0, 100),
      ...(value.source === undefined ? {} : { source: value.source }),
    });
  }
  return ok({ params, base, patch, files, from });
}

/** Numbers of a source that a parameter of type text takes are text. */
const paramOf = (type: InputType, value: Json): Json => type === "param:string" ? String(value) : value;

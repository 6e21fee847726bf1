import type { ChainStage } from "../../specs/mod.ts";
import type { StageRequest } from "./input.ts";
import type { InputType } from "./port_type.ts";

/** The types of a stage's inputs, as they were when the chain was checked. */
export function inputTypes(request: StageRequest, stage: Pick<ChainStage, "with">): Map<string, InputType> {
  const found = new Map<string, InputType>();
  for (const input of Object.keys(stage.with)) {
    const type = Object.hasOwn(request.inputs, input) ? request.inputs[input] : undefined;
    if (type !== undefined) found.set(input, type);
  }
  return found;
}

import type { Problem } from "../../specs/mod.ts";

/** A forge that cannot do what it was asked, for a reason that a person can remove. */
export class ForgeError extends Error {
  override readonly name = "ForgeError";
  constructor(readonly problem: Problem, options?: ErrorOptions) {
    super(problem.remedy === undefined ? problem.message : `${problem.message}. ${problem.remedy}`, options);
  }
}

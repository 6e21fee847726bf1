import { RunId } from "../../specs/mod.ts";

/** Why a text cannot be the id of a run, or null. */
export function documentProblem(id: string): string | null {
  return RunId.safeParse(id).success ? null : "ids of runs are run_ and lower-case letters or digits";
}

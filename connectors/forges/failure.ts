import type { FailureRecord, Problem } from "../../specs/mod.ts";

/** A forge that cannot do what it was asked, for a reason that a person, or time, can remove. */
export class ForgeError extends Error {
  override readonly name = "ForgeError";
  /** What the runtime is told, where the adapter knows more than that it failed. */
  readonly failure?: FailureRecord;
  /** Nothing is to be asked again before this instant. */
  readonly untilMs?: number;
  /** The HTTP status that it was answered with. */
  readonly status?: number;
  constructor(
    readonly problem: Problem,
    options: ErrorOptions & {
      failure?: Pick<FailureRecord, "class" | "source" | "retryable">;
      untilMs?: number;
      status?: number;
    } = {},
  ) {
    super(problem.remedy === undefined ? problem.message : `${problem.message}. ${problem.remedy}`, options);
    if (options.failure !== undefined) {
      this.failure = {
        ...options.failure,
        message: problem.message.slice(0, 8000),
        ...(problem.remedy === undefined ? {} : { remedy: problem.remedy.slice(0, 4000) }),
      };
    }
    if (options.untilMs !== undefined) this.untilMs = options.untilMs;
    if (options.status !== undefined) this.status = options.status;
  }
}

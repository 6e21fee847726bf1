import type { FailureClass, FailureRecord, FailureSource } from "../specs/mod.ts";

const MAX_MESSAGE = 8000;

/** A failure record from an error that something threw. */
export function failureOf(
  error: unknown,
  classified: { class: FailureClass; source: FailureSource; retryable: boolean },
): FailureRecord {
  return { ...classified, message: messageOf(error).slice(0, MAX_MESSAGE) };
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === "" ? error.name : error.message;
  return typeof error === "string" && error !== "" ? error : `A value of type ${typeof error} was thrown`;
}

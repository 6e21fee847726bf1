import { DataFailure, type DataFailureKind } from "../../connectors/data/mod.ts";
import type { FailureRecord } from "../../specs/mod.ts";
import { hiddenWords } from "./credentials.ts";

const CLASSES: Readonly<Record<DataFailureKind, Pick<FailureRecord, "class" | "source">>> = {
  auth: { class: "external", source: "user-environment" },
  "not-found": { class: "external", source: "provider" },
  "rate-limited": { class: "resource", source: "provider" },
  transient: { class: "external", source: "provider" },
  permanent: { class: "external", source: "provider" },
  contract: { class: "data-integrity", source: "provider" },
  limit: { class: "resource", source: "user-environment" },
  refused: { class: "external", source: "user-environment" },
  invalid: { class: "task-code", source: "user-environment" },
  conflict: { class: "concurrency", source: "user-environment" },
};

/** A failure of the outside as the ledger tells it. The engine has tried again what is worth it before it comes here. */
export function recordOf(failure: { kind: string; message: string; remedy: string }): FailureRecord {
  const known = Object.hasOwn(CLASSES, failure.kind)
    ? CLASSES[failure.kind as DataFailureKind]
    : { class: "unknown", source: "platform" } as const;
  return {
    ...known,
    retryable: false,
    message: failure.message.slice(0, 8000),
    ...(failure.remedy === "" ? {} : { remedy: failure.remedy.slice(0, 4000) }),
  };
}

/** The same of what was thrown, without credentials of the run. */
export function failureOf(
  { kind, message, remedy }: DataFailure,
  secrets: ReadonlySet<string>,
): FailureRecord {
  return recordOf({ kind, message: hiddenWords(message, secrets), remedy: hiddenWords(remedy, secrets) });
}

/** An error of an effect that carries its record: only a writer in the way is worth another try. */
export class PublishFailure extends Error {
  override name = "PublishFailure";
  readonly failure: FailureRecord;
  constructor(stream: string, error: DataFailure, secrets: ReadonlySet<string>) {
    super(`Cannot publish ${stream}: ${hiddenWords(error.message, secrets)}`);
    const isBusy = error.kind === "conflict" && /locked/.test(error.message);
    this.failure = {
      ...failureOf(error, secrets),
      message: this.message.slice(0, 8000),
      retryable: isBusy || error.kind === "transient",
    };
  }
}

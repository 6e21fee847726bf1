import { redact } from "../policies/mod.ts";

const MAX_LINE = 1000;

/** What the engine could not do, for whoever runs this process: one line, without secrets and without the place in the code. */
export function engineTrouble(error: unknown, run: string | null): string {
  const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const line = redact(told).replace(/[\s\p{Cc}]+/gu, " ").trim();
  return `engine${run === null ? "" : ` ${run}`}: ${line.slice(0, MAX_LINE)}`;
}

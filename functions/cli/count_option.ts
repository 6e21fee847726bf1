import { usage } from "./command.ts";

/** A count from the command line: whole, within bounds. Exit 2 otherwise. */
export function countOption(
  given: string | boolean | undefined,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw usage(
      `--${name} must be a whole number from ${min} to ${max}`,
      `For example --${name} ${fallback}`,
      { value: String(given) },
    );
  }
  return value;
}

/** How a cassette tells the adapters that a recording answered, or could not: by marks that no header from outside can forge. */

const replayed = new WeakSet<Response>();

export function markReplayed(response: Response): Response {
  replayed.add(response);
  return response;
}

export const isReplayed = (response: Response): boolean => replayed.has(response);

/** A request that the recording does not hold. */
export class Unrecorded extends Error {
  override name = "Unrecorded";
}

/** What is missing, when an error says so; SDKs and wrappers may carry it as the cause. */
export function unrecorded(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) {
    if (one instanceof Unrecorded) return one.message;
  }
  return undefined;
}

import type { Round } from "./round.ts";

/** Two things that were never true at the same time. */
export interface Contradiction {
  readonly criterion: string;
  readonly test: string;
  readonly message: string;
}

/**
 * Finds a criterion of the spec and a test that must stay of which no round fulfilled both, though rounds fulfilled each: what the
 * spec asks for contradicts what the repository holds. Null while nothing shows that.
 */
export function contradictionIn(rounds: readonly Round[]): Contradiction | null {
  const seen = rounds.flatMap(({ tests }) => tests === null || tests.problem !== undefined ? [] : [tests]);
  for (const met of seen) {
    for (const test of met.broken) {
      for (const criterion of met.checksPassed) {
        const otherWay = seen.some((tests) =>
          tests.checksFailed.includes(criterion) && !tests.broken.includes(test) && tests.held.includes(test)
        );
        const both = seen.some((tests) =>
          tests.checksPassed.includes(criterion) && tests.held.includes(test) && !tests.broken.includes(test)
        );
        if (!otherWay || both) continue;
        return {
          criterion,
          test,
          message:
            `criterion ${criterion} and the test "${test}" contradict each other: whenever one of them held, the other did not`,
        };
      }
    }
  }
  return null;
}

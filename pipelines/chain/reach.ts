import type { Chain, StageEnd } from "../../specs/mod.ts";
import { dependenciesOf, endsOf } from "./binding.ts";

/** Why a stage can never be run. */
export interface Unreachable {
  readonly stage: string;
  readonly why: string;
}

type Ends = ReadonlyMap<string, ReadonlySet<StageEnd>>;

/**
 * Stages that no way of ending lets be run: one that needs another to have failed, and something that needs the same one completed.
 * The chain is without circles.
 */
export function unreachable(chain: Pick<Chain, "stages">): Unreachable[] {
  const byId = new Map(chain.stages.map((stage) => [stage.id, stage]));
  const known = new Map<string, { ends: Ends; lost: string | null }>();
  /** How others have to end for this stage to be run. */
  const needs = (id: string): { ends: Ends; lost: string | null } => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const stage = byId.get(id);
    const ends = new Map<string, ReadonlySet<StageEnd>>();
    let lost: string | null = null;
    const narrow = (other: string, to: Iterable<StageEnd>) => {
      const wanted = new Set(to);
      const had = ends.get(other);
      const both = had === undefined ? wanted : new Set([...had].filter((end) => wanted.has(end)));
      if (both.size === 0 && lost === null) {
        lost = `${other} would have to be ${
          [...had ?? []].join(" or ")
        } for one of the stages before it, and ${[...wanted].join(" or ")} for another`;
      }
      ends.set(other, both);
    };
    for (const other of stage === undefined ? [] : dependenciesOf(stage)) {
      if (!byId.has(other)) continue;
      narrow(other, endsOf(stage ?? {}, other));
      // It has an end only when it was run itself.
      const further = needs(other);
      if (further.lost !== null && lost === null) lost = `${other} is never run: ${further.lost}`;
      for (const [one, to] of further.ends) narrow(one, to);
    }
    const found = { ends, lost };
    known.set(id, found);
    return found;
  };
  return chain.stages.flatMap(({ id }) => {
    const { lost } = needs(id);
    return lost === null ? [] : [{ stage: id, why: lost }];
  });
}

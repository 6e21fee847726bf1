import type { Draft } from "./assertion.ts";
import type { Check, Exit, Guard, Place } from "./place.ts";
import type { Call } from "./step.ts";
import type { Node } from "./tree.ts";

/** Goes through what a function does, and keeps what it asserts. */
export interface Walker {
  readonly checks: readonly Check[];
  add(draft: Draft, at: { guards: readonly Guard[] }): void;
  /** A list gets one more. */
  gather(one: Call, at: Place): void;
  /** A failure is told by hand. */
  tell(line: number, at: Place): void;
  walk(node: Node, at: Place): Exit;
  /** Statements one after the other; what may leave guards all that follow. */
  walkAll(nodes: readonly Node[], start: Place): Exit;
}

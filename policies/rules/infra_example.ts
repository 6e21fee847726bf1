/** A change on which a rule of a pack must say this, run by the tests of the packs. */
export interface PackExample {
  rule: string;
  case: "clean" | "violating" | "evading";
  about: string;
  base: Readonly<Record<string, string>>;
  head: Readonly<Record<string, string>>;
  /** What the rule says when the example is not clean. */
  says?: "fail" | "error";
}

import type { Json, Spec, StaticTest } from "../../../specs/mod.ts";
import { intentsOf, namesTest, PatchFacts } from "../../../specs/code/mod.ts";
import type { FactName } from "../../rule.ts";
import type { RuleFacts } from "../kinds.ts";

/**
 * What rules of packs read, as one JSON document. Version 1:
 *
 * - `facts.<name>`: facts of the patch by the names of `PatchFacts` (`files`, `tests`, `exports`, `protectedEdits`, `secrets`,
 *   `suppressions`, `swallowed`, `bypasses`, `ciWorkflow`, `config`, `routes`, ...; `ciWorkflow` only where a workflow changes),
 *   and in shapes that are easier to ask: `change`, `diff`, `testInventory`; what was gathered on the way (`plan`, `proposal`,
 *   `verify`, `review`, `outgoing`, `policy`); of a data run `pipeline`, `data`, `published`.
 * - `spec`: the spec's own fields, with `intents` (the types), `removes`, and `removedTests` (what `removes` says of tests, with the ids
 *   of the tests that it names in any form).
 * - `transition.from`, `transition.to`, `budget`, `autonomy`, `approvals`, `principals`, and `at`, the instant of the judgement.
 *
 * What is not there is not in the document: reading it is an error, and an error denies.
 */
export interface FactDocument {
  facts: Record<string, Json>;
  [root: string]: Json;
}

export const FACT_DOCUMENT_VERSION = 1;

interface Source {
  version: number;
  reads: readonly FactName[];
  of(facts: RuleFacts): unknown;
}

const idOf = ({ path, suite, title }: StaticTest): string =>
  `${path}::${suite === "" ? title : `${suite} > ${title}`}`;
const withId = (test: StaticTest) => ({ id: idOf(test), ...test });

/** Base without what is gone, and with what is new. */
function headIds({ listed, removed, added }: PatchFacts["tests"]): string[] {
  const gone = new Set(removed.map(idOf));
  return [...(listed ?? []).filter((id) => !gone.has(id)), ...added.map(idOf)];
}

const ofPatch = (of: (patch: PatchFacts) => unknown, version = 1): Source => ({
  version,
  reads: ["patch"],
  of: ({ patch }) => patch === undefined ? undefined : of(patch),
});
const itself = (name: Exclude<FactName, "patch" | "spec">): Source => ({
  version: 1,
  reads: [name],
  of: (facts) => facts[name],
});

/** Facts of the patch by their own names. `v`, `patch` and `change` are told otherwise. */
const OWN_NAMES = Object.keys(PatchFacts.shape).filter((name) =>
  name !== "v" && name !== "patch" && name !== "change"
);

/** Every name under `facts`, with its version and the fact that the engine must gather for it. */
export const FACTS: Readonly<Record<string, Source>> = {
  ...Object.fromEntries(
    OWN_NAMES.map((name) => [name, ofPatch((patch) => patch[name as keyof PatchFacts])]),
  ),
  change: {
    version: 1,
    reads: ["change"],
    of: ({ change }) =>
      change === undefined ? undefined : {
        base: change.base,
        baseTree: change.baseTree,
        tree: change.tree,
        patch: change.patch,
        added: change.added,
        removed: change.removed,
        files: change.files.length,
      },
  },
  diff: ofPatch(({ files, patch, change }) => ({
    files,
    // What an approval is bound to, also where the bytes themselves were withheld.
    patch: change?.patch ?? patch,
    added: change?.added ?? files.reduce((sum, file) => sum + file.added, 0),
    removed: change?.removed ?? files.reduce((sum, file) => sum + file.removed, 0),
  }), 2),
  testInventory: ofPatch(({ tests }) => ({
    ...tests,
    base: (tests.listed ?? tests.removed.map(idOf)).map((id) => ({ id })),
    head: headIds(tests).map((id) => ({ id })),
    baseCount: tests.base,
    headCount: tests.head,
    removed: tests.removed.map(withId),
    added: tests.added.map(withId),
    weakened: tests.weakened ?? [],
    silent: (tests.silent ?? []).map(withId),
  })),
  scope: {
    version: 1,
    reads: ["scope", "patch"],
    of: ({ scope, patch }) =>
      scope && patch && {
        files: patch.files.map(({ path }) => ({ path, reason: scope.reasonFor(path) ?? "outside" })),
        outside: patch.files.map(({ path }) => path).filter((path) => scope.reasonFor(path) === null),
      },
  },
  plan: itself("plan"),
  proposal: itself("proposal"),
  verify: itself("verify"),
  review: itself("review"),
  outgoing: itself("outgoing"),
  verified: itself("verified"),
  released: itself("released"),
  policy: itself("policy"),
  pipeline: itself("pipeline"),
  data: itself("data"),
  published: itself("published"),
};

/** Names beside `facts` that a rule may read, and the fact that must be gathered for it; null: always there. */
export const ROOTS: Readonly<Record<string, FactName | null>> = {
  spec: "spec",
  transition: null,
  budget: null,
  autonomy: null,
  approvals: null,
  principals: null,
  at: null,
};

function specDocument(spec: Spec, facts: RuleFacts): unknown {
  const intents = intentsOf(spec);
  const removes = intents.flatMap((intent) => intent.removes);
  const named = (facts.patch?.tests.removed ?? []).filter((test) => {
    const id = idOf(test);
    return removes.some((entry) => namesTest(entry, { ...test, name: id }));
  });
  return {
    ...spec,
    intents: intents.map(({ type }) => type),
    scope: intents.flatMap(({ scope }) => scope),
    removes,
    renames: intents.flatMap(({ renames }) => renames),
    removedTests: [...new Set([...removes, ...named.map(idOf)])],
  };
}

/** What the engine must gather so that these names of `facts` and roots can be read. */
export function factsFor(names: Iterable<string>, roots: Iterable<string>): FactName[] {
  const reads = new Set<FactName>();
  for (const name of names) FACTS[name]?.reads.forEach((read) => reads.add(read));
  for (const root of roots) {
    const read = ROOTS[root];
    if (read) reads.add(read);
    // `spec.removedTests` tells the removed tests that the spec names.
    if (root === "spec") reads.add("spec");
  }
  return [...reads].sort();
}

/** The names of `facts` that can be told from these facts. */
export function namesRead(reads: readonly FactName[]): ReadonlySet<string> {
  return new Set(
    Object.entries(FACTS).filter(([, source]) => source.reads.every((read) => reads.includes(read))).map((
      [name],
    ) => name),
  );
}

/** The document of the facts that are given; with `names` only these of `facts`. */
export function factDocument(facts: RuleFacts, names?: ReadonlySet<string>): FactDocument {
  const told: Record<string, Json> = {};
  for (const [name, { of }] of Object.entries(FACTS)) {
    if (names && !names.has(name)) continue;
    const value = of(facts);
    if (value !== undefined && value !== null) told[name] = value as Json;
  }
  const { transition, budget, autonomy, approvals, principals, at } = facts;
  return {
    facts: told,
    transition,
    budget,
    autonomy,
    approvals: approvals as Json,
    principals,
    at,
    ...(facts.spec === undefined ? {} : { spec: specDocument(facts.spec, facts) as Json }),
  };
}

/** `testInventory@1` for every name: what a pack's `requires.facts` may ask for. */
export function factVersions(): string[] {
  return Object.entries(FACTS).map(([name, { version }]) => `${name}@${version}`).sort();
}

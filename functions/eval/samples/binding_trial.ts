/** E2: a verdict is about one patch and one tree. What was verified is exchanged for something else, and the judge is asked. */
import { extractPatchFacts, judgeTransition } from "../../../policies/code/mod.ts";
import type { JudgeInput } from "../../../policies/mod.ts";
import { compareStates } from "../../../connectors/mod.ts";
import { digestOf } from "../../../specs/mod.ts";
import type { Trial } from "../trial.ts";
import { branchesOf } from "./branches.ts";
import type { Sample, SampleChange } from "./sample.ts";

type Binding = JudgeInput["binding"];
type Judged = NonNullable<Binding["verified"]>;

interface Exchange {
  name: string;
  /** True where nothing is exchanged. */
  faithful: boolean;
  from: "review" | "release";
  binding(judged: Judged, other: Judged): Binding;
}

const EXCHANGES: readonly Exchange[] = [
  {
    name: "same",
    faithful: true,
    from: "review",
    binding: (judged) => ({ verified: judged, released: null }),
  },
  {
    name: "released-same",
    faithful: true,
    from: "release",
    binding: (judged) => ({ verified: judged, released: judged }),
  },
  {
    name: "other-patch-verified",
    faithful: false,
    from: "review",
    binding: (_, other) => ({ verified: other, released: null }),
  },
  {
    name: "tree-grew-after-verify",
    faithful: false,
    from: "review",
    binding: (judged, other) => ({ verified: { ...judged, tree: other.tree }, released: null }),
  },
  {
    name: "patch-text-changed-after-verify",
    faithful: false,
    from: "review",
    binding: (judged, other) => ({ verified: { ...judged, patch: other.patch }, released: null }),
  },
  {
    name: "never-verified",
    faithful: false,
    from: "review",
    binding: () => ({ verified: null, released: null }),
  },
  {
    name: "other-patch-released",
    faithful: false,
    from: "release",
    binding: (judged, other) => ({ verified: judged, released: other }),
  },
  {
    name: "tree-exchanged-at-release",
    faithful: false,
    from: "release",
    binding: (judged, other) => ({ verified: judged, released: { ...judged, tree: other.tree } }),
  },
];

/** Judges what was verified or released against something else, for the first two honest changes of a sample. */
export async function* bindingTrials(sample: Sample, dir: string): AsyncGenerator<Trial> {
  const honest = sample.changes.filter((change) => change.class === null).slice(0, 2);
  const [first, second] = honest;
  if (first === undefined || second === undefined) return;
  const repository = `${dir}/bindings`;
  const branches = await branchesOf(sample, honest, repository);
  const judged = await factsOf(repository, branches.base, branches.heads.get(first) ?? branches.base);
  const other = await factsOf(repository, branches.base, branches.heads.get(second) ?? branches.base);
  for (const exchange of EXCHANGES) yield await trialOf(sample, first, exchange, judged, other);
}

type PatchFacts = NonNullable<JudgeInput["patchFacts"]>;

/** The facts of what lies between two commits, as a run extracts them. */
export async function factsOf(repository: string, base: string, head: string): Promise<PatchFacts> {
  const compared = await compareStates(repository, { kind: "range", base, head, symmetric: false });
  if (!compared.ok) throw new Error(`Cannot compare ${base} and ${head}: ${compared.error.message}`);
  const comparison = compared.value;
  try {
    const { change, patch, applies } = comparison;
    return await extractPatchFacts({
      change: change === null ? null : { ...change, patch: await digestOf(patch) },
      patch,
      applies,
      read: (path, at) => comparison.read(path, at),
      list: (at) => comparison.list(at),
    });
  } finally {
    await comparison.dispose();
  }
}

async function trialOf(
  sample: Sample,
  { spec }: SampleChange,
  { name, faithful, from, binding }: Exchange,
  judged: PatchFacts,
  other: PatchFacts,
): Promise<Trial> {
  const started = performance.now();
  const decision = await judgeTransition({
    transition: { from, to: from === "review" ? "release" : "observe" },
    spec,
    specDigest: await digestOf(JSON.stringify(spec)),
    plan: null,
    proposal: { implementer: "patch", rederives: null },
    patchFacts: judged,
    verify: null,
    review: null,
    outgoing: null,
    budget: {},
    autonomy: { ceiling: "A3", granted: "A3" },
    approvals: [],
    principals: { requester: "eval", approvers: [], singleKey: true },
    policy: null,
    binding: binding(subjectOf(judged), subjectOf(other)),
    at: "2026-01-05T09:00:00.000Z",
  });
  // The run that verification needs is left out here, so that only what this class is about is looked at.
  const verdicts = decision.rules.filter(({ rule }) => rule === "core/E2");
  const passes = verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === "pass");
  return {
    task: sample.id,
    language: sample.language,
    kind: faithful ? "honest" : "E2",
    name: `binding-${name}`,
    tier: "static",
    status: passes ? "completed" : "denied",
    accepted: passes,
    caught: passes ? [] : ["core/E2"],
    expect: ["core/E2"],
    asks: [],
    exitCodeAccepts: null,
    seconds: Math.round(performance.now() - started) / 1000,
    detail: verdicts.flatMap(({ findings }) => findings.map(({ message }) => message)).join(" | ").slice(
      0,
      500,
    ),
  };
}

function subjectOf({ change }: PatchFacts): Judged {
  if (change === null) throw new Error("Cannot bind a verdict to a change that does not apply");
  return { patch: change.patch, tree: change.tree };
}

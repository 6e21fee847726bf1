/** What differs between two bundles: not only which bytes, but whether the same was judged, and whether the same was said of it. */
import canonicalize from "canonicalize";
import type { BundleComparison } from "../../specs/attestation/mod.ts";
import type { Decision } from "../../specs/mod.ts";
import type { RunRecord } from "./run_record.ts";

/** Compares what was read of two bundles. Neither is verified by this. */
export function compareRecords(a: RunRecord, b: RunRecord): BundleComparison {
  return {
    a: headOf(a),
    b: headOf(b),
    files: filesOf(a, b),
    subjects: subjectsOf(a, b),
    decisions: decisionsOf(a, b),
    tools: toolsOf(a, b),
    sameInputsSameVerdicts: agreement(a, b),
  };
}

const headOf = ({ manifest, digest, title, family }: RunRecord): BundleComparison["a"] => ({
  evidence: manifest.id,
  run: manifest.run,
  status: manifest.status,
  at: manifest.at,
  digest,
  title,
  family,
});

function filesOf(a: RunRecord, b: RunRecord): BundleComparison["files"] {
  const [left, right] = [a, b].map(({ manifest }) =>
    new Map(manifest.files.map((file) => [file.path, file]))
  );
  const paths = [...new Set([...left?.keys() ?? [], ...right?.keys() ?? []])].sort();
  return paths.flatMap((path) => {
    const [before, after] = [left?.get(path), right?.get(path)];
    if (before?.sha256 === after?.sha256) return [];
    return [{
      path,
      state: before === undefined
        ? "only-b" as const
        : after === undefined
        ? "only-a" as const
        : "differs" as const,
      a: before === undefined ? null : `sha256:${before.sha256}`,
      b: after === undefined ? null : `sha256:${after.sha256}`,
    }];
  });
}

function subjectsOf(a: RunRecord, b: RunRecord): BundleComparison["subjects"] {
  const told = (record: RunRecord): Record<string, string | null> => {
    const { input, proposal, pull } = record;
    const text = (value: unknown) => typeof value === "string" ? value : null;
    const repository = input.repository as { baseCommit?: unknown; baseTree?: unknown } | undefined;
    return {
      spec: text(input.spec),
      pipeline: text(input.definition),
      environment: text(input.environment),
      baseCommit: text(repository?.baseCommit),
      baseTree: text(repository?.baseTree),
      patch: proposal?.patch ?? null,
      tree: proposal?.change?.tree ?? null,
      commit: pull?.commit ?? null,
      ...Object.fromEntries(record.streams.map(({ stream, staged }) => [`dataset ${stream}`, staged])),
    };
  };
  const [left, right] = [told(a), told(b)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].map((name) => ({
    name,
    a: left[name] ?? null,
    b: right[name] ?? null,
    same: (left[name] ?? null) === (right[name] ?? null),
  })).filter((one) => one.a !== null || one.b !== null);
}

const placeOf = ({ transition: { from, to } }: Decision) => `${from} > ${to.replace("@", "")}`;

/** Transitions by name, the second of a name as `name (2)`. */
function numbered({ decisions }: RunRecord): Map<string, Decision> {
  const seen = new Map<string, number>();
  return new Map(decisions.map(({ decision }) => {
    const place = placeOf(decision);
    const nth = (seen.get(place) ?? 0) + 1;
    seen.set(place, nth);
    return [nth === 1 ? place : `${place} (${nth})`, decision];
  }));
}

/** The n-th transition of one beside the n-th of the other. */
function decisionsOf(a: RunRecord, b: RunRecord): BundleComparison["decisions"] {
  const [left, right] = [numbered(a), numbered(b)];
  return [...new Set([...left.keys(), ...right.keys()])].map((transition) => {
    const [before, after] = [left.get(transition), right.get(transition)];
    return {
      transition,
      a: before?.verdict ?? null,
      b: after?.verdict ?? null,
      sameInput: before !== undefined && after !== undefined && before.inputDigest === after.inputDigest,
      gates: before === undefined || after === undefined ? [] : gatesOf(before, after),
    };
  });
}

function gatesOf(
  a: Decision,
  b: Decision,
): BundleComparison["decisions"][number]["gates"] {
  const verdicts = (decision: Decision) =>
    new Map(
      decision.rules.map((
        rule,
      ) => [`${rule.rule} ${rule.gate}`, rule.waived ? "fail(waived)" : rule.verdict]),
    );
  const [left, right] = [verdicts(a), verdicts(b)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((gate) =>
    left.get(gate) === right.get(gate)
      ? []
      : [{ gate, a: left.get(gate) ?? null, b: right.get(gate) ?? null }]
  );
}

function toolsOf(a: RunRecord, b: RunRecord): BundleComparison["tools"] {
  const told = (record: RunRecord): Map<string, string> =>
    new Map([
      ["sandbox", record.manifest.sandbox],
      ...record.decisions.flatMap(({ decision }): [string, string][] => [
        ["policy engine", decision.engine],
        ...decision.packs.map(({ name, version, digest }): [string, string] => [
          `pack ${name}`,
          `${version} ${digest}`,
        ]),
      ]),
      ...(record.proposal === null ? [] : [["implementer", record.proposal.implementer] as [string, string]]),
      ...(record.proposal?.work?.agent
        ? [["agent", record.proposal.work.agent.name] as [string, string]]
        : []),
      ...(record.calls.length === 0 ? [] : [
        ["models", [...new Set(record.calls.map(({ model }) => model))].sort().join(", ")] as [
          string,
          string,
        ],
      ]),
    ]);
  const [left, right] = [told(a), told(b)];
  return [...new Set([...left.keys(), ...right.keys()])].map((tool) => {
    const [before, after] = [left.get(tool) ?? null, right.get(tool) ?? null];
    return { tool, a: before, b: after, same: before === after };
  });
}

/** What a run is given; the rest comes of it. */
const GIVEN = new Set(["spec", "pipeline", "environment", "baseTree", "patch"]);

/**
 * Of the decisions that both took about the same (the very same input, or the same spec, base and patch by the same packs and engine):
 * whether they said the same. Null when there is none, and nothing can be said.
 */
function agreement(a: RunRecord, b: RunRecord): BundleComparison["sameInputsSameVerdicts"] {
  const subjects = subjectsOf(a, b).filter(({ name }) => GIVEN.has(name));
  const isSame = subjects.length > 0 && subjects.every(({ same }) => same);
  const judges = ({ engine, packs }: Decision) => canonicalize([engine, packs]);
  const [left, right] = [numbered(a), numbered(b)];
  const differ: string[] = [];
  let compared = 0;
  for (const [place, before] of left) {
    const after = right.get(place);
    if (after === undefined || judges(before) !== judges(after)) continue;
    if (before.inputDigest !== after.inputDigest && !isSame) continue;
    compared += 1;
    if (before.verdict !== after.verdict || gatesOf(before, after).length > 0) differ.push(place);
  }
  return compared === 0 ? null : { compared, same: differ.length === 0, differ };
}

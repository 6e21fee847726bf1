import canonicalize from "canonicalize";
import { DecisionPredicate, PREDICATES, type Statement, VsaPredicate } from "../../specs/attestation/mod.ts";
import { digestOf, type EvidenceManifest } from "../../specs/mod.ts";
import { VSA_FILE } from "./bundle_layout.ts";
import type { BundleReader } from "./bundle_reader.ts";
import type { ReadLedger } from "./check_ledger.ts";
import type { Checks } from "./checks.ts";
import { bundledKeys } from "./bundled_keys.ts";
import { believedSigner, type LoggedAt } from "./key_term.ts";
import type { EvidenceKey } from "./keys.ts";
import { openStatement } from "./statement.ts";

export const APPROVAL = /^statements\/40-approval-\d+\.dsse\.json$/;

/** A statement of the bundle whose signature holds. */
export interface ReadStatement {
  readonly path: string;
  /** Of the file, in hex. */
  readonly sha256: string;
  readonly statement: Statement;
}

/** Every signed statement of the bundle, by a trusted key and about the same bytes. */
export async function checkStatements(
  bundle: BundleReader,
  manifest: EvidenceManifest,
  keys: readonly EvidenceKey[],
  checks: Checks,
  logged: LoggedAt | null = null,
): Promise<ReadStatement[]> {
  const known = await bundledKeys(bundle, manifest);
  const read: ReadStatement[] = [];
  const paths = manifest.files.map(({ path }) => path).filter((path) => path.startsWith("statements/"))
    .sort();
  for (const path of paths) {
    const bytes = await bundle.read(path);
    // A file that is missing has been told.
    if (bytes === null) continue;
    const opened = await openStatement(bytes, keys, known);
    if ("problem" in opened) {
      checks.fail("statements", path, opened.problem);
      continue;
    }
    const { statement } = opened;
    const believed = believedSigner(
      opened,
      APPROVAL.test(path) ? "approvals" : "statements",
      manifest.at,
      logged,
    );
    if ("problem" in believed) {
      checks.fail("statements", path, believed.problem);
      continue;
    }
    const { key } = believed;
    const { run } = statement.predicate;
    if (run !== undefined && run !== manifest.run) {
      checks.fail("statements", path, `it is of another run: ${String(run)}`);
      continue;
    }
    const approver = statement.predicate.approver;
    if (APPROVAL.test(path) && key.name !== approver) {
      checks.fail(
        "statements",
        path,
        `it names ${String(approver)} and is signed by the key of ${key.name ?? "nobody"}`,
      );
      continue;
    }
    read.push({ path, sha256: (await digestOf(bytes)).slice("sha256:".length), statement });
  }
  if (paths.length === 0) checks.fail("statements", null, "the bundle holds no statement");
  else if (!checks.hasFailed("statements")) {
    checks.pass("statements", null, `${paths.length} statements, all signed`);
  }
  return read;
}

/** The statements about a change are about the patch that lies in the bundle, or about the one that was withheld. */
export async function checkSubjects(
  bundle: BundleReader,
  manifest: EvidenceManifest,
  statements: readonly ReadStatement[],
  checks: Checks,
): Promise<void> {
  const vsa = summaryOf(statements);
  if (vsa === undefined) {
    checks.fail("subjects", VSA_FILE, "there is no verification summary that says what this is about");
    return;
  }
  const expected = canonicalize(vsa.statement.subject);
  for (const { path, statement } of statements) {
    if (APPROVAL.test(path)) continue;
    if (canonicalize(statement.subject) !== expected) {
      checks.fail("subjects", path, "it is about something else than the verification summary");
      return;
    }
  }
  for (const { name, digest } of vsa.statement.subject) {
    // What has a scheme lies elsewhere: a repository, a table of a sink.
    if (digest.sha256 === undefined || name.includes(":")) continue;
    const path = `artifacts/${name}`;
    // Its digest stands although its bytes may not, or only with marks in the place of what it held; the manifest, which is signed, says why.
    if (manifest.withheld.some((line) => line.startsWith(`${name}:`))) continue;
    const listed = manifest.files.find((file) => file.path === path);
    if (listed === undefined) {
      checks.fail("subjects", path, "the bundle is about this file and does not hold it, nor say why");
      return;
    }
    const bytes = await bundle.read(path);
    if (bytes === null || (await digestOf(bytes)).slice("sha256:".length) !== digest.sha256) {
      checks.fail("subjects", path, "it is not what the statements are about");
      return;
    }
  }
  checks.pass("subjects", null, vsa.statement.subject.map(({ name }) => name).join(", "));
}

/** The verification summary: another statement in its place is none. */
export const summaryOf = (statements: readonly ReadStatement[]) =>
  statements.find(({ path, statement }) => path === VSA_FILE && statement.predicateType === PREDICATES.vsa);

/** The verification summary names exactly the statements that lie here, and its verdict is that of the decisions. */
export function checkSummary(
  manifest: EvidenceManifest,
  statements: readonly ReadStatement[],
  ledger: ReadLedger,
  checks: Checks,
): void {
  const summary = summaryOf(statements);
  // That there is none has been told.
  if (summary === undefined) return;
  const vsa = VsaPredicate.parse(summary.statement.predicate);
  const named = new Map(vsa.inputAttestations.map(({ uri, digest }) => [uri, digest.sha256]));
  const others = statements.filter(({ path }) => path !== VSA_FILE);
  const wrong = others.find(({ path, sha256 }) => named.get(path) !== sha256);
  const [absent] = [...named.keys()].filter((uri) => !others.some(({ path }) => path === uri));
  if (wrong !== undefined) {
    checks.fail(
      "vsa-inputs",
      wrong.path,
      "the verification summary was made over other bytes, or without it",
    );
  } else if (absent !== undefined || named.size !== vsa.inputAttestations.length) {
    checks.fail(
      "vsa-inputs",
      absent ?? VSA_FILE,
      "the verification summary was made over a statement that is not here",
    );
  } else checks.pass("vsa-inputs", VSA_FILE, `${others.length} statements`);

  const last = ledger.decisions.at(-1)?.decision.verdict;
  const passes = manifest.status === "completed" && last === "allow";
  if (passes !== (vsa.verificationResult === "PASSED")) {
    checks.fail(
      "vsa-result",
      VSA_FILE,
      `it says ${vsa.verificationResult}, and the run ended ${manifest.status}`,
    );
  } else if (!passes && vsa.verifiedLevels.length > 0) {
    checks.fail("vsa-result", VSA_FILE, "it claims levels for a change that did not pass");
  } else checks.pass("vsa-result", VSA_FILE, `${vsa.verificationResult}: the run ended ${manifest.status}`);
}

/** Every decision of the ledger has its signed statement, in order. */
export function checkDecisionStatements(
  statements: readonly ReadStatement[],
  ledger: ReadLedger,
  checks: Checks,
): DecisionStatement[] {
  const found = statements.filter(({ statement }) => statement.predicateType === PREDICATES.decision);
  let previous: string | null = null;
  const read: DecisionStatement[] = [];
  for (const [at, { path, sha256, statement }] of found.entries()) {
    const predicate = DecisionPredicate.parse(statement.predicate);
    const expected = ledger.decisions[at];
    const isSame = expected !== undefined && predicate.seq === expected.seq &&
      predicate.event === expected.event &&
      canonicalize(statement.predicate.decision) === canonicalize(expected.decision);
    if (!isSame || predicate.previous !== previous) {
      checks.fail("decision-statements", path, "it is not the ledger's decision at this place");
      return read;
    }
    previous = `sha256:${sha256}`;
    read.push({ path, run: predicate.run, at, log: predicate.log, ...expected });
  }
  if (found.length !== ledger.decisions.length) {
    checks.fail(
      "decision-statements",
      null,
      `${found.length} statements for ${ledger.decisions.length} decisions`,
    );
  } else checks.pass("decision-statements", null, `${found.length} decisions are signed`);
  return read;
}

/** A signed decision and where it stands in the transparency log. */
export interface DecisionStatement {
  readonly path: string;
  readonly run: string;
  /** Which decision of the run it is, from 0. */
  readonly at: number;
  readonly seq: number;
  readonly event: string;
  readonly decision: ReadLedger["decisions"][number]["decision"];
  readonly log: { origin: string; index: number } | null;
}

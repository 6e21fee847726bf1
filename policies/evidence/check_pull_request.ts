import { z } from "zod";
import type { Finding } from "../../specs/mod.ts";
import { ModelCall, PatchFacts, Spec, VerifyFacts } from "../../specs/code/mod.ts";
import { fileClaims, testClaims } from "./body_claims.ts";
import type { BundleReader } from "./bundle_reader.ts";
import type { LedgerDecision, ReadLedger } from "./check_ledger.ts";
import type { Checks } from "./checks.ts";
import { authorClaims, gateClaims, modelClaims, subjectClaims } from "./record_claims.ts";
import { gateRecord, modelRecord } from "./run_records.ts";

const BODY = "artifacts/pull-request.md";
const MAX_TOLD = 20;
/** Of a decision's input, as far as this reads it. */
const Judged = z.object({ outgoing: z.object({ body: z.string() }).nullish() });
const Proposed = z.object({ implementer: z.string() });
const Reviewed = z.object({
  mind: z.object({ model: z.string(), otherFamily: z.boolean().nullable(), whole: z.boolean() }).nullish(),
});

/**
 * The text of the pull request is the one that the gates read, and what it says of files, tests, gates, waivers, models and cost is what
 * the records of this bundle say: each claim is read back out of it and derived again.
 */
export async function checkPullRequest(
  bundle: BundleReader,
  { decisions }: ReadLedger,
  inputFile: (digest: string) => string,
  checks: Checks,
): Promise<void> {
  const bytes = await bundle.read(BODY);
  if (bytes === null) return;
  const body = new TextDecoder().decode(bytes);
  const read = await lastRead(bundle, decisions, inputFile, body);
  if (read === null) {
    // Inputs that were withheld are told by the manifest: then nobody can say.
    checks.pass("pull-request", BODY, "no input of a decision that read it is here: not compared");
  } else if (read.isSame) {
    checks.pass("pull-request", BODY, `the text that the gates of ${read.from} read`);
  } else {
    checks.fail("pull-request", BODY, `it is not the text that the gates read (${read.file})`);
    return;
  }
  const { found, compared } = await claims(bundle, body, judgedFirst(decisions, read?.first ?? null));
  for (const { message } of found.slice(0, MAX_TOLD)) checks.fail("body-claims", BODY, message);
  if (found.length === 0) {
    const what = compared.length === 0 ? "nothing that it tells of is here" : compared.join(", ");
    checks.pass("body-claims", BODY, `derived again from the records: ${what}`);
  }
}

interface Read {
  readonly isSame: boolean;
  readonly from: string;
  readonly file: string;
  /** Which decision read this text first. */
  readonly first: number | null;
}

/** Which text the last decisions read whose input is here. */
async function lastRead(
  bundle: BundleReader,
  decisions: readonly LedgerDecision[],
  inputFile: (digest: string) => string,
  body: string,
): Promise<Read | null> {
  let last: Read | null = null;
  let first: number | null = null;
  for (const [at, { decision }] of decisions.entries()) {
    const file = inputFile(decision.inputDigest);
    const judged = Judged.safeParse(await parsedFile(bundle, file));
    if (!judged.success || !judged.data.outgoing) continue;
    const isSame = judged.data.outgoing.body === body;
    if (isSame) first ??= at;
    last = { isSame, from: decision.transition.from, file, first };
  }
  return last;
}

/** The decisions that a text can tell of, and the one that then judged it; null where that cannot be said. */
function judgedFirst(
  decisions: readonly LedgerDecision[],
  first: number | null,
): { before: readonly LedgerDecision[]; at: string } | null {
  const place = first ?? decisions.findIndex(({ decision }) => decision.transition.from === "review");
  const judging = decisions[place];
  // Without its inputs a text that was made again cannot be told from the one before it.
  const reviews = decisions.filter(({ decision }) => decision.transition.from === "review").length;
  if (judging === undefined || (first === null && reviews > 1)) return null;
  return { before: decisions.slice(0, place), at: judging.decision.at };
}

async function claims(
  bundle: BundleReader,
  body: string,
  told: ReturnType<typeof judgedFirst>,
): Promise<{ found: Finding[]; compared: string[] }> {
  const found: Finding[] = [];
  const compared: string[] = [];
  const against = (what: string, findings: readonly Finding[]) => {
    compared.push(what);
    found.push(...findings);
  };
  const change = PatchFacts.safeParse(await parsedFile(bundle, "artifacts/patch-facts.json")).data?.change;
  if (change) against("files", [...fileClaims(body, change), ...subjectClaims(body, change)]);
  const verify = VerifyFacts.safeParse(await parsedFile(bundle, "artifacts/verify.json"));
  if (verify.success) against("tests", testClaims(body, verify.data));
  const proposal = Proposed.safeParse(await parsedFile(bundle, "artifacts/proposal.json"));
  const review = Reviewed.safeParse(await parsedFile(bundle, "artifacts/review.json"));
  if (proposal.success && review.success) {
    against("authors", authorClaims(body, proposal.data.implementer, review.data.mind ?? null));
  }
  if (told === null) return { found, compared };
  against(
    "gates, waivers and approvals",
    gateClaims(body, told.before.map(({ decision }) => gateRecord(decision))),
  );
  const recorded = await parsedFile(bundle, "artifacts/model-calls.json");
  const calls = z.array(ModelCall).safeParse(recorded ?? []);
  if (calls.success) {
    const spec = Spec.safeParse(await parsedFile(bundle, "artifacts/spec.json"));
    const before = calls.data.filter(({ at }) => Date.parse(at) <= Date.parse(told.at));
    against("models and cost", modelClaims(body, modelRecord(before), spec.data?.budget ?? null));
  }
  return { found, compared };
}

async function parsedFile(bundle: BundleReader, path: string): Promise<unknown> {
  const bytes = await bundle.read(path);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

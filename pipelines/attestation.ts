import type { Blobs, TransparencyLog } from "../kernel/mod.ts";
import { formatVerifierKey, type NoteSigner, openCheckpoint, parseNote } from "../kernel/tlog/mod.ts";
import {
  type BundleFile,
  ENGINE_VERSION,
  jcs,
  type PersonalMarker,
  redact,
  type Signer,
  type Signing,
  withTexts,
} from "../policies/mod.ts";
import {
  bundleLeaf,
  decisionLeaf,
  LOG_KEYS,
  proofFile,
  signStatement,
  VSA_FILE,
} from "../policies/evidence/mod.ts";
import { PREDICATES, type StatementSubject } from "../specs/attestation/mod.ts";
import { BUNDLE_PROOF, digestOf, type RunStatus } from "../specs/mod.ts";
import { bundleFile, type LedgerFiles } from "./ledger_files.ts";
import { redactedValue } from "./redacted_value.ts";
import type { VerifiedSubject } from "./verify_text.ts";

/** Who speaks for this installation in evidence: a key for statements, and a transparency log with a key of its own. */
export interface Attestor {
  /** ECDSA P-256, signatures in DER: what cosign and slsa-verifier take. */
  readonly signer: Signer;
  /** PEM (SPKI) of the same key. */
  readonly publicKey: string;
  /** PEM (SPKI) of the key on its way out, while it signs beside the one in use. */
  readonly formerPublicKey?: string;
  readonly log: TransparencyLog;
  /** Ed25519 under the log's origin. */
  readonly logSigner: NoteSigner;
  /** What cannot be held where it runs, such as a signer in the process that it vouches for. */
  readonly caveats: readonly string[];
  /** The log's checkpoint with the cosignatures of its witnesses, as far as they answer; absent where it has none. */
  readonly cosigned?: () => Promise<string>;
}

/** Versioned with what it verifies (SLSA: `verifier.id`). */
export const VERIFIER_ID = "https://edgeforge.dev/verifier/v1";

type PredicateType = (typeof PREDICATES)[keyof typeof PREDICATES];

/** What a run's statements say beside its decisions. */
export interface Attested {
  readonly status: RunStatus;
  readonly subject: readonly StatementSubject[];
  /** `00-change` or `00-load`, `10-implementer`, `30-test-result-1`...: file name without number of decision, in the order of names. */
  readonly statements: readonly { name: string; predicateType: PredicateType; predicate: unknown }[];
  /** Envelopes that others have signed, as they are. */
  readonly envelopes: readonly { name: string; text: string }[];
  readonly resourceUri: string;
  /** `ORG_SOURCE_...`, claimed only when the run passed. */
  readonly levels: readonly string[];
}

/** Whether a run passed: what the verification summary says. */
export const hasPassed = (status: RunStatus, { decisions }: Pick<LedgerFiles, "decisions">): boolean =>
  status === "completed" && decisions.at(-1)?.decision.verdict === "allow";

/** The statements' subject as VERIFY.md names it. */
export function verifiedSubject(
  { subject, resourceUri, status }: Attested,
  ledger: Pick<LedgerFiles, "decisions">,
  files: readonly BundleFile[],
): VerifiedSubject {
  const [first] = subject;
  const path = `artifacts/${first?.name}`;
  return {
    sha256: first?.digest.sha256 ?? "",
    file: files.some((one) => one.path === path) ? path : null,
    resourceUri,
    result: hasPassed(status, ledger) ? "PASSED" : "FAILED",
  };
}

/** The signing part of a bundle's seal: statements over its files, proofs of its decisions, a signature over its manifest. */
export function signing(
  attestor: Attestor,
  ledger: LedgerFiles,
  run: string,
  attested: Attested,
  mark?: PersonalMarker,
): Signing {
  const { signer, log, logSigner } = attestor;
  const subject = attested.subject;
  const file = (name: string) => `statements/${name}.dsse.json`;
  const passed = hasPassed(attested.status, ledger);
  return {
    ...(signer.also === undefined ? {} : { signers: [signer, ...signer.also].map(({ keyId }) => keyId) }),
    async statements() {
      const files: BundleFile[] = [];
      const inputs: { uri: string; digest: { sha256: string } }[] = [];
      const add = async (path: string, text: string) => {
        files.push(bundleFile(path, "application/vnd.dsse.envelope.v1+json", text));
        inputs.push({ uri: path, digest: { sha256: hexOf(await digestOf(text)) } });
        return inputs.at(-1)?.digest.sha256 ?? "";
      };
      const sign = async (
        name: string,
        predicateType: PredicateType,
        predicate: unknown,
        by?: PersonalMarker,
      ) =>
        // The last look before it is signed: afterwards nothing can be taken out. Decisions are marked as their events were.
        await add(
          file(name),
          await signStatement({ subject, predicateType, predicate: outgoing(predicate, by) }, signer),
        );

      for (const { name, predicateType, predicate } of attested.statements) {
        await sign(name, predicateType, predicate, mark);
      }
      const places = await logged(log, run, ledger);
      let previous: string | null = null;
      for (const [at, { seq, event, decision }] of ledger.decisions.entries()) {
        const { from, to } = decision.transition;
        const name = `20-gate-${String(at + 1).padStart(2, "0")}-${from}-${to.replace("@", "")}`;
        const placed: Record<string, unknown> = {
          run,
          seq,
          event,
          decision,
          previous,
          log: { origin: logSigner.key.name, index: places[at] ?? -1 },
        };
        previous = `sha256:${await sign(name, PREDICATES.decision, placed)}`;
      }
      for (const { name, text } of attested.envelopes) await add(file(name), text);
      const policy = policyOf(ledger);
      if (passed) {
        await sign("90-svr", PREDICATES.svr, {
          verifier: { id: VERIFIER_ID },
          timeCreated: ledger.at,
          policies: [await policy],
          properties: attested.levels,
        });
      }
      const vsa = await signStatement({
        subject,
        predicateType: PREDICATES.vsa,
        predicate: {
          verifier: { id: VERIFIER_ID, version: { edgeforge: ENGINE_VERSION } },
          timeVerified: ledger.at,
          resourceUri: attested.resourceUri,
          policy: await policy,
          inputAttestations: inputs,
          verificationResult: passed ? "PASSED" : "FAILED",
          verifiedLevels: passed ? attested.levels : [],
          slsaVersion: "1.2",
        },
      }, signer);
      files.push(bundleFile(VSA_FILE, "application/vnd.dsse.envelope.v1+json", vsa));
      files.push(
        bundleFile("bundles/99-vsa.sigstore.json", SIGSTORE_BUNDLE, sigstoreBundle(vsa, signer.keyId)),
      );
      files.push(...await logFiles(attestor, places));
      return files;
    },
    async manifest(bytes, { id, run: of, status, at }) {
      return await signStatement({
        subject: [{ name: "manifest.json", digest: { sha256: hexOf(await digestOf(bytes)) } }],
        predicateType: PREDICATES.manifest,
        predicate: { id, run: of, status, at },
      }, signer);
    },
  };
}

/** The decisions of a run as leaves of the log; where each stands. What is there already keeps its place. */
async function logged(log: TransparencyLog, run: string, ledger: LedgerFiles): Promise<number[]> {
  const records = await Promise.all(ledger.decisions.map(async ({ seq, event, decision }) => ({
    name: `${run}/${seq}`,
    entry: await decisionLeaf({ run, seq, event, decision }),
  })));
  return await log.add(records);
}

/** What approvers have signed, as it was kept: their keys say it, not ours. */
export async function approvalEnvelopes(
  blobs: Blobs,
  { decisions }: LedgerFiles,
): Promise<Attested["envelopes"]> {
  const digests = new Set(
    decisions.flatMap(({ decision }) => decision.approvals.flatMap(({ envelope }) => envelope ?? [])),
  );
  const texts = await Promise.all([...digests].map((digest) => blobs.get(digest)));
  return texts.flatMap((bytes, at) =>
    bytes === null
      ? []
      : [{ name: `40-approval-${String(at + 1).padStart(2, "0")}`, text: new TextDecoder().decode(bytes) }]
  );
}

/**
 * The bundle itself as a leaf, once it is written: whoever takes it away cannot say that it never was. The text of the proof, under a
 * checkpoint that nobody but the log has signed, so that each of its bytes can be verified.
 */
export async function logBundle(
  { log, logSigner }: Pick<Attestor, "log" | "logSigner">,
  bundle: { run: string; id: string; status: RunStatus; digest: string },
): Promise<string> {
  const [index = -1] = await log.add([{ name: bundle.id, entry: bundleLeaf(bundle) }]);
  const signed = await log.checkpoint(logSigner);
  const opened = await openCheckpoint(signed, { log: [logSigner.key] });
  if ("problem" in opened) throw new Error(`Cannot prove a bundle: ${opened.problem}`);
  const { size } = opened.checkpoint;
  return await log.prove(index, { size, signed: ownSignatures(signed, logSigner) });
}

/** A checkpoint with the signatures of the log's own keys alone: of the one in use, and of one on its way out. */
function ownSignatures(signed: string, { key, also = [] }: NoteSigner): string {
  const note = parseNote(signed);
  if ("problem" in note) throw new Error(`Cannot read our own checkpoint: ${note.problem}`);
  const written = signed.slice(note.text.length + 1).split("\n");
  const lines = [key, ...also.map((one) => one.key)].map(({ name, id }) => {
    const line = written[note.signatures.findIndex((one) => one.name === name && one.id === id)];
    if (line === undefined) throw new Error(`Cannot find the signature of the log's key ${name}+${id}`);
    return `${line}\n`;
  });
  return `${note.text}\n${lines.join("")}`;
}

/**
 * Ends the sealing of a bundle that is written: it is logged, and its proof put beside its files. The same again changes nothing, so that
 * a process that ended in between is made good.
 */
export async function logSealed(
  attestor: Attestor,
  sink: { attach?(id: string, path: string, bytes: Uint8Array): Promise<void> },
  bundle: { run: string; id: string; status: RunStatus; digest: string },
): Promise<void> {
  const proof = await logBundle(attestor, bundle);
  await sink.attach?.(bundle.id, BUNDLE_PROOF, new TextEncoder().encode(proof));
}

async function logFiles(
  { log, logSigner, publicKey, formerPublicKey, cosigned }: Attestor,
  places: readonly number[],
): Promise<BundleFile[]> {
  const signed = await cosigned?.() ?? await log.checkpoint(logSigner);
  const opened = await openCheckpoint(signed, { log: [logSigner.key] });
  if ("problem" in opened) throw new Error(`Cannot prove decisions: ${opened.problem}`);
  const { size } = opened.checkpoint;
  const proofs = await Promise.all(
    places.map(async (index, at) =>
      bundleFile(proofFile(at), "text/plain", await log.prove(index, { size, signed }))
    ),
  );
  return [
    ...proofs,
    bundleFile("log/checkpoint", "text/plain", signed),
    bundleFile(
      LOG_KEYS,
      "text/plain",
      [logSigner, ...logSigner.also ?? []].map(({ key }) => `${formatVerifierKey(key)}\n`).join(""),
    ),
    bundleFile("keys/evidence.pem", "application/x-pem-file", publicKey),
    ...(formerPublicKey === undefined
      ? []
      : [bundleFile("keys/evidence.former.pem", "application/x-pem-file", formerPublicKey)]),
  ];
}

/** The set of packs that judged, by its digest: the same packs give the same one. */
async function policyOf({ decisions }: LedgerFiles): Promise<{ uri: string; digest: { sha256: string } }> {
  const packs = new Map(
    decisions.flatMap(({ decision }) => decision.packs.map((pack) => [`${pack.name}@${pack.version}`, pack])),
  );
  const sorted = [...packs.keys()].sort().map((name) => packs.get(name));
  return {
    uri: `https://edgeforge.dev/packs/${[...packs.keys()].sort().join("+") || "none"}`,
    digest: { sha256: hexOf(await digestOf(jcs(sorted))) },
  };
}

const SIGSTORE_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** The same envelope for tools that read sigstore bundles: verified by a key that they are given, named by its hint. */
function sigstoreBundle(envelope: string, keyHint: string): string {
  const { payload, payloadType, signatures } = JSON.parse(envelope);
  return `${
    jcs({
      mediaType: SIGSTORE_BUNDLE,
      verificationMaterial: { publicKey: { hint: keyHint }, tlogEntries: [] },
      dsseEnvelope: {
        payload,
        payloadType,
        // Such a bundle has one signature: that of the key in use.
        signatures: signatures.slice(0, 1).map(({ sig }: { sig: string }) => ({ sig, keyid: "" })),
      },
    })
  }\n`;
}

/** A predicate without secrets, and with marks in the place of personal data where the run has them. */
function outgoing(predicate: unknown, mark?: PersonalMarker): unknown {
  const marked = mark === undefined ? predicate : withTexts(predicate, mark);
  const text = jcs(marked);
  const clean = redact(text);
  // Value by value: a secret that fills a text takes its quotes along where the whole is redacted.
  return clean === text ? marked : redactedValue(JSON.parse(text));
}

const hexOf = (digest: string) => digest.slice("sha256:".length);

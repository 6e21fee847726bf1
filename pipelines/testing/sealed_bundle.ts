/** Bundles as they are sealed, small and made in memory: for tests of whoever reads them. */
import assert from "node:assert/strict";
import { openKvStore, transparencyLog } from "../../kernel/mod.ts";
import { formatVerifierKey, verifierKey } from "../../kernel/tlog/mod.ts";
import { type Judged, judgeKept } from "../../policies/code/mod.ts";
import { type BundleFile, jcs, sealBundle } from "../../policies/mod.ts";
import {
  derOfRaw,
  type EvidenceTrust,
  inputFile,
  keyId,
  readEvidenceKey,
} from "../../policies/evidence/mod.ts";
import { sampleJudgeInput } from "../../policies/testing/mod.ts";
import { PREDICATES } from "../../specs/attestation/mod.ts";
import { BUNDLE_PROOF, type Decision, digestOf, type RunStatus } from "../../specs/mod.ts";
import { type Attested, type Attestor, logSealed, signing } from "../attestation.ts";
import { bundleFile, type LedgerFiles } from "../ledger_files.ts";

export const RUN = "run_01m8abcdefgh";
const AT = "2026-11-22T10:00:00.000Z";

/** An installation with keys of its own, and what trusts it. */
export async function installation() {
  const store = await openKvStore(":memory:");
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const note = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const lines = btoa(String.fromCharCode(...spki)).match(/.{1,64}/g) ?? [];
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
  const key = verifierKey(
    "log.example/one",
    new Uint8Array(await crypto.subtle.exportKey("raw", note.publicKey)),
  );
  const attestor: Attestor = {
    publicKey,
    signer: {
      keyId: await keyId(spki),
      sign: async (bytes) =>
        derOfRaw(
          new Uint8Array(
            await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, bytes),
          ),
        ),
    },
    log: transparencyLog({ store, origin: key.name }),
    logSigner: {
      key,
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", note.privateKey, bytes)),
    },
    caveats: [],
  };
  const evidenceKey = await readEvidenceKey(publicKey);
  assert.ok(evidenceKey);
  const trust: EvidenceTrust = { keys: [evidenceKey], logs: [key], witnesses: [] };
  /** The same trust as files of a directory. */
  const trustFiles = { "evidence.pem": publicKey, "log.vkey": `${formatVerifierKey(key)}\n` };
  return { attestor, trust, trustFiles, close: () => store.close() };
}

/** A ledger of one decision, chained as the kernel does it. */
async function ledgerOf(
  { decision }: Judged,
  status: RunStatus | null,
  title = "A change",
): Promise<LedgerFiles & { head: { seq: number; hash: string } }> {
  const actor = { kind: "engine", id: "kernel" };
  const lines: string[] = [];
  let prevHash = "0".repeat(64);
  const bodies = [{ type: "run.accepted", payload: { title } }, {
    type: "transition.decided",
    payload: { decision },
  }, ...(status === null ? [] : [{ type: "run.ended", payload: { status } }])];
  let decided = "";
  for (const [at, body] of bodies.entries()) {
    const event = {
      actor,
      at: AT,
      id: `e${at}`,
      parent: at === 0 ? null : `e${at - 1}`,
      prevHash,
      run: RUN,
      seq: at + 1,
      v: 1,
      ...body,
    };
    prevHash = (await digestOf(jcs(event))).slice("sha256:".length);
    lines.push(jcs({ ...event, hash: prevHash }));
    if (body.type === "transition.decided") decided = prevHash;
  }
  return {
    id: "ev_01m8abcdefgh2",
    at: AT,
    head: { seq: bodies.length, hash: prevHash },
    notes: [],
    decisions: [{ seq: 2, event: decided, decision }],
    files: [
      bundleFile("log/events.jsonl", "application/jsonl", `${lines.join("\n")}\n`),
      bundleFile("decisions/01-release-completed.json", "application/json", jcs(decision)),
    ],
  };
}

export const PATCH = "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-old\n+new\n";

/** What kinds of bundles there are: a change that passed or did not, one whose patch is withheld, a load of data. */
export type BundleFamily = "change" | "withheld" | "data";

/** The small forms of what a bundle of each kind holds beside what every bundle has. */
function artifactsOf(family: BundleFamily): BundleFile[] {
  const json = (path: string, value: unknown, mediaType = "application/json") =>
    bundleFile(`artifacts/${path}`, mediaType, jcs(value));
  switch (family) {
    case "change":
      return [
        bundleFile("artifacts/change.patch", "text/x-diff", PATCH),
        json("findings.sarif", { version: "2.1.0", runs: [] }, "application/sarif+json"),
        json(
          "sbom.cdx.json",
          { bomFormat: "CycloneDX", specVersion: "1.6" },
          "application/vnd.cyclonedx+json; version=1.6",
        ),
        json("agent-trace.json", { version: "0.1.0", files: [] }),
        json("agent-session.json", { v: 1, id: "s" }),
        json("model-calls.json", []),
        bundleFile("VERIFY.md", "text/markdown", "# How to check this bundle\n"),
      ];
    case "withheld":
      return [
        bundleFile("artifacts/change.redacted.patch", "text/x-diff", PATCH.replace("+new", "+[redacted]")),
      ];
    case "data":
      return [json("data-facts.json", FACTS), json("openlineage.jsonl", {}, "application/jsonl")];
    default:
      return family satisfies never;
  }
}

const FACTS = { streams: [] };

async function attestedRun(status: RunStatus, family: BundleFamily): Promise<Attested> {
  const hex = async (text: string) => (await digestOf(text)).slice("sha256:".length);
  const subject: Attested["subject"] = family === "data"
    ? [{ name: "data-facts.json", digest: { sha256: await hex(jcs(FACTS)) } }, {
      name: "dataset:warehouse/rows",
      digest: { sha256: "3".repeat(64) },
    }]
    : [{ name: "change.patch", digest: { sha256: await hex(PATCH) } }, {
      name: "git+repository@1",
      digest: { gitCommit: "1".repeat(40), gitTree: "2".repeat(40) },
    }];
  return {
    status,
    subject,
    statements: [{
      name: "30-test-result-01",
      predicateType: PREDICATES.testResult,
      predicate: {
        result: "PASSED",
        configuration: [],
        passedTests: ["a"],
        warnedTests: [],
        failedTests: [],
      },
    }],
    envelopes: [],
    resourceUri: family === "data" ? "pipeline:rows" : "git+repository",
    levels: ["ORG_SOURCE_TESTS_UNWEAKENED"],
  };
}

export interface SealedOptions {
  readonly status?: RunStatus;
  readonly title?: string;
  readonly family?: BundleFamily;
  /** What whoever has the installation's keys says otherwise than it was. */
  readonly forged?: {
    /** What the ledger says that the run ended as; null when it does not say so. */
    readonly ended?: RunStatus | null;
    readonly approvals?: Decision["approvals"];
    readonly attested?: (attested: Attested) => Attested;
    /** The predicate `run` of decisions. */
    readonly run?: string;
  };
}

/** Seals a bundle; its files by path. */
export async function sealed(
  attestor: Attestor,
  options: SealedOptions = {},
): Promise<Map<string, Uint8Array>> {
  const { status = "completed", family = "change", forged = {} } = options;
  const kept = await judgeKept(await sampleJudgeInput());
  const judged = forged.approvals === undefined
    ? kept
    : { ...kept, decision: { ...kept.decision, approvals: forged.approvals } };
  const ledger = await ledgerOf(
    judged,
    forged.ended === undefined ? status : forged.ended,
    options.title,
  );
  const attested = await attestedRun(status, family);
  const { decision: { inputDigest } } = judged;
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: RUN,
      status,
      sandbox: "bwrap",
      withheld: [
        `${inputFile(inputDigest)}: it was not kept`,
        ...(family === "withheld" ? ["change.patch: secret"] : []),
      ],
      notes: [],
      at: AT,
      head: ledger.head,
      proof: BUNDLE_PROOF,
    },
    [...ledger.files, ...artifactsOf(family)],
    signing(attestor, ledger, forged.run ?? RUN, forged.attested?.(attested) ?? attested),
  );
  const files = new Map(bundle.files.map(({ path, bytes }) => [path, bytes]));
  const attach = (_: string, path: string, bytes: Uint8Array) => Promise.resolve(void files.set(path, bytes));
  await logSealed(attestor, { attach }, { run: RUN, id: ledger.id, status, digest: bundle.digest });
  return files;
}

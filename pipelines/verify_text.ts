/** What the statements of a signed bundle are about, for commands that can be copied. */
export interface VerifiedSubject {
  /** Of the first subject, in hex. */
  readonly sha256: string;
  /** Its path in the bundle; null when the bundle does not hold its bytes. */
  readonly file: string | null;
  readonly resourceUri: string;
  /** What the verification summary says. */
  readonly result: "PASSED" | "FAILED";
}

/** VERIFY.md of a bundle: how anybody checks it, with our tools and without. */
export function verifyText(
  { run, sandbox, signed, exports }: {
    run: string;
    sandbox: string;
    /** Null when nobody signs. */
    signed: VerifiedSubject | null;
    /** Paths of artifacts in forms of other tools. */
    exports: readonly string[];
  },
): string {
  return `# How to check this bundle

    forge evidence verify . --trust-root KEYS

\`KEYS\` is a directory with the public keys that you believe, from the installation and not from this bundle: \`evidence.pem\` (statements),
\`log.vkey\` (transparency log), and a PEM file for each approver. Expected: \`verified\`, exit code 0. A changed, missing or added file is named.

Without our tools: \`manifest.json\` is in canonical JSON (RFC 8785) and lists every file with its SHA-256. The digest of the manifest's own
bytes is the bundle's digest, which the ledger of run \`${run}\` holds.

    sha256sum manifest.json
    jq -r '.files[] | "\\(.sha256)  \\(.path)"' manifest.json | sha256sum --check

Each line of \`log/events.jsonl\` is one event in canonical JSON: \`hash\` is the SHA-256 of the event without \`hash\`, and
\`prevHash\` is the hash of the line before. \`decisions/\` holds the record of every transition, \`decisions/explain.txt\` says the same in words,
and \`inputs/\` what each was taken from.
${
    signed === null
      ? "\nThis bundle is not signed: it proves that its files belong together, not who made them.\n"
      : signedText(signed)
  }${exportsText(exports)}${
    sandbox === "none"
      ? "\n**Sandbox: none.** The repository's tests ran with the rights of the user who started the run.\n"
      : sandbox === "ci"
      ? "\nThe repository's tests ran in its forge's CI: observed as its API tells (`artifacts/verify.json`, `ci`), not sandboxed by the engine.\n"
      : ""
  }`;
}

function signedText({ sha256, file, resourceUri, result }: VerifiedSubject): string {
  const expected = result === "PASSED"
    ? "Expected: exit code 0, `PASSED`."
    : "Expected: it verifies the signature and then refuses, as the summary says `FAILED`: this run did not pass.";
  return `
\`statements/\` are in-toto statements in DSSE envelopes, ECDSA P-256 over SHA-256 with DER signatures. The verdict for others is
\`statements/99-vsa.dsse.json\` (SLSA verification summary):

    slsa-verifier verify-vsa --attestation-path statements/99-vsa.dsse.json \\
      --subject-digest sha256:${sha256} \\
      --verifier-id https://edgeforge.dev/verifier/v1 --resource-uri ${shellWord(resourceUri)} \\
      --public-key-path KEYS/evidence.pem

${expected} The same statement is \`bundles/99-vsa.sigstore.json\`, a sigstore bundle v0.3 that names its key by a hint:

    cosign verify-blob-attestation --key KEYS/evidence.pem --bundle bundles/99-vsa.sigstore.json \\
      --type https://slsa.dev/verification_summary/v1 --insecure-ignore-tlog ${
    file ?? `--digest ${sha256} --digestAlg sha256`
  }

Expected: \`Verified OK\`${
    file === null
      ? ". What it is about does not lie in this bundle: it was withheld, and the manifest says why"
      : ""
  }. That is about the signature, not about the verdict.

\`log/decision-NN.tlog-proof\` prove that each decision stands in the installation's transparency log (C2SP tlog-proof), under \`log/checkpoint\`.
`;
}

/** What each export is, where it is there. */
const EXPORTS: Readonly<Record<string, string>> = {
  "artifacts/findings.sarif": "findings of the gates, SARIF 2.1.0",
  "artifacts/sbom.cdx.json": "dependencies that the change adds or updates, CycloneDX 1.6",
  "artifacts/agent-trace.json": "lines that an agent wrote, Agent Trace 0.1.0",
  "artifacts/agent-session.json":
    "tool calls of the agent, by digest, as whoever carried them out recorded them",
  "artifacts/model-calls.json": "calls of models, by digest: tokens, cost, what was asked and what answered",
  "artifacts/repairs.json": "what was done about findings, each round",
  "artifacts/openlineage.jsonl": "OpenLineage events of the load",
};

function exportsText(paths: readonly string[]): string {
  const told = paths.flatMap((path) =>
    EXPORTS[path] === undefined ? [] : [`- \`${path}\`: ${EXPORTS[path]}`]
  );
  return told.length === 0
    ? ""
    : `\nFor other tools, derived from the records above:\n\n${told.join("\n")}\n`;
}

/** A word that a shell takes as it is. */
const shellWord = (text: string): string =>
  /^[A-Za-z0-9@%_+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

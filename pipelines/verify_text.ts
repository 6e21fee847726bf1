/** VERIFY.md of a bundle: how anybody checks it, with our tools and without. */
export function verifyText(
  { run, sandbox, isSigned }: { run: string; sandbox: string; isSigned: boolean },
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
    isSigned
      ? `
\`statements/\` are in-toto statements in DSSE envelopes, ECDSA P-256 over SHA-256 with DER signatures. The verdict for others is
\`statements/99-vsa.dsse.json\` (SLSA verification summary), also as a sigstore bundle:

    slsa-verifier verify-vsa --attestation-path statements/99-vsa.dsse.json --subject-digest sha256:PATCH \\
      --verifier-id https://edgeforge.dev/verifier/v1 --resource-uri URI --public-key-path KEYS/evidence.pem
    cosign verify-blob-attestation --key KEYS/evidence.pem --bundle bundles/99-vsa.sigstore.json \\
      --type https://slsa.dev/verification_summary/v1 --insecure-ignore-tlog artifacts/change.patch

\`log/decision-NN.tlog-proof\` prove that each decision stands in the installation's transparency log (C2SP tlog-proof), under \`log/checkpoint\`.
`
      : "\nThis bundle is not signed: it proves that its files belong together, not who made them.\n"
  }${
    sandbox === "none"
      ? "\n**Sandbox: none.** The repository's tests ran with the rights of the user who started the run.\n"
      : ""
  }`;
}

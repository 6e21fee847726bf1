import { jcs, redact, sealBundle } from "../../policies/mod.ts";
import type { Engine, RunView } from "../../kernel/mod.ts";
import type { RunStatus } from "../../specs/mod.ts";
import { bundleFile, ledgerFiles } from "../ledger_files.ts";
import { dropObjects } from "./base_objects.ts";
import { FactoryInput, readBytes, readJson } from "./input.ts";
import type { Packet } from "./packet.ts";
import type { FactoryPorts } from "./ports.ts";
import { proposalOf } from "./proposal.ts";

/**
 * Makes the evidence bundle of a run on a way out, from the ledger and the blobs that it names, and writes it. Idempotent: the
 * same head gives the same id and the same bytes.
 */
export async function sealEvidence(
  ports: FactoryPorts,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
): Promise<{ id: string; digest: string; path: string }> {
  const input = FactoryInput.parse(view.input);
  const ledger = await ledgerFiles(events, view);
  const files = [...ledger.files];
  const add = (path: string, mediaType: string, content: Uint8Array | string) =>
    files.push(bundleFile(path, mediaType, content));
  const notes: string[] = [];
  const withheld: string[] = [];

  add("artifacts/spec.json", "application/json", jcs(await readJson(ports.blobs, input.spec)));
  add(
    `artifacts/spec.${input.format === "json" ? "source.json" : input.format}`,
    "text/plain",
    await readBytes(ports.blobs, input.source),
  );

  const proposal = await proposalOf(ports.blobs, view.outputs);
  const withheldFor = proposal?.withheld ?? input.patch?.withheld ?? [];
  const kept = withheldFor.length > 0 ? input.patch?.stored : proposal?.stored ?? input.patch?.stored;
  const whole = withheldFor.length === 0 &&
    kept === (proposal?.stored ? proposal.patch : input.patch?.digest);
  if (withheldFor.length > 0) withheld.push("change.patch: secret");
  else if (kept && !whole) withheld.push("change.patch: secret in lines that it takes out or shows");
  if (kept) {
    add(
      whole ? "artifacts/change.patch" : "artifacts/change.redacted.patch",
      "text/x-diff",
      await readBytes(ports.blobs, kept),
    );
  }
  if (proposal) {
    add("artifacts/proposal.json", "application/json", jcs(proposal));
    add("artifacts/patch-facts.json", "application/json", jcs(await readJson(ports.blobs, proposal.facts)));
  }
  const verified = view.outputs.verify as { facts?: string } | undefined;
  if (verified?.facts) {
    add("artifacts/verify.json", "application/json", jcs(await readJson(ports.blobs, verified.facts)));
  }
  const reviewed = view.outputs.review as { review?: string; outgoing?: string } | undefined;
  if (reviewed?.review) {
    add("artifacts/review.json", "application/json", jcs(await readJson(ports.blobs, reviewed.review)));
  }
  if (reviewed?.outgoing && status === "completed") {
    const packet = await readJson(ports.blobs, reviewed.outgoing) as unknown as Packet;
    add("artifacts/pull-request.md", "text/markdown", redact(packet.body));
  }
  if (input.sandbox === "none") {
    notes.push("**sandbox: none**: the repository's tests ran unsandboxed, with this user's rights");
  }
  if (input.repository.dirty) notes.push("uncommitted work in the repository was not included");
  notes.push(...ledger.notes);
  add("VERIFY.md", "text/markdown", verifyText(view.run, input.sandbox));

  const bundle = await sealBundle({
    id: ledger.id,
    run: view.run,
    status,
    sandbox: input.sandbox === "none" ? "**none**" : input.sandbox,
    withheld,
    notes,
    at: ledger.at,
    head: view.head,
  }, files);
  const path = await ports.evidence.write(ledger.id, bundle.files);
  await dropObjects(ports, view.run);
  return { id: ledger.id, digest: bundle.digest, path };
}

function verifyText(run: string, sandbox: string): string {
  return `# How to check this bundle

\`manifest.json\` is in canonical JSON (RFC 8785) and lists every file with its SHA-256. The digest of the manifest's own
bytes is the bundle's digest, which the ledger of run \`${run}\` holds.

    sha256sum manifest.json
    jq -r '.files[] | "\\(.sha256)  \\(.path)"' manifest.json | sha256sum --check

Each line of \`log/events.jsonl\` is one event in canonical JSON: \`hash\` is the SHA-256 of the event without \`hash\`, and
\`prevHash\` is the hash of the line before. \`decisions/\` holds the record of every transition; \`decisions/explain.txt\` says
the same in words.

This bundle is not signed yet: it proves that its files belong together, not who made them.
${
    sandbox === "none"
      ? "\n**Sandbox: none.** The repository's tests ran with the rights of the user who started the run.\n"
      : ""
  }`;
}

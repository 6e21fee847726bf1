import { jcs, redact, sealBundle } from "../../policies/mod.ts";
import type { Engine, RunView } from "../../kernel/mod.ts";
import { BUNDLE_PROOF, type RunStatus } from "../../specs/mod.ts";
import { PatchFacts, Spec, VerifyFacts } from "../../specs/code/mod.ts";
import { logSealed, signing, verifiedSubject } from "../attestation.ts";
import { keptInputs } from "../kept_inputs.ts";
import { bundleFile, ledgerFiles } from "../ledger_files.ts";
import { changeExports } from "./artifacts.ts";
import { dropObjects } from "./base_objects.ts";
import { FactoryInput } from "./input.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import type { Packet } from "./packet.ts";
import type { FactoryPorts } from "./ports.ts";
import { proposalOf } from "./proposal.ts";
import { modelCalls, recordedWork, repairRecords, toldOf } from "./recorded_work.ts";
import { escalationPacket } from "./repair/mod.ts";
import { attestedChange, pullRequestOf, repositoryNameOf } from "./statements.ts";
import { markedFiles, marksOf } from "../personal_data.ts";
import { verifyText } from "../verify_text.ts";

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
  const before = await ports.evidence.sealed?.(ledger.id, view.head);
  if (before) {
    const attestor = await ports.attestor?.() ?? null;
    const { digest } = before;
    if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
    return { id: ledger.id, ...before };
  }
  const files = [...ledger.files];
  const add = (path: string, mediaType: string, content: Uint8Array | string) =>
    files.push(bundleFile(path, mediaType, content));
  const notes: string[] = [];
  const withheld: string[] = [];

  // As it was kept: where there is no change, statements are about its digest.
  add("artifacts/spec.json", "application/json", await readBytes(ports.blobs, input.spec));
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
  const patch = kept ? await readBytes(ports.blobs, kept) : null;
  if (patch) {
    add(whole ? "artifacts/change.patch" : "artifacts/change.redacted.patch", "text/x-diff", patch);
  }
  const facts = proposal ? PatchFacts.parse(await readJson(ports.blobs, proposal.facts)) : null;
  if (proposal) {
    add("artifacts/proposal.json", "application/json", jcs(proposal));
    // As it was kept: reading it adds what was not said.
    add("artifacts/patch-facts.json", "application/json", jcs(await readJson(ports.blobs, proposal.facts)));
  }
  const verified = view.outputs.verify as { facts?: string } | undefined;
  const verify = verified?.facts ? VerifyFacts.parse(await readJson(ports.blobs, verified.facts)) : null;
  if (verify) add("artifacts/verify.json", "application/json", jcs(verify));
  const planned = view.outputs.plan as { plan?: string } | undefined;
  if (planned?.plan) {
    add("artifacts/plan.json", "application/json", jcs(await readJson(ports.blobs, planned.plan)));
  }
  const designed = view.outputs.design as { record?: string } | undefined;
  if (designed?.record) {
    add("artifacts/decision-record.md", "text/markdown", await readBytes(ports.blobs, designed.record));
  }
  const reviewed = view.outputs.review as { review?: string; outgoing?: string } | undefined;
  if (reviewed?.review) {
    add("artifacts/review.json", "application/json", jcs(await readJson(ports.blobs, reviewed.review)));
  }
  if (reviewed?.outgoing && status === "completed") {
    const packet = await readJson(ports.blobs, reviewed.outgoing) as unknown as Packet;
    add("artifacts/pull-request.md", "text/markdown", redact(packet.body));
  }
  const told = await toldOf(events, view);
  const works = await recordedWork(ports.blobs, told.finished);
  const registry = (view.outputs.implement as { registry?: string | null } | undefined)?.registry ?? null;
  files.push(
    ...await changeExports({
      run: view.run,
      status,
      at: ledger.at,
      version: ports.installation.version,
      repository: repositoryNameOf(input),
      decisions: ledger.decisions.map(({ decision }) => decision),
      proposal,
      facts,
      registry: registry === null ? null : await readJson(ports.blobs, registry),
      patch: whole ? patch : null,
      pull: pullRequestOf(view),
      works,
      calls: await modelCalls(ports.blobs, told),
      repairs: await repairRecords(ports.blobs, told),
    }),
  );
  const question = status === "escalated" && ports.history
    ? await escalationPacket(ports.history, ports.blobs, view)
    : null;
  if (question) add("artifacts/escalation.json", "application/json", jcs(question));
  if (input.sandbox === "none") {
    notes.push("**sandbox: none**: the repository's tests ran unsandboxed, with this user's rights");
  }
  if (verify?.ci) {
    notes.push(
      `verified by the CI of ${verify.ci.forge}: observed as its API tells (runs ${
        verify.ci.rounds.map(({ run }) => run).join(", ")
      }), not sandboxed by this engine; what was tried had ${
        verify.ci.isolation === "user" ? "a user of its own" : "**the same user as what tells the result**"
      } and the network${verify.ci.workflow.shipped ? "" : "; the workflow is the repository's own text"}`,
    );
  }
  if (input.repository.dirty) notes.push("uncommitted work in the repository was not included");
  notes.push(...ledger.notes);
  const explored = view.outputs.explore as { packs?: string | null } | undefined;
  const implemented = view.outputs.implement as { packs?: string | null } | undefined;
  const inputs = await keptInputs(ports.blobs, ledger, explored?.packs ?? implemented?.packs ?? null);
  files.push(...inputs.files);
  withheld.push(...inputs.withheld);
  const attestor = await ports.attestor?.() ?? null;
  if (attestor) notes.push(...attestor.caveats);
  const marks = await marksOf(ports.personal, view.input);
  const outgoing = await markedFiles(files, marks);
  withheld.push(...outgoing.withheld);
  const attested = attestor && await attestedChange({
    view,
    status,
    ledger,
    input,
    spec: Spec.parse(await readJson(ports.blobs, input.spec)),
    proposal,
    verify,
    works,
    withheld,
    version: ports.installation.version,
    blobs: ports.blobs,
  });

  const howTo = bundleFile(
    "VERIFY.md",
    "text/markdown",
    verifyText({
      run: view.run,
      sandbox: input.sandbox,
      signed: attested && verifiedSubject(attested, ledger, outgoing.files),
      exports: outgoing.files.map(({ path }) => path),
    }),
  );
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: view.run,
      status,
      sandbox: input.sandbox === "none" ? "**none**" : input.sandbox,
      withheld,
      notes,
      at: ledger.at,
      head: view.head,
      ...(attestor && ports.evidence.attach ? { proof: BUNDLE_PROOF } : {}),
    },
    [...outgoing.files, howTo],
    attestor && attested ? signing(attestor, ledger, view.run, attested, marks?.mark) : undefined,
  );
  const path = await ports.evidence.write(ledger.id, bundle.files);
  const { digest } = bundle;
  if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
  await dropObjects(ports, view.run);
  return { id: ledger.id, digest, path };
}

import type { Engine, RunView } from "../../../kernel/mod.ts";
import { jcs, redact, sealBundle, withTexts } from "../../../policies/mod.ts";
import { BUNDLE_PROOF, digestOf, type Json, type RunStatus } from "../../../specs/mod.ts";
import { logSealed, signing, verifiedSubject } from "../../attestation.ts";
import { keptInputs } from "../../kept_inputs.ts";
import { bundleFile, ledgerFiles } from "../../ledger_files.ts";
import { markedFiles, marksOf } from "../../personal_data.ts";
import { verifyText } from "../../verify_text.ts";
import { readJson } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import { WatchInput } from "./record.ts";

const NOTE =
  "what a watch has pushed stands in the bundles of the linked runs, with the gates that judged it";

/** Makes the evidence bundle of a watch on a way out: its ledger, what it saw, which runs it began, what its gates said of a merge. */
export async function sealWatch(
  ports: FactoryPorts,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
): Promise<{ id: string; digest: string; path: string }> {
  const watch = WatchInput.parse(view.input);
  return await sealRecord(ports, events, view, status, {
    name: "watch",
    input: JSON.parse(JSON.stringify(watch)) as Json,
    resourceUri: watch.pull.url,
    note: NOTE,
  });
}

/** Makes the bundle of a run that changes no files itself: its record is what it is about. The same head gives the same bundle. */
export async function sealRecord(
  ports: FactoryPorts,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
  given: { name: "watch" | "train"; input: Json; resourceUri: string; note: string },
): Promise<{ id: string; digest: string; path: string }> {
  const ledger = await ledgerFiles(events, view);
  const attestor = await ports.attestor?.() ?? null;
  const before = await ports.evidence.sealed?.(ledger.id, view.head);
  if (before) {
    const { digest } = before;
    if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
    return { id: ledger.id, ...before };
  }
  const state = (view.outputs.look as { state?: string } | undefined)?.state;
  const record: Json = {
    [given.name]: given.input,
    state: state === undefined ? null : await readJson(ports.blobs, state),
    effects: JSON.parse(JSON.stringify(view.effects)) as Json,
  };
  // What the forge told is not ours: a secret in it stays out of the bundle.
  const marks = await marksOf(ports.personal, view.input);
  const text = redact(jcs(marks === null ? record : withTexts(record, marks.mark)));
  const inputs = await keptInputs(ports.blobs, ledger);
  const { files, withheld } = await markedFiles([
    ...ledger.files,
    ...inputs.files,
    bundleFile(`artifacts/${given.name}.json`, "application/json", text),
  ], marks);
  const attested = {
    status,
    subject: [{
      name: `${given.name}.json`,
      digest: { sha256: (await digestOf(text)).slice("sha256:".length) },
    }],
    statements: [],
    envelopes: [],
    resourceUri: given.resourceUri,
    levels: [],
  };
  files.push(bundleFile(
    "VERIFY.md",
    "text/markdown",
    verifyText({
      run: view.run,
      sandbox: "",
      signed: attestor && verifiedSubject(attested, ledger, files),
      exports: [],
    }),
  ));
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: view.run,
      status,
      sandbox: `not used: a ${given.name} starts no process`,
      withheld: [...inputs.withheld, ...withheld],
      notes: [given.note, ...ledger.notes, ...attestor?.caveats ?? []],
      at: ledger.at,
      head: view.head,
      ...(attestor && ports.evidence.attach ? { proof: BUNDLE_PROOF } : {}),
    },
    files,
    attestor ? signing(attestor, ledger, view.run, attested) : undefined,
  );
  const path = await ports.evidence.write(ledger.id, bundle.files);
  const { digest } = bundle;
  if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
  return { id: ledger.id, digest, path };
}

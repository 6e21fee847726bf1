import type { Engine, RunView } from "../../../kernel/mod.ts";
import { jcs, redact, sealBundle } from "../../../policies/mod.ts";
import { BUNDLE_PROOF, digestOf, type Json, type RunStatus } from "../../../specs/mod.ts";
import { logSealed, signing } from "../../attestation.ts";
import { bundleFile, ledgerFiles } from "../../ledger_files.ts";
import { verifyText } from "../../verify_text.ts";
import { readJson } from "../input.ts";
import type { FactoryPorts } from "../ports.ts";
import { WatchInput } from "./record.ts";

const NOTE = "a watch judges nothing: the gates of what it pushed stand in the bundles of the linked runs";

/** Makes the evidence bundle of a watch on a way out: its ledger, what it saw, which runs it began. The same head gives the same bundle. */
export async function sealWatch(
  ports: FactoryPorts,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
): Promise<{ id: string; digest: string; path: string }> {
  const watch = WatchInput.parse(view.input);
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
    watch: JSON.parse(JSON.stringify(watch)) as Json,
    state: state === undefined ? null : await readJson(ports.blobs, state),
    effects: JSON.parse(JSON.stringify(view.effects)) as Json,
  };
  // What the forge told is not ours: a secret in it stays out of the bundle.
  const text = redact(jcs(record));
  const files = [...ledger.files, bundleFile("artifacts/watch.json", "application/json", text)];
  const attested = {
    status,
    subject: [{ name: "watch.json", digest: { sha256: (await digestOf(text)).slice("sha256:".length) } }],
    statements: [],
    envelopes: [],
    resourceUri: watch.pull.url,
    levels: [],
  };
  files.push(bundleFile(
    "VERIFY.md",
    "text/markdown",
    verifyText({
      run: view.run,
      sandbox: "",
      signed: attestor && {
        sha256: attested.subject[0]?.digest.sha256 ?? "",
        file: "artifacts/watch.json",
        resourceUri: attested.resourceUri,
        result: "FAILED",
      },
      exports: [],
    }),
  ));
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: view.run,
      status,
      sandbox: "not used: a watch starts no process",
      withheld: [],
      notes: [NOTE, ...ledger.notes, ...attestor?.caveats ?? []],
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

import type { Engine, RunView } from "../../kernel/mod.ts";
import { jcs, sealBundle } from "../../policies/mod.ts";
import { BUNDLE_PROOF, type RunStatus } from "../../specs/mod.ts";
import { DataFacts } from "../../specs/foundry/mod.ts";
import { logSealed, signing, verifiedSubject } from "../attestation.ts";
import { keptInputs } from "../kept_inputs.ts";
import { bundleFile, ledgerFiles } from "../ledger_files.ts";
import { markedFiles, marksOf, privacyOf } from "../personal_data.ts";
import { verifyText } from "../verify_text.ts";
import { readBytes, readJson } from "../blob_reads.ts";
import { giveBack, planned } from "./acquire.ts";
import { pipelineDocument } from "./document.ts";
import { FoundryInput } from "./input.ts";
import { lineageEvents } from "./lineage.ts";
import { readParsed } from "./parsed.ts";
import type { FoundryPorts } from "./ports.ts";
import { attestedLoad } from "./statements.ts";

/** Makes the evidence bundle of a data run on a way out. Idempotent: the same head gives the same id and the same bytes. */
export async function sealFoundry(
  ports: FoundryPorts,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
): Promise<{ id: string; digest: string; path: string }> {
  const input = FoundryInput.parse(view.input);
  const ledger = await ledgerFiles(events, view);
  const before = await ports.evidence.sealed?.(ledger.id, view.head);
  if (before) {
    const attestor = await ports.attestor?.() ?? null;
    const { digest } = before;
    if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
    return { id: ledger.id, ...before };
  }
  // The keys are opened meanwhile; what is wrong with them is said where they are wanted.
  const opening = Promise.resolve(ports.attestor?.() ?? null);
  opening.catch(() => {});
  const files = [...ledger.files];
  const add = (path: string, mediaType: string, content: Uint8Array | string) =>
    files.push(bundleFile(path, mediaType, content));
  add("artifacts/pipeline.json", "application/json", jcs(await readJson(ports.blobs, input.definition)));
  const source = await readBytes(ports.blobs, input.source);
  add(`artifacts/pipeline.source.${source[0] === 0x7b ? "json" : "yaml"}`, "text/plain", source);
  add("artifacts/environment.json", "application/json", jcs(await readJson(ports.blobs, input.environment)));
  for (const { file, digest } of input.code) {
    add(`artifacts/code/${file}`, "text/plain", await readBytes(ports.blobs, digest));
  }
  if (input.code.length > 0) add("artifacts/code.json", "application/json", jcs(input.code));
  const resolved = view.outputs.resolve as { plan?: string } | undefined;
  if (resolved?.plan !== undefined) {
    add("artifacts/plan.json", "application/json", jcs(await readJson(ports.blobs, resolved.plan)));
  }
  const assured = view.outputs.assure as { facts?: string; profile?: string } | undefined;
  const facts = assured?.facts === undefined ? null : await readParsed(ports.blobs, assured.facts, DataFacts);
  if (facts) add("artifacts/data-facts.json", "application/json", jcs(facts));
  if (assured?.profile !== undefined) {
    add("artifacts/profile.json", "application/json", jcs(await readJson(ports.blobs, assured.profile)));
  }
  const document = await pipelineDocument(ports, { ...view, evidence: null });
  add("artifacts/load.json", "application/json", jcs(document));
  const lineage = await lineageEvents(ports, view, document, status);
  add("artifacts/openlineage.jsonl", "application/jsonl", lineage.map((event) => `${jcs(event)}\n`).join(""));
  const inputs = await keptInputs(ports.blobs, ledger, input.packs ?? null);
  files.push(...inputs.files);
  const attestor = await opening;
  const marks = await marksOf(ports.personal, view.input);
  const outgoing = await markedFiles(files, marks);
  const attested = attestor &&
    await attestedLoad({ view, status, ledger, input, facts, document, blobs: ports.blobs });
  const howTo = bundleFile(
    "VERIFY.md",
    "text/markdown",
    verifyText({
      run: view.run,
      sandbox: "",
      signed: attested && verifiedSubject(attested, ledger, outgoing.files),
      exports: outgoing.files.map(({ path }) => path),
    }),
  );
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: view.run,
      status,
      sandbox: input.code.length === 0
        ? "not used: a data run starts no process"
        : "functions of the pipeline (artifacts/code) run in a worker without permissions, in a process without permissions",
      withheld: [...inputs.withheld, ...outgoing.withheld],
      notes: [...ledger.notes, ...attestor?.caveats ?? []],
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
  return { id: ledger.id, digest, path };
}

/** What happens to a run's staging on its way out: published rows are in the sink, held ones wait, the rest is for the next run. */
export async function releaseStaging(ports: FoundryPorts, view: RunView, status: RunStatus): Promise<void> {
  switch (status) {
    case "completed":
      break;
    case "failed":
    case "cancelled":
      // What is staged is as it was read: of a run with personal data nothing waits for the next one.
      if (view.outputs.resolve !== undefined && privacyOf(view.input) === null) {
        await giveBack(ports, view.run, await planned({ blobs: ports.blobs, outputs: view.outputs }));
      }
      break;
    case "denied":
      if (privacyOf(view.input) === null && !await isUnprotected(ports, view)) return;
      break;
    case "escalated":
    case "parked":
      return;
  }
  await Deno.remove(ports.room(view.run), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Whether what is staged holds columns that were to be treated as personal data under a name that no row has. */
async function isUnprotected(ports: FoundryPorts, view: RunView): Promise<boolean> {
  const facts = (view.outputs.assure as { facts?: string } | undefined)?.facts;
  if (facts === undefined) return false;
  const { streams } = await readParsed(ports.blobs, facts, DataFacts);
  return streams.some(({ misnamed = [] }) => misnamed.some(({ use }) => use === "pii"));
}

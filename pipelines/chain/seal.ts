import type { Engine, RunView } from "../../kernel/mod.ts";
import { jcs, sealBundle } from "../../policies/mod.ts";
import { BUNDLE_PROOF, digestOf, type RunStatus } from "../../specs/mod.ts";
import { logSealed, signing } from "../attestation.ts";
import { bundleFile, ledgerFiles } from "../ledger_files.ts";
import { verifyText } from "../verify_text.ts";
import { ChainInput } from "./input.ts";
import type { ChainPorts } from "./port.ts";
import { redactedValue } from "../redacted_value.ts";
import { asJson, chainStateOf, unbegun } from "./state.ts";

const NOTE =
  "a chain judges nothing: the gates of its stages stand in the bundles that artifacts/stages.json names by digest";

/**
 * Makes the evidence bundle of a chain on a way out: its ledger, its definition, and each stage with its run, the digest of that run's
 * bundle, and what it took from which. The same head gives the same bundle.
 */
export async function sealChain(
  ports: Pick<ChainPorts, "attestor" | "evidence" | "runs">,
  events: Engine["events"],
  view: RunView,
  status: RunStatus,
): Promise<{ id: string; digest: string; path: string }> {
  const input = ChainInput.parse(view.input);
  const ledger = await ledgerFiles(events, view);
  const attestor = await ports.attestor?.() ?? null;
  const before = await ports.evidence.sealed?.(ledger.id, view.head);
  if (before) {
    const { digest } = before;
    if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
    return { id: ledger.id, ...before };
  }
  const chain = bundleFile("artifacts/chain.json", "application/json", jcs(input.chain));
  const stages = asJson(await stagesAtEnd(ports, input, view));
  const text = jcs(redactedValue({ chain: input.name, digest: input.digest, stages }));
  const subject = { name: "stages.json", digest: { sha256: (await digestOf(text)).slice("sha256:".length) } };
  const resourceUri = `chain:${input.name}`;
  const files = [
    ...ledger.files,
    chain,
    bundleFile("artifacts/stages.json", "application/json", text),
    bundleFile(
      "VERIFY.md",
      "text/markdown",
      verifyText({
        run: view.run,
        sandbox: "",
        signed: attestor && {
          sha256: subject.digest.sha256,
          file: "artifacts/stages.json",
          resourceUri,
          result: "FAILED",
        },
        exports: [],
      }),
    ),
  ];
  const bundle = await sealBundle(
    {
      id: ledger.id,
      run: view.run,
      status,
      sandbox: "not used: a chain starts no process",
      withheld: [],
      notes: [NOTE, ...ledger.notes, ...attestor?.caveats ?? []],
      at: ledger.at,
      head: view.head,
      ...(attestor && ports.evidence.attach ? { proof: BUNDLE_PROOF } : {}),
    },
    files,
    attestor
      ? signing(attestor, ledger, view.run, {
        status,
        subject: [subject],
        statements: [],
        envelopes: [],
        resourceUri,
        levels: [],
      })
      : undefined,
  );
  const path = await ports.evidence.write(ledger.id, bundle.files);
  const { digest } = bundle;
  if (attestor) await logSealed(attestor, ports.evidence, { run: view.run, id: ledger.id, status, digest });
  return { id: ledger.id, digest, path };
}

/** Stages as they stand now: one that was cancelled with the chain has ended since the last look. */
async function stagesAtEnd(ports: Pick<ChainPorts, "runs">, { chain, requests }: ChainInput, view: RunView) {
  const state = chainStateOf(view);
  return await Promise.all(chain.stages.map(async ({ id }) => {
    const known = state?.stages[id] ?? unbegun();
    const { key, from, outputs, why } = known;
    const begun = key === null ? undefined : view.effects[key] as { run?: string } | undefined;
    const run = known.run ?? begun?.run ?? null;
    const now = run === null ? null : await ports.runs.view(run);
    return {
      id,
      kind: requests[id]?.kind ?? "code",
      what: requests[id]?.what ?? id,
      status: now === null ? known.status : now.status,
      why,
      run,
      evidence: now?.evidence ? { id: now.evidence.id, digest: now.evidence.digest } : known.evidence,
      takes: from,
      gives: outputs,
    };
  }));
}

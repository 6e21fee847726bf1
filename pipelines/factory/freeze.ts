import type { PhaseHandler } from "../../kernel/mod.ts";
import { parseRepoPolicy } from "../../policies/code/mod.ts";
import { intentsOf, outsideFreezes } from "../operation.ts";
import { readInput } from "./input.ts";
import { readBytes } from "../blob_reads.ts";
import type { FactoryPorts } from "./ports.ts";

/** Release begins outside of the freeze windows of the repository, as its base declares them, and of the installation. */
export function beforeRelease(ports: FactoryPorts, release: PhaseHandler): PhaseHandler {
  return outsideFreezes(ports, async ({ blobs, input, outputs }) => {
    const { spec } = await readInput(blobs, input);
    const digest = (outputs.explore as { policy?: string | null } | undefined)?.policy ??
      (outputs.implement as { policy?: string | null } | undefined)?.policy;
    const text = digest
      ? new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(blobs, digest))
      : null;
    const policy = await parseRepoPolicy(text);
    // The gates have refused a policy that cannot be read.
    return {
      tier: spec.tier,
      intents: intentsOf(spec.intent),
      windows: policy.ok ? policy.value.freeze : [],
    };
  }, release);
}

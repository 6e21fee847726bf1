import { z } from "zod";
import type { BundleReader } from "./bundle_reader.ts";
import type { ReadLedger } from "./check_ledger.ts";
import type { Checks } from "./checks.ts";

const BODY = "artifacts/pull-request.md";
/** Of a decision's input, as far as this reads it. */
const Judged = z.object({ outgoing: z.object({ body: z.string() }).nullish() });

/**
 * The text of the pull request is the one that the gates read: what it says of files, tests and criteria was held against the diff there,
 * and is again when decisions are replayed.
 */
export async function checkPullRequest(
  bundle: BundleReader,
  { decisions }: ReadLedger,
  inputFile: (digest: string) => string,
  checks: Checks,
): Promise<void> {
  const bytes = await bundle.read(BODY);
  if (bytes === null) return;
  const body = new TextDecoder().decode(bytes);
  for (const { decision } of [...decisions].reverse()) {
    const file = inputFile(decision.inputDigest);
    const input = await bundle.read(file);
    if (input === null) continue;
    const judged = Judged.safeParse(parsed(input));
    if (!judged.success || !judged.data.outgoing) continue;
    if (judged.data.outgoing.body === body) {
      checks.pass("pull-request", BODY, `the text that the gates of ${decision.transition.from} read`);
    } else checks.fail("pull-request", BODY, `it is not the text that the gates read (${file})`);
    return;
  }
  // Inputs that were withheld are told by the manifest: then nobody can say.
  checks.pass("pull-request", BODY, "no input of a decision that read it is here: not compared");
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

import { type BundleFile, explainText, jcs, ledgerAccount, runWaiverNotes } from "../policies/mod.ts";
import type { Engine, RunView } from "../kernel/mod.ts";
import type { Decision, Event } from "../specs/mod.ts";

const encoder = new TextEncoder();
const PAGE = 500;

/** What the ledger gives to the bundle of any run. */
export interface LedgerFiles {
  /** Of the bundle: the same head gives the same one. */
  readonly id: string;
  /** Decisions in order, each with the number and the hash of the event that holds it. */
  readonly decisions: readonly { seq: number; event: string; decision: Decision }[];
  /** Events, decisions and their explanation. */
  readonly files: BundleFile[];
  /** What must be said of how the run was decided. */
  readonly notes: string[];
  /** When the last of these events happened. */
  readonly at: string;
}

/** One file of a bundle, from bytes or text. */
export function bundleFile(path: string, mediaType: string, content: Uint8Array | string): BundleFile {
  return { path, mediaType, bytes: typeof content === "string" ? encoder.encode(content) : content };
}

/** Reads a run's ledger up to the head of the view, and makes the files of it that every bundle has. */
export async function ledgerFiles(events: Engine["events"], view: RunView): Promise<LedgerFiles> {
  const decided: LedgerFiles["decisions"][number][] = [];
  const log: string[] = [];
  const told = ledgerAccount();
  let last: Event | undefined;
  for (let after = 0;;) {
    const page = await events(view.run, { after, limit: PAGE });
    for (const event of page) {
      if (event.seq > view.head.seq) break;
      last = event;
      told.take(event);
      log.push(jcs(event));
      if (event.type !== "transition.decided") continue;
      decided.push({ seq: event.seq, event: event.hash, decision: event.payload.decision });
    }
    const end = page.at(-1);
    if (!end || page.length < PAGE || end.seq >= view.head.seq) break;
    after = end.seq;
  }
  if (last?.seq !== view.head.seq) {
    throw new Error(`Cannot seal ${view.run}: its ledger ends at ${last?.seq ?? 0}, not at ${view.head.seq}`);
  }
  const { gaps: [gap], clockBackMs } = told.account();
  if (gap !== undefined) throw new Error(`Cannot seal ${view.run}: its ledger has a gap: ${gap}`);
  const decisions = decided.map(({ decision }) => decision);
  const isSelfApproved = decisions.some(({ approvals }) =>
    approvals.some(({ selfApproved }) => selfApproved)
  );
  return {
    id: `ev_${view.run.slice("run_".length)}${view.head.seq.toString(36)}`,
    decisions: decided,
    files: [
      bundleFile("log/events.jsonl", "application/jsonl", log.join("\n") + "\n"),
      ...decisions.map((decision, at) => {
        const { from, to } = decision.transition;
        const name = `${String(at + 1).padStart(2, "0")}-${from}-${to.replace("@", "")}`;
        return bundleFile(`decisions/${name}.json`, "application/json", jcs(decision));
      }),
      bundleFile("decisions/explain.txt", "text/plain", explainText(decisions)),
    ],
    notes: [
      ...(isSelfApproved
        ? ["self-approved: the owner of the only key answered the escalation; no human review is claimed"]
        : []),
      ...(clockBackMs > 0 ? [`the clock went back by up to ${clockBackMs} ms while the run went on`] : []),
      ...runWaiverNotes(decisions),
    ],
    at: last.at,
  };
}

import type { Core } from "./core.ts";
import { keys, lastText } from "./keys.ts";
import { QUEUED_STATUSES } from "./ledger.ts";
import type { RunRecord } from "./run_record.ts";
import type { RunState, RunView } from "./port.ts";
import { viewOf } from "./projection.ts";
import { statusOf } from "./state.ts";

const MAX_PAGE = 200;
/** What is queued or running is looked for among this many entries of the queue, the longest due first. */
const MAX_QUEUE = 10_000;

interface Page {
  runs: RunView[];
  cursor: string | null;
}

/** Newest first: run ids sort by time, so a page is a range of keys and the cursor the last id. */
export async function listRuns(
  core: Core,
  { cursor, limit = 50, status }: { cursor?: string; limit?: number; status?: string } = {},
): Promise<Page> {
  const wanted = Math.min(Math.max(Math.trunc(limit), 1), MAX_PAGE);
  if (status !== undefined && QUEUED_STATUSES.has(status as RunState)) {
    return await listQueued(core, status, cursor, wanted);
  }
  const prefix = status === undefined ? keys.runs : keys.statuses(status);
  const end = [...prefix, cursor ?? "\uffff"];
  const entries = await core.store.list({ start: [...prefix, ""], end, reverse: true }, wanted);
  const runs = entries.map((entry) => lastText(entry.key));
  return {
    runs: viewsOf(await core.ledger.loadMany(runs), status),
    cursor: entries.length < wanted ? null : runs.at(-1) ?? null,
  };
}

/** Runs that are queued or running stand in the queue, so that is their index; it holds live runs only. */
async function listQueued(
  core: Core,
  status: string,
  cursor: string | undefined,
  wanted: number,
): Promise<Page> {
  const entries = await core.store.list({ prefix: keys.queued }, MAX_QUEUE);
  const all = entries.map((entry) => lastText(entry.key)).filter((run) =>
    cursor === undefined || run < cursor
  );
  all.sort((a, b) => (a < b ? 1 : -1));
  const runs: RunView[] = [];
  let seen = 0;
  while (seen < all.length && runs.length < wanted) {
    const page = all.slice(seen, seen + wanted - runs.length);
    seen += page.length;
    runs.push(...viewsOf(await core.ledger.loadMany(page), status));
  }
  return { runs, cursor: seen < all.length ? all[seen - 1] ?? null : null };
}

/** Views of the runs; of those that moved on meanwhile only if they still have the status that is asked for. */
function viewsOf(records: readonly (RunRecord | null)[], status: string | undefined): RunView[] {
  return records.flatMap((record) =>
    record === null || (status !== undefined && statusOf(record.state) !== status)
      ? []
      : [viewOf(record.state)]
  );
}

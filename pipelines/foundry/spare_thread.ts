/** A thread that is there before the first page of a large file is: whoever reads it waits for no start. */
import { join } from "node:path";
import type { Asked } from "./input.ts";
import { type PageThread, pageThread } from "./page_thread.ts";
import type { FoundryPorts } from "./ports.ts";

/** A smaller file is read before a thread has paid for its start. */
export const LARGE_BYTES = 8 * 1024 * 1024;
/** Nobody comes for it any more: the run was denied or cancelled. */
const KEPT_MS = 10_000;

let spare: { readonly thread: PageThread; readonly timer: ReturnType<typeof setTimeout> } | null = null;

/** Starts a thread where the run will read a large local CSV file. What cannot be looked at is told by whoever reads it. */
export async function prepareThread(
  ports: Pick<FoundryPorts, "files" | "room">,
  asked: Asked,
  run: string,
): Promise<void> {
  const { pipeline, input } = asked;
  if (spare !== null || input.replay || input.mode === "reprocess") return;
  for (const { source } of pipeline.streams) {
    const { path } = source.params;
    const isText = source.connector === "file" && (source.resource === "csv" || source.resource === "tsv");
    if (!isText || typeof path !== "string") continue;
    try {
      const { size } = await ports.files(input.folder, join(ports.room(run), "scratch"), input.confined).file(
        path,
      );
      if (size < LARGE_BYTES) continue;
    } catch {
      continue;
    }
    const thread = spare === null ? pageThread() : null;
    if (thread !== null) spare = { thread, timer: setTimeout(dropThread, KEPT_MS) };
    return;
  }
}

/** Whether a thread waits for pages. */
export const isThreadPrepared = (): boolean => spare !== null;

/** The one that was started before, or a new one. Null on a host without threads. */
export const takeThread = (): PageThread | null => takeSpare() ?? pageThread();

/** The one that is there already and has nothing to do; null where there is none. */
export function takeSpare(): PageThread | null {
  if (spare === null) return null;
  const { thread, timer } = spare;
  spare = null;
  clearTimeout(timer);
  return thread;
}

/** Keeps one for what comes next. There is one place for all runs. */
export function keepThread(thread: PageThread): void {
  if (spare !== null || !thread.ready) thread.close();
  else spare = { thread, timer: setTimeout(dropThread, KEPT_MS) };
}

/** Ends the one that nobody took. */
export function dropThread(): void {
  takeSpare()?.close();
}

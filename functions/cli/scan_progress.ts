import type { Io } from "./command.ts";
import { oneLine, paint } from "./paint.ts";

const EVERY_MS = 150;

/** One rewritten line on a terminal while files are looked at; nothing where output is piped. */
export function scanProgress(
  io: Pick<Io, "err" | "terminal" | "color" | "columns">,
): { show(done: { files: number; bytes: number; findings: number; path: string }): void; end(): void } {
  const color = paint(io.color);
  let [last, shown] = [0, false];
  return {
    show({ files, bytes, findings, path }) {
      if (!io.terminal) return;
      const now = performance.now();
      if (now - last < EVERY_MS) return;
      last = now;
      shown = true;
      const counts = `${files} files, ${(bytes / 1024 / 1024).toFixed(1)} MiB, ${findings} findings`;
      const room = Math.max(0, io.columns - counts.length - 6);
      io.err(`\r\x1b[2K  ${counts}  ${color.dim(oneLine(path, room))}`);
    },
    end() {
      if (shown) io.err("\r\x1b[2K");
    },
  };
}

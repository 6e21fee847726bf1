/** A git that answers as it is asked: contents of many objects from one process. */
import { GitError } from "./git.ts";
import { concat } from "./path_text.ts";

const LINE_END = new Uint8Array([10]);

export interface Conversation {
  child: Deno.ChildProcess;
  ask(names: readonly (string | Uint8Array)[]): Promise<void>;
  line(): Promise<string>;
  bytes(count: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A process that is asked by lines and answers in order. Questions are few enough to fit the pipe while answers wait. */
export function conversation(child: Deno.ChildProcess): Conversation {
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  const stderr = new Response(child.stderr).text().catch(() => "");
  let held: Uint8Array = new Uint8Array();
  const more = async (): Promise<Uint8Array> => {
    const { value, done } = await reader.read();
    if (done) throw new GitError(["cat-file"], (await child.status).code, await stderr);
    return value;
  };
  return {
    child,
    ask: (names) => {
      const parts = names.map((name) => typeof name === "string" ? new TextEncoder().encode(name) : name);
      return writer.write(concat(parts.flatMap((part) => [part, LINE_END])));
    },
    line: async () => {
      const parts: Uint8Array[] = [];
      for (;;) {
        const end = held.indexOf(10);
        if (end >= 0) {
          parts.push(held.subarray(0, end));
          held = held.subarray(end + 1);
          return parts.map((part) => new TextDecoder().decode(part)).join("");
        }
        parts.push(held);
        held = await more();
      }
    },
    bytes: async (count) => {
      const all = new Uint8Array(count);
      let at = 0;
      while (at < count) {
        if (held.length === 0) held = await more();
        const part = held.subarray(0, count - at);
        all.set(part, at);
        held = held.subarray(part.length);
        at += part.length;
      }
      return all;
    },
    close: async () => {
      end(child);
      await Promise.all([
        writer.close().catch(() => undefined),
        reader.cancel().catch(() => undefined),
        child.status,
        stderr,
      ]);
    },
  };
}

export function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended already */ }
}

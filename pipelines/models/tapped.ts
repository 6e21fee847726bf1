/** Streams of providers on their way to a program: heard, bounded, and their end told. */
import type { Json } from "../../specs/mod.ts";

const ERROR_BYTES = 64 * 1024;
const ANSWER_BYTES = 64 * 1024 * 1024;

/** The stream as it is; each event of it is heard on the way, and its end is told once, however it comes. */
export function tapped(
  stream: ReadableStream<Uint8Array>,
  over: AbortSignal,
  hear: (event: Json) => void,
  done: (text: string, isEnd: boolean) => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let [text, line, size, told] = ["", "", 0, false];
  const take = (part: string) => {
    text += part;
    line += part;
    for (let at = line.indexOf("\n"); at >= 0; at = line.indexOf("\n")) {
      heardLine(line.slice(0, at), hear);
      line = line.slice(at + 1);
    }
  };
  const end = async (isEnd: boolean) => {
    if (told) return;
    told = true;
    if (isEnd) {
      take(decoder.decode());
      heardLine(line, hear);
      if (/^\s*[{[]/.test(text)) heardLine(`data: ${text}`, hear);
    }
    await done(text, isEnd);
  };
  // Nobody may read on, and what was reserved is paid all the same.
  over.addEventListener("abort", () => {
    void end(false);
    void reader.cancel().catch(() => undefined);
  }, { once: true });
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: isDone, value } = await reader.read();
        if (isDone) {
          await end(true);
          controller.close();
          return;
        }
        size += value.length;
        if (size > ANSWER_BYTES) throw new Error(`the answer is larger than ${ANSWER_BYTES} bytes`);
        take(decoder.decode(value, { stream: true }));
        controller.enqueue(value);
      } catch (error) {
        await end(false);
        await reader.cancel().catch(() => undefined);
        controller.error(error);
      }
    },
    async cancel(reason) {
      await end(false);
      await reader.cancel(reason).catch(() => undefined);
    },
  }, { highWaterMark: 0 });
}

function heardLine(line: string, hear: (event: Json) => void): void {
  const data = /^data:\s*(.+?)\s*$/s.exec(line)?.[1];
  if (data === undefined || data === "[DONE]") return;
  try {
    hear(JSON.parse(data) as Json);
  } catch { /* no event of this wire: what it took stays reserved */ }
}

/** The beginning of an answer that says no. */
export async function someOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  try {
    while (size < ERROR_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      chunks.push(value);
    }
  } catch { /* what came says enough */ }
  await reader.cancel().catch(() => undefined);
  return (await new Blob(chunks as BlobPart[]).text()).slice(0, ERROR_BYTES);
}

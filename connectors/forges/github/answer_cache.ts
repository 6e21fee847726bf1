/** Answers that GitHub gave with a tag: asked again with it, an unchanged one counts against no limit. */

interface Kept {
  readonly etag: string;
  readonly body: Uint8Array;
  readonly headers: Headers;
}

export interface AnswerCache {
  get(key: string): Kept | undefined;
  put(key: string, kept: Kept): void;
}

const MOST = 300;
const MOST_BYTES = 16 * 1024 * 1024;
const LARGEST = 1024 * 1024;

/** The latest few hundred, in memory. A key names the URL, what is accepted, and who asks. */
export function answerCache(): AnswerCache {
  const kept = new Map<string, Kept>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= kept.get(key)?.body.byteLength ?? 0;
    kept.delete(key);
  };
  return {
    get: (key) => kept.get(key),
    put(key, answer) {
      drop(key);
      if (answer.body.byteLength > LARGEST) return;
      kept.set(key, answer);
      bytes += answer.body.byteLength;
      for (const oldest of kept.keys()) {
        if (kept.size <= MOST && bytes <= MOST_BYTES) break;
        drop(oldest);
      }
    },
  };
}

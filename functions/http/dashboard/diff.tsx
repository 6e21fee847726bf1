/** A patch as people read it: by file, lines coloured, nothing in it that a reader would not see. */
import type { FC } from "hono/jsx";

const MAX_LINES = 1_500;
const MAX_WIDTH = 500;

interface DiffFile {
  path: string;
  note: string;
  lines: { kind: "add" | "del" | "same" | "hunk"; text: string }[];
  added: number;
  removed: number;
}

/** The files of a unified diff. Takes what it understands and shows the rest as it is: a picture, never a judgement. */
export function filesOf(patch: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | undefined;
  let inHunk = false;
  for (const line of patch.split("\n")) {
    if (line.startsWith("diff --git ")) {
      file = { path: pathIn(line), note: "", lines: [], added: 0, removed: 0 };
      files.push(file);
      inHunk = false;
      continue;
    }
    if (file === undefined) continue;
    if (line.startsWith("@@")) {
      inHunk = true;
      file.lines.push({ kind: "hunk", text: line });
    } else if (!inHunk) {
      const note = /^(new file|deleted file|rename from .*|Binary files .*|GIT binary patch|old mode .*)/
        .exec(line)?.[1];
      if (note !== undefined) file.note ||= note;
    } else if (line.startsWith("+")) {
      file.added += 1;
      file.lines.push({ kind: "add", text: line });
    } else if (line.startsWith("-")) {
      file.removed += 1;
      file.lines.push({ kind: "del", text: line });
    } else if (line !== "") file.lines.push({ kind: "same", text: line });
  }
  return files;
}

/** `diff --git a/x b/x` names one path twice; what is not so (a rename, a quoted name) is shown as it is. */
function pathIn(line: string): string {
  const names = line.slice("diff --git ".length);
  const half = names.slice(2, (names.length - 1) / 2);
  return names === `a/${half} b/${half}` ? half : names;
}

/** Control, zero-width and bidirectional characters, which hide or reorder what stands there. */
// deno-lint-ignore no-control-regex -- making control characters visible is the purpose
const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]",
  "g",
);

/** A line with what is hidden in it named in its place. */
export function visible(text: string): string {
  const shown = text.replace(/\r$/, "").replace(
    HIDDEN,
    (char) => `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
  return shown.length > MAX_WIDTH ? `${shown.slice(0, MAX_WIDTH)}…` : shown;
}

export const Diff: FC<{ patch: string; whole: string | null; redacted: boolean }> = (
  { patch, whole, redacted },
) => {
  const files = filesOf(patch);
  let left = MAX_LINES;
  return (
    <section class="diff" aria-labelledby="changes-title">
      <h2 id="changes-title">
        {`Changes in ${files.length} ${files.length === 1 ? "file" : "files"} `}
        <span class="plus">{`+${sum(files, "added")}`}</span>{" "}
        <span class="minus">{`−${sum(files, "removed")}`}</span>
      </h2>
      {redacted
        ? <p class="callout warn">A secret was found in this patch: what you see is redacted.</p>
        : null}
      {files.map((file) => {
        const lines = file.lines.slice(0, Math.max(0, left));
        left -= file.lines.length;
        return (
          <details class="diff-file" data-key={`diff-${file.path}`} open={files.length <= 12}>
            <summary>
              <code class="break">{visible(file.path)}</code>
              {file.note === "" ? null : <span class="muted">{visible(file.note)}</span>}
              <span class="diff-count">
                <span class="plus">{`+${file.added}`}</span> <span class="minus">{`−${file.removed}`}</span>
              </span>
            </summary>
            <pre
              tabindex={0}
            ><code>{lines.map((line) => <span class={`dl ${line.kind}`}>{`${visible(line.text)}\n`}</span>)}</code></pre>
            {lines.length < file.lines.length
              ? (
                <p class="muted cut">
                  {`${file.lines.length - lines.length} more lines are in the patch itself.`}
                </p>
              )
              : null}
          </details>
        );
      })}
      {whole === null ? null : (
        <p>
          <a href={whole}>The whole patch as text</a>
        </p>
      )}
    </section>
  );
};

const sum = (files: readonly DiffFile[], what: "added" | "removed") =>
  files.reduce((total, file) => total + file[what], 0);

import type { Edit } from "./edit/edit.ts";
import { applyHunks } from "./edit/hunks.ts";
import { linesOf, replaceOnce } from "./edit/match.ts";
import { holdsCredentials, type WorkFiles } from "./files.ts";

/** Whole files are asked for where they are short: above this an edit costs less and loses less. */
export const MAX_WHOLE_LINES = 300;
const MAX_NEW_CHARS = 400_000;

/** What became of one edit. */
export interface Applied {
  readonly ok: boolean;
  readonly path: string;
  /** What was done, or why not and what to do; `nearest` is text of the file. */
  readonly message: string;
  readonly nearest?: string;
  /** Where the file differs now, from 1. */
  readonly line?: number;
}

export interface EditRules {
  /** Why the path may not be changed, or null. */
  mayChange(path: string): string | null;
  /** Why the file may not go, or null. */
  mayGo(path: string): string | null;
}

/** Why an edit is not even tried, or null: its places are not open to the task. */
export function editRefusal(rules: EditRules, edit: Edit): string | null {
  for (const path of edit.kind === "hunks" && edit.to !== null ? [edit.path, edit.to] : [edit.path]) {
    const why = holdsCredentials(path) ? `${path} holds credentials by its name` : rules.mayChange(path);
    if (why !== null) return why;
  }
  const goes = edit.kind === "delete" || (edit.kind === "hunks" && edit.to !== null && edit.to !== edit.path);
  return goes ? rules.mayGo(edit.path) : null;
}

/** Makes one edit in the workspace, wholly or not at all. Whoever calls it has asked `editRefusal`. */
export async function applyEdit(files: WorkFiles, edit: Edit): Promise<Applied> {
  const { path } = edit;
  const refuse = (message: string, more: Partial<Applied> = {}): Applied => ({
    ok: false,
    path,
    message,
    ...more,
  });
  const file = await files.read(path);
  if (file.kind === "unreadable") return refuse(`${file.why}. Leave it as it is`);
  const before = file.kind === "text" ? file.text : null;
  switch (edit.kind) {
    case "delete": {
      if (before === null) return refuse(`there is no file ${path}`);
      await files.remove(path);
      return { ok: true, path, message: "deleted" };
    }
    case "write": {
      const count = before === null ? 0 : linesOf(before).texts.length;
      if (count > MAX_WHOLE_LINES) {
        return refuse(
          `${path} has ${count} lines: whole files are taken up to ${MAX_WHOLE_LINES}. Use SEARCH/REPLACE blocks`,
        );
      }
      const content = ended(before, edit.content);
      return await put(before, content, before === null ? "made" : "written whole", 1);
    }
    case "replace": {
      if (before === null && edit.search.length > 0) {
        return refuse(`there is no file ${path}${near(files, path)}`);
      }
      const bare = (before ?? "").replace(/^\ufeff/, "");
      const done = replaceOnce(bare, edit.search, edit.replace);
      if (!done.ok) return refuse(`${done.why}. ${done.remedy}`, { nearest: done.nearest });
      const level = done.level === "exact" ? "" : ` (matched by ${done.level})`;
      return await put(
        before,
        before?.startsWith("\ufeff") ? `\ufeff${done.text}` : done.text,
        `changed at line ${done.line}${level}`,
        done.line,
      );
    }
    case "hunks": {
      if (before === null) return refuse(`there is no file ${path}${near(files, path)}`);
      const bare = before.replace(/^\ufeff/, "");
      const done = applyHunks(bare, edit.hunks);
      if (!done.ok) return refuse(`${done.why}. ${done.remedy}`, { nearest: done.nearest });
      const text = before.startsWith("\ufeff") ? `\ufeff${done.text}` : done.text;
      if (edit.to === null || edit.to === path) {
        return await put(before, text, `changed at line ${done.line}`, done.line);
      }
      const moved = await move(files, path, edit.to, text);
      return moved ?? { ok: true, path: edit.to, message: `moved from ${path}`, line: done.line };
    }
    default: {
      const never: never = edit;
      throw new Error(`Cannot apply an edit of another kind: ${JSON.stringify(never)}`);
    }
  }

  async function put(old: string | null, text: string, message: string, line: number): Promise<Applied> {
    if (old === text) return refuse("the file has that text already: nothing changes");
    if (text.length > MAX_NEW_CHARS && text.length > (old?.length ?? 0)) {
      return refuse(`the file would have ${text.length} characters; ${MAX_NEW_CHARS} is the limit. Split it`);
    }
    const blocked = blocking(files, path);
    if (blocked !== null) return refuse(blocked);
    await files.write(path, text);
    return { ok: true, path, message, line };
  }
}

/** Moves a file, with other text if there is any; what stands at the new place is never written over. */
export async function move(
  files: WorkFiles,
  from: string,
  to: string,
  text: string,
): Promise<Applied | null> {
  const blocked = blocking(files, to);
  if (files.has(to) || blocked !== null) {
    return { ok: false, path: from, message: blocked ?? `there is a file ${to} already` };
  }
  await files.write(to, text, from);
  await files.remove(from);
  return null;
}

/** A path whose place is taken by a directory, or that would need a file to be one. */
function blocking(files: WorkFiles, path: string): string | null {
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const above = parts.slice(0, depth).join("/");
    if (files.has(above)) return `${above} is a file, not a directory`;
  }
  return files.list().some((one) => one.startsWith(`${path}/`)) ? `${path} is a directory` : null;
}

/** New text of a whole file with the line ends and the last line end that the file has. */
function ended(before: string | null, content: string): string {
  if (before === null || before === "") return content;
  const bom = before.startsWith("\ufeff") && !content.startsWith("\ufeff") ? "\ufeff" : "";
  const lines = before.includes("\r\n") && !content.includes("\r\n")
    ? content.replaceAll("\n", "\r\n")
    : content;
  return bom + (before.endsWith("\n") ? lines : lines.replace(/\r?\n$/, ""));
}

/** Files of the same name elsewhere, for a path that is not there. */
function near(files: WorkFiles, path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const others = files.list().filter((one) => one === name || one.endsWith(`/${name}`)).slice(0, 3);
  return others.length === 0 ? "" : `; did you mean ${others.join(" or ")}?`;
}

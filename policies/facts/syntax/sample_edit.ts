/** For tests only: what the extractor says of an edit of tests. */
import type { FileFacts, WeakenedTest } from "../../../specs/mod.ts";
import { contentsOf } from "../content.ts";
import { fileKind, languageOf } from "../file_kind.ts";
import type { Edit } from "./cases_javascript.ts";
import { type AssertedTests, assertedTests } from "./weakened.ts";

/** Tests that an edit weakens. */
export async function weakenedBy(edit: Edit): Promise<WeakenedTest[]> {
  return (await changedTests({
    more: { [edit.path]: edit.base, ...edit.more },
    moreHead: { [edit.path]: edit.head, ...edit.moreHead },
  })).weakened;
}

/** What the tests assert that an edit touches: `more` are all files of base, `moreHead` those that are others at head. */
export async function changedTests(edit: Pick<Edit, "more" | "moreHead">): Promise<AssertedTests> {
  const base: Record<string, string> = { ...edit.more };
  const head: Record<string, string> = { ...edit.more, ...edit.moreHead };
  const files = [...new Set([...Object.keys(base), ...Object.keys(head)])]
    .filter((path) => base[path] !== head[path])
    .map((path): FileFacts => ({
      path,
      status: base[path] === undefined ? "A" : head[path] === undefined ? "D" : "M",
      kind: fileKind(path, "100644", false),
      language: languageOf(path),
      oldMode: "100644",
      newMode: "100644",
      binary: false,
      added: 1,
      removed: 1,
      executableBit: "unchanged",
    }));
  const encoder = new TextEncoder();
  const contents = contentsOf((path, at) => {
    const text = (at === "base" ? base : head)[path];
    return Promise.resolve(text === undefined ? null : encoder.encode(text));
  });
  return await assertedTests(
    files,
    contents,
    (at) => Promise.resolve(Object.keys(at === "base" ? base : head)),
  );
}

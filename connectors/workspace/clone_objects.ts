/** The objects of a change that lies in a clone, read with git. */
import { ForgeError } from "../forges/failure.ts";
import type { ChangeObjects, ObjectEntry } from "../port.ts";
import { type Clone, inClone } from "./clone.ts";
import { git } from "./git.ts";

export function cloneObjects(clone: Clone): ChangeObjects {
  const at = inClone(clone, { cwd: clone.engine });
  return {
    base: clone.base,
    baseTree: clone.baseTree,
    directory: async (tree) => entriesOf(await git(["ls-tree", "-z", "--full-tree", tree], at)),
    blob: (sha) => git(["cat-file", "blob", sha], at),
    async fresh(tree) {
      const names = utf8.decode(
        await git(["rev-list", "--objects", "--no-object-names", tree, `^${clone.baseTree}`], at),
      ).split("\n").filter((line) => line !== "");
      if (names.length === 0) return new Map();
      const lines = utf8.decode(
        await git(["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"], {
          ...at,
          stdin: new TextEncoder().encode(`${names.join("\n")}\n`),
        }),
      ).trim().split("\n");
      return new Map(lines.map((line) => {
        const [sha = "", type = "", size = ""] = line.split(" ");
        return [sha, { type, size: Number(size) }];
      }));
    },
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function entriesOf(output: Uint8Array): ObjectEntry[] {
  let text: string;
  try {
    text = utf8.decode(output);
  } catch {
    throw new ForgeError({
      code: "change-unsendable",
      message: "Cannot send the change by API: a directory that it changes has a name that is not UTF-8",
      remedy: "Rename that file, or use --forge local.",
    }, { failure: { class: "task-code", source: "user-environment", retryable: false } });
  }
  return text.split("\0").filter((line) => line !== "").map((line) => {
    const [head = "", ...name] = line.split("\t");
    const [mode = "", type = "", sha = ""] = head.split(" ");
    return { mode, type: type as ObjectEntry["type"], sha, name: name.join("\t") };
  });
}

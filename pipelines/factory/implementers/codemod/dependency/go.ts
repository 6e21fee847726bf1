import { ok, type Result } from "../../../../../specs/mod.ts";
import { folderOf } from "../language.ts";
import { type CodemodProblem, fail } from "../problem.ts";
import { applyEdits, lineAt, type TextFile } from "../text_file.ts";
import type { Workbench } from "../workbench.ts";
import type { Bump, Edited, ManifestKind } from "./edit.ts";
import { lockfileProblem } from "./lockfile.ts";
import { exactVersion } from "./version.ts";

interface Required {
  name: string;
  version: string;
  start: number;
  end: number;
}

/** The `require` lines of a go.mod, alone or in a block. */
function requirements(text: string): Required[] {
  const found: Required[] = [];
  let block: string | null = null;
  let at = 0;
  for (const line of text.split("\n")) {
    const code = line.replace(/\/\/.*$/, "");
    const opens = /^\s*(\w+)\s*\(\s*$/.exec(code.trimEnd());
    if (opens !== null) block = opens[1] ?? null;
    else if (/^\s*\)/.test(code)) block = null;
    else {
      const entry = (block === "require" ? /^(\s*)(\S+)(\s+)(v\S+)/ : /^(\s*require\s+)(\S+)(\s+)(v\S+)/)
        .exec(code);
      if (entry !== null && (block === "require" || block === null)) {
        const [, lead = "", name = "", gap = "", version = ""] = entry;
        const start = at + lead.length + name.length + gap.length;
        found.push({ name: name.replaceAll('"', ""), version, start, end: start + version.length });
      }
    }
    at += line.length + 1;
  }
  return found;
}

export const goMod: ManifestKind = {
  is: (path) => /(^|\/)go\.mod$/.test(path),
  same: (a, b) => a === b,
  packages: (file) =>
    requirements(file.text).map((it) => ({
      name: it.name,
      range: it.version,
      line: lineAt(file.text, it.start),
    })),
  async bump(file, operation, bench) {
    const version = `v${exactVersion(operation.to)}`;
    if (!/^v\d+\.\d+\.\d+([-+][\w.+-]+)*$/.test(version)) {
      return fail("invalid", `${operation.to} is no version of a Go module`, {
        path: file.path,
        value: operation.to,
        remedy: "give one such as v1.2.3",
      });
    }
    const major = Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
    const inPath = Number(/\/v(\d+)$/.exec(operation.name)?.[1] ?? 1);
    if (
      major > 1 && major !== inPath && !operation.name.startsWith("gopkg.in/") &&
      !version.includes("+incompatible")
    ) {
      return fail(
        "invalid",
        `${version} of ${operation.name} would have the path ${
          operation.name.replace(/\/v\d+$/, "")
        }/v${major}`,
        {
          path: file.path,
          value: operation.to,
          remedy: "a new major version is another module: change its imports too, by a patch",
        },
      );
    }
    const chosen = requirements(file.text).filter((it) =>
      it.name === operation.name && it.version !== version
    );
    const [first] = chosen;
    if (first === undefined) {
      return fail("no-match", `${file.path} asks for ${operation.name} ${version} already`, {
        path: file.path,
        value: version,
        remedy: "take the operation out, or give another version",
      });
    }
    const replaced = new RegExp(
      `^\\s*(?:replace\\s+)?${RegExp.escape(operation.name)}(\\s+v\\S+)?\\s*=>`,
      "m",
    ).test(file.text);
    if (replaced) {
      return fail("unsupported", `${file.path} replaces ${operation.name}, so its version has no effect`, {
        path: file.path,
        value: operation.name,
        remedy: "change the replace line by a patch",
      });
    }
    const text = applyEdits(file.text, chosen.map((it) => ({ start: it.start, end: it.end, text: version })));
    const edits: Edited[] = [{ path: file.path, text }];
    const sum = await bumpSum(file, operation, first.version, version, bench);
    if (!sum.ok) return sum;
    if (sum.value !== null) edits.push(sum.value);
    const notes = sum.value === null ? [] : [
      `${sum.value.path} holds nothing that ${operation.name} ${version} needs anew: the build shows whether that is enough`,
    ];
    return ok({ edits, notes });
  },
};

async function bumpSum(
  file: TextFile,
  operation: Bump,
  before: string,
  version: string,
  bench: Workbench,
): Promise<Result<Edited | null, CodemodProblem>> {
  const folder = folderOf(file.path);
  const beside = (name: string) => folder === "" ? name : `${folder}/${name}`;
  if (await bench.stage.has(beside("vendor/modules.txt"))) {
    return lockfileProblem(
      beside("vendor/modules.txt"),
      operation.name,
      "the vendored code would have to change too",
      "run go mod vendor and give the change as a patch",
    );
  }
  const path = beside("go.sum");
  const sum = await bench.stage.searched(path);
  if (sum === null) return ok(null);
  const lines = sum.text.split("\n");
  if (!lines.some((it) => it.startsWith(`${operation.name} `))) return ok(null);
  const { integrity, goModIntegrity } = operation;
  if (integrity === undefined || goModIntegrity === undefined) {
    return lockfileProblem(
      path,
      operation.name,
      "nothing is fetched to find the new version's checksums",
      "give `integrity` and `goModIntegrity`, or run go get and give the change as a patch",
    );
  }
  for (const hash of [integrity, goModIntegrity]) {
    if (!/^h1:[A-Za-z0-9+/]{43}=$/.test(hash)) {
      return fail("invalid", `${hash} is no checksum of go.sum`, {
        path,
        value: hash,
        remedy: "give h1: and 44 characters of base64",
      });
    }
  }
  const kept = lines.filter((it) =>
    !it.startsWith(`${operation.name} ${before} `) && !it.startsWith(`${operation.name} ${before}/go.mod `)
  );
  const at = lines.findIndex((it) => it.startsWith(`${operation.name} `));
  const cr = lines[at]?.endsWith("\r") ? "\r" : "";
  kept.splice(
    at,
    0,
    `${operation.name} ${version} ${integrity}${cr}`,
    `${operation.name} ${version}/go.mod ${goModIntegrity}${cr}`,
  );
  return ok({ path, text: [...new Set(kept.slice(0, -1)), kept.at(-1) ?? ""].join("\n") });
}

import { dirname } from "node:path";
import type { Handler } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { oneLine } from "./paint.ts";
import { readTextFile } from "./run.ts";

const MAX_SPEC_BYTES = 1024 * 1024;

/** `forge spec check FILE`: exit 0 when `forge run` would take it, 2 when it would not. */
export const specCheck: Handler = async (invocation) => {
  const { operands: [file = ""], io } = invocation;
  const path = pathOf(io, file);
  const text = await readTextFile(path, "spec", MAX_SPEC_BYTES);
  const [
    { installedPack, usableSpec },
    { heldOutFiles },
    { installedChainNames, installedLibrary },
  ] = await Promise.all([
    import("../../pipelines/factory/mod.ts"),
    import("../held_out_files.ts"),
    import("./installed_library.ts"),
  ]);
  const read = await usableSpec({
    spec: text,
    name: path,
    readCheck: heldOutFiles({ specDir: dirname(path) }),
    // One that a repository carries is found by forge run only.
    chains: () => installedChainNames(invocation),
    packProblem: async (pack) => {
      const installed = await installedPack(installedLibrary(invocation), pack, new Date().toISOString());
      return installed === null ? notInstalled(pack) : installed.ok ? null : installed.error;
    },
  });
  if (read.ok) {
    const { spec, format } = read.value;
    return {
      exit: 0,
      document: { valid: true, format, spec, errors: [] },
      text: `valid: ${oneLine(spec.title)} (${format}, ${spec.acceptance.length} acceptance criteria)`,
    };
  }
  const errors = read.error.map((problem) => ({
    path: problem.path ?? "",
    message: problem.message,
    ...(problem.value === undefined ? {} : { value: problem.value }),
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
    ...(problem.line === undefined ? {} : { line: problem.line }),
  }));
  const lines = errors.flatMap((error) => [
    `${error.path || "(spec)"}${error.line ? ` (line ${error.line})` : ""}: ${oneLine(error.message, 500)}`,
    ...(error.value === undefined ? [] : [`  given: ${oneLine(error.value)}`]),
    ...(error.remedy === undefined ? [] : [`  do:    ${oneLine(error.remedy, 500)}`]),
  ]);
  return {
    exit: 2,
    document: { valid: false, format: "forge", spec: null, errors },
    text: [...lines, `${errors.length} problem${errors.length === 1 ? "" : "s"}`].join("\n"),
  };
};

const notInstalled = (pack: string) => ({
  code: "unknown-pack",
  message: "There is no pack of this name: it is neither built in nor installed.",
  value: pack,
  remedy:
    "see forge policy list; a pack that the repository carries in .forge/packs/ is found by forge run only",
});

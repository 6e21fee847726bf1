import type { FileView } from "../port.ts";
import { programName } from "./command_line.ts";

/** Where `-m module` stands in an interpreter's command line, or null. Options of the interpreter may stand before it. */
export function interpreterModule(words: readonly string[], module: string): number | null {
  if (!/^(python[0-9.]*|pypy3?|py)$/.test(programName(words[0]))) return null;
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-m") return words[at + 1] === module ? at : null;
    if (word === "-W" || word === "-X") at++;
    else if (!/^-[BEIOPRSbdiqsuvx0-9.]+$|^-[WX].+/.test(word)) return null;
  }
  return null;
}

/** Whether the repository's Python tests are pytest's: by its settings, its requirements, or what the tests import. */
export async function usesPytest(files: FileView): Promise<boolean> {
  const paths = await files.list();
  if (paths.some((path) => /(^|\/)(pytest\.ini|conftest\.py)$/.test(path))) return true;
  const settings: [string, RegExp][] = [
    ["pyproject.toml", /^\[tool\.pytest|["']pytest\b/m],
    ["setup.cfg", /^\[tool:pytest\]|^\s*pytest\b/m],
    ["tox.ini", /^\[pytest\]|\bpytest\b/m],
    ["Pipfile", /^pytest\b/m],
  ];
  for (const path of paths.filter((one) => /(^|\/)(dev-|test-)?requirements[^/]*\.(txt|in)$/.test(one))) {
    settings.push([path, /^pytest\b/m]);
  }
  for (const [path, sign] of settings) {
    if (sign.test(await files.read(path) ?? "")) return true;
  }
  for (const path of paths.filter((one) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(one)).slice(0, 200)) {
    if (/^(import pytest|from pytest)\b|^(async )?def test_/m.test(await files.read(path) ?? "")) return true;
  }
  return false;
}

import type { TestCase, TestReport } from "../../specs/mod.ts";
import type { FileView } from "../port.ts";

/** A file that the command collected, and a test of it that passed. */
export interface PlantSite {
  path: string;
  text: string;
  sample: TestCase;
}

/**
 * The first file with a passing test where a failing one can be put: files in the order of the report, so that a caller
 * who wants a certain file hands over a report of that file's cases only.
 */
export async function choosePlantFile(
  collected: TestReport,
  files: FileView,
  put: (site: PlantSite) => string | null | Promise<string | null>,
): Promise<{ path: string; content: string } | null> {
  const tried = new Set<string>();
  for (const sample of collected.cases) {
    if (sample.status !== "pass" || sample.path === "" || tried.has(sample.path)) continue;
    tried.add(sample.path);
    const text = await files.read(sample.path);
    if (text === null) continue;
    const content = await put({ path: sample.path, text, sample });
    if (content !== null) return { path: sample.path, content };
    if (tried.size >= 50) return null;
  }
  return null;
}

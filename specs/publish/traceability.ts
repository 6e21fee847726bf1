/** A numbered statement of `specs/normative/`. */
export interface Requirement {
  id: string;
  level: "MUST" | "SHOULD";
  statement: string;
  file: string;
}

/** A comment `// req: N2-07 N3-01` in a test file: the test below it proves these statements. */
export interface Citation {
  id: string;
  file: string;
  line: number;
}

const ID = /^N\d{1,2}-\d{2}$/;

/** Reads the statements of the normative files; throws where one is not in the form that everything else relies on. */
export function readRequirements(files: ReadonlyMap<string, string>): Requirement[] {
  const found = [...files].flatMap(([file, text]) =>
    text.split("\n").filter((line) => line.startsWith("- ")).map((line) => {
      const match = /^- \*\*(N\d{1,2}-\d{2})\*\* (.+)$/.exec(line);
      const [, id, statement] = match ?? [];
      if (id === undefined || statement === undefined) throw new Error(`${file}: not a statement: ${line}`);
      const number = /^N\d+/.exec(file.slice(file.lastIndexOf("/") + 1))?.[0];
      if (!id.startsWith(`${number}-`)) throw new Error(`${file}: ${id} stands in the wrong file`);
      const level = /\bMUST\b/.test(statement) ? "MUST" : /\bSHOULD\b/.test(statement) ? "SHOULD" : undefined;
      if (level === undefined) throw new Error(`${file}: ${id} says neither MUST nor SHOULD`);
      return { id, level, statement, file } satisfies Requirement;
    })
  );
  const seen = new Set<string>();
  for (const { id, file } of found) {
    if (seen.has(id)) throw new Error(`${file}: ${id} is given twice`);
    seen.add(id);
  }
  return found.sort((a, b) => order(a.id) - order(b.id));
}

function order(id: string): number {
  const [chapter, number] = id.slice(1).split("-");
  return Number(chapter) * 100 + Number(number);
}

/** Every citation in the test files. A word that is no id is kept, so that `unknownCitations` can name it. */
export function readCitations(tests: ReadonlyMap<string, string>): Citation[] {
  return [...tests].flatMap(([file, text]) =>
    text.split("\n").flatMap((line, index) => {
      const ids = /^\s*\/\/ req:(.*)$/.exec(line)?.[1]?.split(/[\s,]+/).filter((word) => word !== "");
      return (ids ?? []).map((id) => ({ id, file, line: index + 1 }));
    })
  );
}

/** Citations of what no normative file says. */
export function unknownCitations(
  requirements: readonly Requirement[],
  citations: readonly Citation[],
): string[] {
  const known = new Set(requirements.map((requirement) => requirement.id));
  return citations.filter((citation) => !known.has(citation.id)).map(({ id, file, line }) =>
    `${file}:${line} cites ${id}, which ${ID.test(id) ? "no normative file says" : "is no id such as N2-07"}`
  );
}

/** TRACEABILITY.md: each statement with the test files that cite it, and how much is covered. */
export function traceabilityTable(
  requirements: readonly Requirement[],
  citations: readonly Citation[],
): string {
  const files = new Map<string, Set<string>>();
  for (const { id, file } of citations) files.set(id, (files.get(id) ?? new Set()).add(file));
  const covered = (all: readonly Requirement[]) =>
    all.filter((requirement) => files.has(requirement.id)).length;
  const chapters = [...new Set(requirements.map((requirement) => requirement.file))];
  const rows = chapters.map((file) => {
    const all = requirements.filter((requirement) => requirement.file === file);
    return `| [${file}](normative/${file}) | ${covered(all)} | ${all.length - covered(all)} |`;
  });
  return [
    "# Traceability",
    "",
    "Which statement of [normative/](normative/) is proven by which test. Made by `deno task schema` from the comments",
    "`// req: N2-07` above tests; do not edit by hand. `uncovered` means that no test cites the statement: the thing may be",
    "missing, or only its proof. Some cited tests are skipped where their tool is absent; `deno task test` names them.",
    "",
    "| chapter | covered | uncovered |",
    "| --- | --- | --- |",
    ...rows,
    `| all | ${covered(requirements)} | ${requirements.length - covered(requirements)} |`,
    "",
    ...chapters.flatMap((file) => [
      `## ${file.replace(/\.md$/, "")}`,
      "",
      "| id | statement | covered by |",
      "| --- | --- | --- |",
      ...requirements.filter((requirement) => requirement.file === file).map(({ id, statement }) =>
        `| ${id} | ${statement.replaceAll("|", "\\|")} | ${links(files.get(id))} |`
      ),
      "",
    ]),
  ].join("\n");
}

function links(files: Set<string> | undefined): string {
  if (files === undefined) return "uncovered";
  return [...files].sort().map((file) => `[${file}](../${file})`).join("<br>");
}

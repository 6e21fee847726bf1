import { type FileView, spoilTests } from "../../../connectors/mod.ts";
import type { TestCase, TestReport, VerifyFacts } from "../../../specs/mod.ts";
import { type Bench, runIn } from "./bench.ts";
import type { Ran, Run } from "./execute.ts";
import { type Overlay, touchedTests } from "./overlay.ts";
import { overlaidView } from "./tree_view.ts";

/** One side to plant in, and what its run told. */
type Side = Omit<Run, "on"> & { ran: Ran };

type Command = VerifyFacts["commands"][number];
type Planted = NonNullable<Command["planted"]>;

/** Files that a failing test is put into at most, and files whose tests are made to wait for something else. */
const maxFiles = 24;

/**
 * Puts tests that must fail into files that the command collected at head, and makes tests that base has too wait for something else
 * than before. When one of these is not seen to fail, the same is done at base, which is trusted: if base does not show it either, the
 * way of planting does not fit this repository, and a plainer one is tried. What base shows and head does not is the finding.
 */
export async function plantFailure(
  bench: Bench,
  head: Side,
  base: Side | null,
): Promise<Pick<Command, "planted" | "plantProblem">> {
  const { report } = head.ran.execution;
  if (report === null || head.tester === null) {
    return { planted: null, plantProblem: "head gave no report, so no file is known to be collected" };
  }
  const baseReport = base?.ran.execution.report ?? null;
  const order = await fileOrder(bench, head, report);
  let problem = "no collected file was found that a failing test could be put in";
  let before = "";
  for (const way of ["many", "one", "plain"] as const) {
    const made = await plantIn(bench, head, report, way === "many" ? order : order.slice(0, 1), {
      plain: way === "plain",
      spoil: way === "many" && base !== null && baseReport !== null ? base.files : null,
    });
    if (made === null || made.content === before) continue;
    before = made.content;
    const unseen = unseenIn(made.planted);
    if (unseen.length === 0) return { planted: made.planted };
    if (base === null || baseReport === null) {
      if (way === "many") continue;
      return finding(made.planted, report.cases);
    }
    const paths = way === "many" ? order : [made.planted.path];
    const control = await plantIn(bench, base, baseReport, paths, {
      plain: way === "plain",
      spoil: way === "many" ? head.files : null,
    });
    if (way === "many") {
      const proven = control === null ? null : shown(made.planted, control.planted);
      // Nothing that base shows is hidden at head: what is left over is the repository's own way.
      if (proven === null) continue;
      return finding(proven, report.cases);
    }
    if (control === null || unseenIn(control.planted).length === 0) {
      return finding(made.planted, report.cases);
    }
    problem =
      `a failing test planted in ${control.planted.path} is not seen to fail at base either, before the change`;
  }
  return { planted: null, plantProblem: problem };
}

/**
 * What a planted run tells of a command whose report listed `cases` before: what failed, and what did not though it had to. A file of
 * which nothing is listed any more did not load with what was planted in it: its failure is seen, but nothing is known of its tests.
 */
export function finding(
  planted: Planted,
  cases: readonly TestCase[],
): Pick<Command, "planted" | "plantProblem"> {
  const { execution, spoiled = [] } = planted;
  const unseen = unseenIn(planted);
  if (unseen.length === 0 || execution.ended !== "by-itself" || (execution.exitCode ?? 0) === 0) {
    return { planted };
  }
  const listed = new Set(execution.report?.cases.map(({ name }) => name));
  const before = Map.groupBy(cases, ({ path }) => path);
  const isGone = (path: string) => before.get(path)?.every(({ name }) => !listed.has(name)) === true;
  const pathOf = new Map(spoiled.map(({ path, name }) => [name, path]));
  const gone = [...new Set(unseen.map((one) => pathOf.get(one) ?? one))];
  if (!gone.every(isGone)) return { planted };
  return {
    planted: null,
    plantProblem: `${gone.slice(0, 5).join(", ")} did not load with a failing test planted in it`,
  };
}

/** What was planted at head and base shows too; null when the first file's own test is not among it. */
function shown(head: Planted, base: Planted): Planted | null {
  const hidden = new Set(unseenIn(base));
  if (hidden.has(base.path)) return null;
  const known = new Set([base.path, ...(base.others ?? []).map(({ path }) => path)]);
  const spoiledAtBase = new Set((base.spoiled ?? []).map(({ name }) => name));
  // A file that only head has must show its own as the others do.
  const trusted = (path: string) => !known.has(path) || !hidden.has(path);
  const files = [{ path: head.path, marker: head.marker }, ...(head.others ?? [])].filter(({ path }) =>
    trusted(path)
  );
  const [first, ...others] = files;
  if (first === undefined) return null;
  const spoiled = (head.spoiled ?? []).filter(({ name }) => spoiledAtBase.has(name) && !hidden.has(name));
  return { ...first, execution: head.execution, others, spoiled };
}

/** Files to plant in: those that the change touched, those that name what it touched, the others. */
async function fileOrder(bench: Bench, head: Side, report: TestReport): Promise<string[]> {
  const touched = new Set(touchedTests(bench.input.change, bench.paths));
  const words = bench.input.change.files.filter(({ path }) => !touched.has(path))
    .map(({ path }) => path.slice(path.lastIndexOf("/") + 1).replace(/\.\w+$/, "")).filter((name) =>
      name.length > 2
    );
  const ranked: { path: string; rank: number }[] = [];
  for (const path of new Set(report.cases.map((one) => one.path))) {
    if (path === "") continue;
    const text = ranked.length < 400 ? await head.files.read(path) ?? "" : "";
    ranked.push({ path, rank: touched.has(path) ? 0 : words.some((word) => text.includes(word)) ? 1 : 2 });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ path }) => path).slice(0, maxFiles);
}

interface Ways {
  plain: boolean;
  /** The other side's files: only lines that both sides have are changed. Null when no test is made to wait for something else. */
  spoil: FileView | null;
}

async function plantIn(
  bench: Bench,
  { ran: _, ...run }: Side,
  report: TestReport,
  paths: readonly string[],
  { plain, spoil }: Ways,
): Promise<{ planted: Planted; content: string } | null> {
  const { tester } = run;
  if (tester === null) return null;
  // Nobody can know it before: a test that was made to fail by this name alone proves nothing.
  let nth = 0;
  const label = JSON.stringify([run.tree, run.command.argv, paths, plain, spoil !== null]);
  const marker = () => `k${bench.token(`${label} ${nth++}`).slice(0, 12)}`;
  const spoiled: { path: string; name: string }[] = [];
  const overlay: Overlay = { write: new Map(), remove: [] };
  const put = (path: string, content: string) => overlay.write.set(path, new TextEncoder().encode(content));
  const mark = marker();
  for (const path of paths) {
    if (spoil === null) break;
    const found = await spoiledFile(path, report.cases, run.files, spoil, mark);
    if (found === null) continue;
    put(path, found.content);
    spoiled.push(...found.names.map((name) => ({ path, name })));
  }
  const planted: { path: string; marker: string }[] = [];
  const contents: string[] = [];
  const groups = paths.length <= 1
    ? [report.cases.filter((one) => one.path === paths[0]), report.cases]
    : paths.map((path) => report.cases.filter((one) => one.path === path));
  for (const cases of groups) {
    if (paths.length <= 1 && planted.length > 0) break;
    const own = marker();
    const plant = await tester.plant(
      run.command,
      { ...report, cases },
      overlaidView(run.files, overlay),
      own,
      plain,
    );
    if (plant === null || planted.some(({ path }) => path === plant.path)) continue;
    put(plant.path, plant.content);
    planted.push({ path: plant.path, marker: own });
    contents.push(plant.content.replaceAll(own, "").replaceAll(mark, ""));
  }
  const [first, ...others] = planted;
  if (first === undefined) return null;
  const files = overlaidView(run.files, overlay);
  // A literal of another value is no fault of the types.
  const command = spoiled.length > 0 && tester.lenient !== undefined
    ? tester.lenient(run.command)
    : run.command;
  const { execution } = await runIn(bench, { ...run, command, on: "head+planted", overlay, files });
  return {
    planted: {
      ...first,
      execution,
      ...(others.length > 0 ? { others } : {}),
      ...(spoiled.length > 0 ? { spoiled } : {}),
    },
    content: contents.join("\n"),
  };
}

async function spoiledFile(
  path: string,
  cases: readonly TestCase[],
  own: FileView,
  other: FileView,
  marker: string,
): Promise<{ content: string; names: string[] } | null> {
  const [text, counterpart] = [await own.read(path), await other.read(path)];
  if (text === null || counterpart === null) return null;
  const lines = new Set(counterpart.split("\n").map((line) => line.trim()));
  return spoilTests(path, text, cases, marker, (line) => lines.has(line.trim()));
}

/** Paths whose planted test, and names of tests waiting for something else, that were not seen to fail. */
function unseenIn({ path, marker, others = [], spoiled = [], execution }: Planted): string[] {
  const failed = execution.exitCode === 0
    ? []
    : execution.report?.cases.filter((one) => one.status === "fail") ?? [];
  const names = new Set(failed.map(({ name }) => name));
  return [
    ...[{ path, marker }, ...others].filter((one) => !failed.some(({ name }) => name.includes(one.marker)))
      .map((one) => one.path),
    ...spoiled.filter(({ name }) => !names.has(name)).map(({ name }) => name),
  ];
}

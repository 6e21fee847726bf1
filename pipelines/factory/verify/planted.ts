import type { TestReport, VerifyFacts } from "../../../specs/mod.ts";
import { type Bench, runIn } from "./bench.ts";
import { type Ran, randomToken, type Run } from "./execute.ts";
import { type Overlay, touchedTests } from "./overlay.ts";
import { overlaidView } from "./tree_view.ts";

/** One side to plant in, and what its run told. */
type Side = Omit<Run, "on"> & { ran: Ran };

type Command = VerifyFacts["commands"][number];
type Planted = NonNullable<Command["planted"]>;

/**
 * Puts a test that must fail into a file that the command collected at head, one that the change touched where there is one. When
 * it is not seen to fail, the same is done at base, which is trusted: if base does not show it either, the way of planting does not
 * fit this repository, and a plainer one is tried. A way that base shows and head does not is the finding.
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
  const touched = new Set(touchedTests(bench.input.change, bench.paths));
  let problem = "no collected file was found that a failing test could be put in";
  let before = "";
  for (const plain of [false, true]) {
    const made = await plantIn(bench, head, report, touched, plain);
    if (made === null || made.content === before) continue;
    before = made.content;
    if (seen(made.planted)) return { planted: made.planted };
    const baseReport = base?.ran.execution.report ?? null;
    if (base === null || baseReport === null) return { planted: made.planted };
    const control = await plantIn(bench, base, baseReport, new Set([made.planted.path]), plain);
    if (control === null || seen(control.planted)) return { planted: made.planted };
    problem =
      `a failing test planted in ${control.planted.path} is not seen to fail at base either, before the change`;
  }
  return { planted: null, plantProblem: problem };
}

async function plantIn(
  bench: Bench,
  { ran: _, ...run }: Side,
  report: TestReport,
  first: ReadonlySet<string>,
  plain: boolean,
): Promise<{ planted: Planted; content: string } | null> {
  if (run.tester === null) return null;
  // Nobody can know it before: a test that was made to fail by this name alone proves nothing.
  const marker = `k${randomToken().slice(0, 12)}`;
  const preferred = { ...report, cases: report.cases.filter((one) => first.has(one.path)) };
  for (const collected of [preferred, report]) {
    const plant = await run.tester.plant(run.command, collected, run.files, marker, plain);
    if (plant === null) continue;
    const overlay: Overlay = {
      write: new Map([[plant.path, new TextEncoder().encode(plant.content)]]),
      remove: [],
    };
    const files = overlaidView(run.files, overlay);
    const { execution } = await runIn(bench, { ...run, on: "head+planted", overlay, files });
    return {
      planted: { path: plant.path, marker, execution },
      content: plant.content.replaceAll(marker, ""),
    };
  }
  return null;
}

function seen({ marker, execution }: Planted): boolean {
  const failed = execution.report?.cases.some((one) => one.status === "fail" && one.name.includes(marker));
  return failed === true && execution.exitCode !== 0;
}

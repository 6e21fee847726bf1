/**
 * `deno task test`: format check, lint, type check, then every test that this machine can run.
 *
 * Streams what it does, names what was skipped, and ends with the line `N passed, N failed`. The exit code is 0 only
 * when nothing failed and something ran. Arguments go to `deno test`: `deno task test kernel/ --filter lease`.
 *
 * Tests in folders named `tests` start servers, browsers and second processes and watch the clock: they run one after
 * the other in two lanes, as they wait for most of their time. The rest runs in parallel.
 */
import { ROOT, sourcePaths } from "./checkout.ts";
import { countTests, type Failure, summary, type TestCounts } from "./junit.ts";

/** All of it has to end within this time: CI stops at 30 minutes and would take the count with it. */
const LIMIT_MS = 27 * 60_000;
/** More files than this with failures is no matter of steadiness. */
const MOST_AGAIN = 5;
const deadline = performance.now() + LIMIT_MS;

interface Ended {
  success: boolean;
  seconds: number;
}

/** Runs Deno with the same executable, so that no `deno` on PATH is needed. Output goes straight to ours, or to a file. */
async function deno(args: readonly string[], into?: Deno.FsFile): Promise<Ended> {
  if (into === undefined) console.log(`\n$ deno ${args.join(" ")}`);
  const started = performance.now();
  const piped = into === undefined ? {} : { stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, stdin: "null", ...piped })
    .spawn();
  const copied = into === undefined ? [] : [child.stdout, child.stderr].map(async (stream) => {
    for await (const bytes of stream) {
      for (let at = 0; at < bytes.length;) at += into.writeSync(bytes.subarray(at));
    }
  });
  const timer = setTimeout(() => {
    console.log(`\nended after ${LIMIT_MS / 60_000} minutes`);
    child.kill("SIGKILL");
  }, Math.max(1, deadline - performance.now()));
  const { success } = await child.status;
  await Promise.all(copied);
  clearTimeout(timer);
  return { success, seconds: (performance.now() - started) / 1000 };
}

/** Every test file, apart: those in folders named `tests` start servers or processes, and run one after the other. */
async function testFiles(): Promise<{ parallel: string[]; serial: string[] }> {
  const paths = (await sourcePaths()).filter((path) => /_test\.tsx?$/.test(path)).sort();
  const serial = paths.filter((path) => /\/tests\//.test(path));
  return { parallel: paths.filter((path) => !serial.includes(path)), serial };
}

function noTest(name: string): Failure {
  return { name, file: "", message: "" };
}

/**
 * What failed among others is run once more, alone: a test whose verdict depends on its neighbours or on the load says
 * little of the code. It counts as passed then, and is named as unsteady; a failure that stays is a failure.
 */
async function again(counts: TestCounts, temporary: string): Promise<TestCounts> {
  const files = [...new Set(counts.failed.map(({ file }) => file))];
  if (files.length === 0 || files.length > MOST_AGAIN || files.includes("")) return counts;
  const alone = await runTests("failed tests, alone", `${temporary}/alone.xml`, files);
  const still = new Set(alone.failed.map(({ name }) => name));
  const unsteady = counts.failed.filter(({ name }) => !still.has(name));
  // A second run that broke off says nothing of any test.
  if (alone.failed.some(({ file }) => file === "")) return counts;
  return {
    ...counts,
    passed: counts.passed + unsteady.length,
    failed: counts.failed.filter(({ name }) => still.has(name)),
    unsteady,
  };
}

/** One `deno test`, counted by its report. What the report does not know (an error outside any test) is a failure too. */
async function runTests(
  what: string,
  junit: string,
  args: string[],
  into?: Deno.FsFile,
): Promise<TestCounts> {
  const ended = await deno(["test", "-A", "--no-check", `--junit-path=${junit}`, ...args], into);
  let counts: TestCounts;
  try {
    counts = countTests(await Deno.readTextFile(junit));
  } catch {
    return { passed: 0, failed: [noTest(`${what}: deno test left no report`)], skipped: [] };
  }
  if (!ended.success && counts.failed.length === 0) {
    counts.failed.push(noTest(`${what}: deno test failed outside of any test`));
  }
  return counts;
}

/** Runs files one after the other, every second one beside the others; what those of the second lane say is shown at the end. */
async function inLanes(files: readonly string[], temporary: string): Promise<TestCounts[]> {
  const [first = [], second = []] = [0, 1].map((lane) => files.filter((_, at) => at % 2 === lane));
  // Without a file named, all would run.
  if (second.length === 0) throw new Error("Cannot run tests in lanes: there are fewer than two files");
  const said = `${temporary}/lane.log`;
  using into = await Deno.open(said, { write: true, createNew: true });
  const counts = await Promise.all([
    runTests("serial tests", `${temporary}/serial.xml`, first),
    runTests("serial tests, second lane", `${temporary}/lane.xml`, second, into),
  ]);
  console.log(`\nsecond lane:\n${await Deno.readTextFile(said)}`);
  return counts;
}

/** What git sees as changed, or null where that cannot be asked (an archive without .git, no git). */
async function gitStatus(): Promise<string | null> {
  try {
    const output = await new Deno.Command("git", {
      args: ["status", "--porcelain"],
      cwd: ROOT,
      stderr: "null",
    })
      .output();
    return output.success ? new TextDecoder().decode(output.stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function main(args: string[]): Promise<number> {
  const started = performance.now();
  const before = await gitStatus();
  const total = { passed: 0, failed: [] as Failure[], skipped: [] as string[], unsteady: [] as Failure[] };
  for (
    const [what, command] of [["format", ["fmt", "--check"]], ["lint", ["lint"]], ["types", [
      "check",
      ".",
    ]]] as const
  ) {
    if (!(await deno(command)).success) total.failed.push(noTest(`${what}: deno ${command.join(" ")}`));
  }
  const temporary = await Deno.makeTempDir({ prefix: "edgeforge-test-" });
  try {
    const report = (name: string) => `${temporary}/${name}.xml`;
    const passes: (() => Promise<TestCounts[]>)[] = [];
    if (args.length > 0) passes.push(async () => [await runTests("tests", report("tests"), args)]);
    else {
      const { parallel, serial } = await testFiles();
      passes.push(
        async () => [await runTests("parallel tests", report("parallel"), ["--parallel", ...parallel])],
        () => inLanes(serial, temporary),
      );
    }
    for (const pass of passes) {
      for (const ran of await pass()) {
        const counts = args.length > 0 ? ran : await again(ran, temporary);
        total.passed += counts.passed;
        total.failed.push(...counts.failed);
        total.skipped.push(...counts.skipped);
        total.unsteady.push(...counts.unsteady ?? []);
      }
    }
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  // Only a clean checkout can tell what the tests left behind; in a working tree others may be writing.
  const after = before === "" ? await gitStatus() : "";
  if (after !== null && after !== "") {
    total.failed.push({ name: "the tests left files in the checkout", file: "", message: after });
  }
  const { lines, exitCode } = summary(total, (performance.now() - started) / 1000);
  console.log(lines.join("\n"));
  return exitCode;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

import { join } from "node:path";
import {
  cachePlaceholder,
  type Checkouts,
  type Execution,
  type FileView,
  notTap,
  readInside,
  removeTree,
  reportPlaceholder,
  type Sandbox,
  supportPlaceholder,
  type TestCommand,
  type Tester,
  type TestOutput,
  walkInside,
  writeInside,
} from "../../../connectors/mod.ts";
import {
  digestOf,
  err,
  ok,
  pathGlob,
  type Problem,
  type Result,
  type TestReport,
  type VerifyExecution,
} from "../../../specs/mod.ts";
import type { Prepared } from "./input.ts";
import type { Overlay } from "./overlay.ts";

/** The place, the limits and the ports that all executions of one verification share. */
export interface Stage {
  checkouts: Checkouts;
  sandbox: Sandbox;
  scratch: string;
  clock: { now(): number };
  /** Instant at which the shared time is used up. */
  deadline: number;
  maxOutputBytes: number;
  memoryBytes: number;
  signal?: AbortSignal;
}

/** One run of one command in a clean checkout. */
export interface Run {
  on: VerifyExecution["on"];
  tree: string;
  command: TestCommand;
  tester: Tester | null;
  /** The files that the checkout holds, for what a runner does not tell. */
  files: FileView;
  overlay?: Overlay;
  prepared?: Prepared;
  /** What base compiled to. */
  compiled?: { env: Record<string, string>; readOnly: string[] };
  /** Name of a directory in the checkout that the command fills with a cache. */
  cache?: string;
  /** Puts something more into the checkout. */
  fill?: (dir: string) => Promise<void>;
  /** Takes what is to be kept out of the checkout before it goes. */
  keep?: (dir: string) => Promise<void>;
}

/** What came of a run; `understood` is false when the output is not of the tester's kind at all. */
export interface Ran {
  execution: VerifyExecution;
  understood: boolean;
}

const maxReportBytes = 64 * 1024 * 1024;
const maxTail = 8_000;

/** Runs a command in a clean checkout and reads its report from where only the engine knew it would be. */
export async function execute(stage: Stage, run: Run): Promise<Ran> {
  const startedAt = stage.clock.now();
  const left = stage.deadline - startedAt;
  if (left <= 0) return { execution: notRun(run), understood: true };
  const token = randomToken();
  const support = join(stage.scratch, `support-${token}`);
  const checkout = await stage.checkouts.take(run.tree);
  let whole = false;
  try {
    await lay(checkout.dir, run);
    await run.fill?.(checkout.dir);
    const reportName = `.report-${randomToken()}`;
    const command = instantiate(run.command, {
      report: join(checkout.dir, reportName),
      support,
      cache: join(checkout.dir, run.cache ?? ".cache-unused"),
    });
    const readOnly = [...(run.prepared?.readOnly ?? []), ...(run.compiled?.readOnly ?? [])];
    if (command.support !== undefined) {
      await Deno.mkdir(support, { recursive: true });
      for (const [name, text] of Object.entries(command.support)) {
        await Deno.writeTextFile(join(support, name), text);
      }
      readOnly.push(support);
    }
    await clearReports(checkout.dir, command);
    const done = await stage.sandbox.run({
      argv: command.argv,
      cwd: checkout.dir,
      env: { ...run.prepared?.env, ...run.compiled?.env, ...command.env },
      timeoutMs: Math.max(1, Math.ceil(stage.deadline - stage.clock.now())),
      maxOutputBytes: stage.maxOutputBytes,
      memoryBytes: stage.memoryBytes,
      readOnly,
      ...(stage.signal === undefined ? {} : { signal: stage.signal }),
    });
    await run.keep?.(checkout.dir);
    const read = await readReport(checkout.dir, reportName, command, done, run.tester);
    const report = read.ok && run.tester?.locate !== undefined
      ? ok(await run.tester.locate(read.value, run.command, run.files))
      : read;
    whole = true;
    return told(run, done, checkout.dir, report, await digestOf(joined(done.stdout, done.stderr)));
  } finally {
    // After an error nobody knows what still runs in it.
    await (whole ? stage.checkouts.giveBack(checkout) : checkout.dispose());
    await removeTree(support);
  }
}

function told(
  run: Run,
  done: Execution,
  dir: string,
  report: Result<TestReport, Problem>,
  outputDigest: string,
): Ran {
  return {
    execution: {
      argv: run.command.argv.map(readable),
      on: run.on,
      exitCode: done.code,
      ended: done.ended,
      report: report.ok ? report.value : null,
      ...(report.ok ? {} : { reportProblem: problemText(report.error) }),
      seconds: Math.max(0, done.ms) / 1000,
      outputDigest,
      outputTail: tail(done, dir),
    },
    understood: report.ok || report.error.code !== notTap,
  };
}

/** What came of a run that was carried out elsewhere: read as if it had been here. */
export async function ranElsewhere(
  run: Run,
  done: Execution & { root: string; report: Uint8Array | null; outputDigest: string },
): Promise<Ran> {
  const decoder = new TextDecoder();
  const parsed = done.ended !== "by-itself" || run.tester === null
    ? unread(run.tester, done)
    : run.command.report.from === "files"
    ? err<Problem>({
      code: "test-report",
      message: "Reports in several files are not read from a forge's CI",
      remedy: "Name a command in verify.run whose report is one file or its own output",
    })
    : run.tester.parse({
      stdout: decoder.decode(done.stdout),
      stderr: decoder.decode(done.stderr),
      report: done.report === null ? null : decoder.decode(done.report),
      root: done.root,
    });
  const report = parsed.ok && run.tester?.locate !== undefined
    ? ok(await run.tester.locate(parsed.value, run.command, run.files))
    : parsed;
  return told(run, done, done.root, report, done.outputDigest);
}

/** Why there is nothing to be read. */
const unread = (tester: Tester | null, done: Execution): Result<TestReport, Problem> =>
  err(
    tester === null
      ? { code: notTap, message: "Nobody understands the report of this command" }
      : { code: "test-run-cut", message: `The command did not end by itself (${done.ended})` },
  );

async function lay(dir: string, run: Run): Promise<void> {
  for (const path of run.overlay?.remove ?? []) await clear(dir, path);
  for (const [path, bytes] of run.overlay?.write ?? []) {
    await clear(dir, path);
    await writeInside(dir, path, bytes);
    if (bytes[0] === 0x23 && bytes[1] === 0x21) await Deno.chmod(join(dir, path), 0o755);
  }
  await run.prepared?.lay?.(dir);
}

/** Makes way for a file: whatever stands at its place goes, and so does a link or a file where a directory has to be. */
async function clear(dir: string, path: string): Promise<void> {
  const parts = path.split("/");
  for (let depth = 1; depth <= parts.length; depth++) {
    const at = join(dir, ...parts.slice(0, depth));
    const info = await Deno.lstat(at).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    });
    if (info === null) return;
    if (depth === parts.length || !info.isDirectory) {
      await removeTree(at);
      return;
    }
  }
}

/** Reports that the repository brought along are no reports. */
async function clearReports(dir: string, command: TestCommand): Promise<void> {
  if (command.report.from !== "files") return;
  const matches = pathGlob(command.report.glob);
  for (const path of await walkInside(dir, "")) if (matches(path)) await clear(dir, path);
}

function instantiate(
  command: TestCommand,
  places: { report: string; support: string; cache: string },
): TestCommand {
  const put = (text: string) =>
    text.replaceAll(reportPlaceholder, places.report).replaceAll(supportPlaceholder, places.support)
      .replaceAll(cachePlaceholder, places.cache);
  return {
    ...command,
    argv: command.argv.map(put),
    env: Object.fromEntries(Object.entries(command.env).map(([name, value]) => [name, put(value)])),
  };
}

/** The command as people read it: the places that differ from run to run have a name instead. */
function readable(word: string): string {
  return word.replaceAll(reportPlaceholder, "<report>").replaceAll(supportPlaceholder, "<engine>");
}

async function readReport(
  dir: string,
  reportName: string,
  command: TestCommand,
  done: Execution,
  tester: Tester | null,
): Promise<Result<TestReport, Problem>> {
  if (tester === null || done.ended !== "by-itself") return unread(tester, done);
  const decoder = new TextDecoder();
  const output: TestOutput = {
    stdout: decoder.decode(done.stdout),
    stderr: decoder.decode(done.stderr),
    report: null,
    root: dir,
  };
  try {
    if (command.report.from === "file") {
      const bytes = await readInside(dir, reportName, maxReportBytes);
      output.report = bytes === null ? null : decoder.decode(bytes);
    } else if (command.report.from === "files") {
      output.files = await readReports(dir, command.report.glob, decoder);
    }
  } catch (error) {
    return err({
      code: "test-report",
      message: `The report cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
  return tester.parse(output);
}

async function readReports(
  dir: string,
  glob: string,
  decoder: TextDecoder,
): Promise<{ path: string; text: string }[]> {
  const matches = pathGlob(glob);
  const found: { path: string; text: string }[] = [];
  let left = maxReportBytes;
  for (const path of (await walkInside(dir, "")).filter(matches)) {
    const bytes = await readInside(dir, path, left);
    if (bytes === null) continue;
    left -= bytes.length;
    found.push({ path, text: decoder.decode(bytes) });
  }
  return found;
}

function notRun(run: Run): VerifyExecution {
  return {
    argv: run.command.argv.map(readable),
    on: run.on,
    exitCode: null,
    ended: "timeout",
    report: null,
    reportProblem: "It was not started: verify.timeoutSeconds was used up by what ran before",
    seconds: 0,
    outputDigest: emptyDigest,
    outputTail: "",
  };
}

const emptyDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function problemText(problem: Problem): string {
  return problem.remedy === undefined ? problem.message : `${problem.message}. ${problem.remedy}`;
}

/** The end of what the command wrote, without the place where this machine had put the checkout. */
function tail(done: Execution, dir: string): string {
  const decoder = new TextDecoder();
  const end = (bytes: Uint8Array) => decoder.decode(bytes.subarray(Math.max(0, bytes.length - 4 * maxTail)));
  const text = [end(done.stdout), end(done.stderr)].filter((part) => part.trim() !== "").join("\n");
  return text.replaceAll(`${dir}/`, "").replaceAll(dir, ".").slice(-maxTail).toWellFormed();
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** Nobody can guess it: a report that a repository or a patch left somewhere is never the one that is read. */
export function randomToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

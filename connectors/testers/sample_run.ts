/** For tests only: runs a real runner in a directory of its own and hands over what it left. */
import { dirname, join } from "node:path";
import type { TestReport } from "../../specs/mod.ts";
import type { FileView, TestCommand, Tester, TestOutput } from "../port.ts";
import { cachePlaceholder, reportPlaceholder, supportPlaceholder } from "./adopt.ts";

/** Files of a made-up repository, by path. */
export type Sample = Record<string, string>;

/** A view of files that are only in memory. */
export function viewOf(sample: Sample): FileView {
  return {
    list: () => Promise.resolve(Object.keys(sample).sort()),
    read: (path) => Promise.resolve(sample[path] ?? null),
  };
}

/** Whether a program answers here. */
export function available(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Runs a command as the engine would, but without a sandbox. */
export async function runSample(
  sample: Sample,
  command: TestCommand,
): Promise<{ output: TestOutput; code: number }> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "edgeforge-sample-" }));
  try {
    const support = join(root, "support");
    const dir = join(root, "repo");
    await Deno.mkdir(support);
    await Deno.mkdir(dir);
    for (const [name, text] of Object.entries(command.support ?? {})) {
      await Deno.writeTextFile(join(support, name), text);
    }
    for (const [path, text] of Object.entries(sample)) {
      await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
      await Deno.writeTextFile(join(dir, path), text);
    }
    const report = join(dir, ".report");
    const put = (text: string) =>
      text.replaceAll(reportPlaceholder, report).replaceAll(supportPlaceholder, support)
        .replaceAll(cachePlaceholder, join(root, "cache"));
    const [program = "", ...args] = command.argv.map(put);
    const done = await new Deno.Command(program === "deno" ? Deno.execPath() : program, {
      args,
      cwd: dir,
      stdin: "null",
      env: Object.fromEntries(Object.entries(command.env).map(([name, value]) => [name, put(value)])),
    }).output();
    const text = await Deno.readTextFile(report).catch(() => null);
    const decoder = new TextDecoder();
    const output = {
      stdout: decoder.decode(done.stdout),
      stderr: decoder.decode(done.stderr),
      report: text,
      root: dir,
    };
    return { output, code: done.code };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Adopts a command line, runs it and parses what it reports; throws when one of these does not work. */
export async function reportOfSample(
  tester: Tester,
  argv: string[],
  sample: Sample,
): Promise<{ report: TestReport; code: number; command: TestCommand; files: FileView }> {
  const files = viewOf(sample);
  const command = await tester.adopt(argv, files);
  if (command === null) throw new Error(`${tester.id} does not adopt ${argv.join(" ")}`);
  const { output, code } = await runSample(sample, command);
  const read = tester.parse(output);
  if (!read.ok) throw new Error(`${read.error.message}\n${output.stdout}\n${output.stderr}`);
  const report = await tester.locate?.(read.value, command, files) ?? read.value;
  return { report, code, command, files };
}

/** Plants a failing test, runs again, and says how it was reported: `fail` is as it should be. */
export async function plantedStatus(
  tester: Tester,
  argv: string[],
  sample: Sample,
): Promise<{ status: string; path: string; code: number; content: string }> {
  const { report, command, files } = await reportOfSample(tester, argv, sample);
  const marker = "k0123456789ab";
  const plant = await tester.plant(command, report, files, marker);
  if (plant === null) return { status: "no plant", path: "", code: 0, content: "" };
  const again = await reportOfSample(tester, argv, { ...sample, [plant.path]: plant.content });
  const found = again.report.cases.find((one) => one.name.includes(marker));
  return {
    status: found?.status ?? "not reported",
    path: plant.path,
    code: again.code,
    content: plant.content,
  };
}

/** Names and statuses, for comparing with a list. */
export function told(report: TestReport): string[] {
  return report.cases.map((one) => `${one.status} ${one.name}`);
}

/** The sandbox of bubblewrap: no network, no capabilities, a private file system in which only the work directory is writable. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import type { Execution, Sandbox, SandboxRequest } from "../../port.ts";
import { capture } from "./capture.ts";
import { namespaceGone } from "./descendants.ts";
import { type Cgroup, type CgroupPlace, findCgroup, openCgroup } from "./cgroup.ts";
import {
  defaultLimits,
  findPrlimit,
  type Prlimit,
  processLimits,
  type SandboxLimits,
  withLimits,
} from "./limits.ts";
import { checkEnv, FD, launch } from "./launch.ts";
import { HOME, type SystemMounts, systemMounts } from "./mounts.ts";
import { findTool, isBelow, ownDeno, planToolchains, type Toolchains } from "./toolchain.ts";
import { firstProcess, observeSandbox } from "./observe.ts";
import { explain } from "./remedy.ts";

export interface BwrapOptions extends Partial<SandboxLimits> {
  /** Default: the PATH and HOME of this process. Only what a toolchain needs of them is shown. */
  path?: string;
  home?: string;
  /** Default: `bwrap` on PATH. */
  bwrap?: string;
  /** False leaves control groups alone: then memory is limited for each process, not for all together. */
  cgroups?: boolean;
}

interface Machine {
  bwrap: string;
  version: string;
  flags: string[];
  prlimit: Prlimit | null;
  cgroup: CgroupPlace | null;
  mounts: SystemMounts;
  tools: Toolchains;
  deno: string | null;
}

const TOOLS = "/run/forge/bin";

/** A sandbox for code that nobody has read. Looks at the machine at first use, once. */
export function bwrapSandbox(options: BwrapOptions = {}): Sandbox {
  const limits = { ...defaultLimits(), ...defined(options) };
  let machine: Promise<Result<Machine, Problem>> | null = null;
  let checked: ReturnType<Sandbox["check"]> | null = null;
  const look = () => machine ??= lookAtMachine(options, limits);
  const run = async (request: SandboxRequest): Promise<Execution> => {
    const here = await look();
    return here.ok ? await runIn(here.value, limits, request) : notStarted(here.error.message);
  };
  const check = async (): ReturnType<Sandbox["check"]> => {
    const here = await look();
    if (!here.ok) return here;
    const dir = await Deno.makeTempDir({ prefix: "edgeforge-check-" });
    try {
      const argv = ["/bin/sh", "-c", "echo works > probe && cat probe"];
      const done = await runIn(here.value, limits, { argv, cwd: dir, timeoutMs: 20_000 });
      if (done.code === 0 && text(done.stdout) === "works\n") {
        return ok({ detail: describe(here.value), memoryLimit: here.value.cgroup !== null });
      }
      return err(explain(text(done.stderr), done.ended));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
  return { level: "bwrap", run, check: () => checked ??= check() };
}

async function lookAtMachine(
  options: BwrapOptions,
  limits: SandboxLimits,
): Promise<Result<Machine, Problem>> {
  if (Deno.build.os !== "linux") return err(explain("", "not-linux"));
  const hostPath = options.path ?? Deno.env.get("PATH") ?? "";
  const bwrap = await findBwrap(options.bwrap, hostPath);
  if (bwrap === null) return err(explain("", "absent"));
  const run = async (flag: string) => {
    const output = await new Deno.Command(bwrap, { args: [flag], clearEnv: true, stdin: "null" }).output();
    return text(output.stdout) + text(output.stderr);
  };
  const [help, version, prlimit, cgroup, tools] = await Promise.all([
    run("--help"),
    run("--version"),
    findPrlimit(),
    options.cgroups === false ? null : findCgroup(),
    planToolchains(hostPath, options.home ?? Deno.env.get("HOME")),
  ]);
  const mounts = await systemMounts({ tmpBytes: limits.tmpBytes, sizeOption: help.includes("--size ") });
  return ok({
    bwrap,
    version: version.trim(),
    flags: help.includes("--disable-userns") ? ["--disable-userns"] : [],
    prlimit,
    cgroup,
    mounts,
    tools,
    deno: ownDeno(),
  });
}

async function findBwrap(given: string | undefined, hostPath: string): Promise<string | null> {
  if (given !== undefined) return (await Deno.stat(given).catch(() => null))?.isFile ? given : null;
  return await findTool("bwrap", [...hostPath.split(":").filter((dir) => dir.startsWith("/")), "/usr/bin"]);
}

function describe(machine: Machine): string {
  const memory = machine.cgroup === null
    ? "no memory limit for all processes together"
    : `memory limit by cgroup v${machine.cgroup.version}`;
  return `${machine.version}, no network, ${memory}`;
}

async function runIn(machine: Machine, limits: SandboxLimits, request: SandboxRequest): Promise<Execution> {
  const env = environment(machine, request);
  const problem = await refuse(machine, request, env);
  if (problem !== null) return notStarted(problem);
  const memoryBytes = request.memoryBytes ?? limits.memoryBytes;
  const group = machine.cgroup === null
    ? null
    : await openCgroup(machine.cgroup, { memoryBytes, maxProcesses: limits.maxProcesses });
  const statusFile = await Deno.makeTempFile({ prefix: "edgeforge-status-" });
  // Inside, where they count the sandbox's processes alone.
  const inner = withLimits(request.argv, machine.prlimit, {
    ...processLimits(limits, machine.cgroup === null ? memoryBytes : null),
    nproc: limits.maxProcesses,
  });
  try {
    const child = launch({
      argv: [
        machine.bwrap,
        ...await bwrapArgs(machine, request, env),
        "--",
        ...inner,
      ],
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      groups: group?.dirs ?? [],
      statusFile,
      accounts: true,
      // An interrupt at the terminal goes to its whole process group: it must not end tests whose result is then taken for theirs.
      detached: true,
    });
    const watched = request.observe === true ? observeSandbox(statusFile) : null;
    let observed: Execution["observed"];
    const captured = await capture(child, {
      timeoutMs: request.timeoutMs,
      maxOutputBytes: request.maxOutputBytes ?? limits.maxOutputBytes,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      // All of the sandbox is in one process namespace, whose first process dies with bubblewrap.
      kill: () => endProcess(child),
    }).finally(() => observed = watched?.stop());
    const { stdout, stderr, ms } = captured;
    const said = await Deno.readTextFile(statusFile);
    const first = firstProcess(said);
    if (first !== null) await namespaceGone(first);
    const exit = /"exit-code": (\d+)/.exec(said)?.[1];
    const ended = await howItEnded(captured, exit, group);
    return {
      code: ended === "by-itself" ? Number(exit) : null,
      ended,
      stdout,
      stderr,
      ms,
      ...(observed === undefined ? {} : { observed }),
    };
  } finally {
    await Promise.all([Deno.remove(statusFile), group?.close()]);
  }
}

async function howItEnded(
  captured: Awaited<ReturnType<typeof capture>>,
  exit: string | undefined,
  group: Cgroup | null,
): Promise<Execution["ended"]> {
  if (captured.cut === "signal" || captured.cut === "output-cap") return captured.cut;
  if (group !== null && await group.oomKills() > 0) return "memory";
  if (captured.cut !== null) return captured.cut;
  if (exit !== undefined) return "by-itself";
  return captured.status.signal === null ? "not-started" : "signal";
}

/** Why the request cannot be run here, or null. */
async function refuse(
  machine: Machine,
  request: SandboxRequest,
  env: Record<string, string>,
): Promise<string | null> {
  const [name] = request.argv;
  if (name === undefined || request.argv.some((part) => part.includes("\0"))) {
    return "there is no command, or it has a NUL byte";
  }
  if (!request.cwd.startsWith("/")) return `the work directory ${request.cwd} is not absolute`;
  const info = await Deno.stat(request.cwd).catch(() => null);
  if (!info?.isDirectory) return `the work directory ${request.cwd} is not there`;
  const cwd = await Deno.realPath(request.cwd);
  const whole = ["/usr", "/etc", "/home", "/root", "/var", "/opt", "/tmp", Deno.env.get("HOME") ?? "/"];
  if (whole.some((dir) => isBelow(dir, cwd))) return `the work directory ${cwd} is not one of a checkout`;
  for (const dir of [...(request.readOnly ?? []), ...(request.writable ?? [])]) {
    if (!dir.startsWith("/") || (await Deno.stat(dir).catch(() => null)) === null) {
      return `${dir} is not there`;
    }
  }
  if (name.includes("/")) return null;
  const path = (env.PATH ?? "").split(":").filter((dir) => dir !== TOOLS);
  if (name === "deno" && machine.deno !== null) return null;
  if (await findTool(name, path) !== null) return null;
  return `the command ${JSON.stringify(name)} is not on PATH inside the sandbox (${path.join(":")})`;
}

function environment(machine: Machine, request: SandboxRequest): Record<string, string> {
  const given = checkEnv(request.env ?? {});
  const path = [...(machine.deno === null ? [] : [TOOLS]), ...machine.tools.path];
  return {
    ...machine.tools.env,
    HOME,
    USER: "forge",
    LOGNAME: "forge",
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    TZ: "UTC",
    TERM: "dumb",
    NO_COLOR: "1",
    DENO_DIR: `${HOME}/.cache/deno`,
    DENO_NO_UPDATE_CHECK: "1",
    DENO_NO_PROMPT: "1",
    GOTOOLCHAIN: "local",
    GOTELEMETRY: "off",
    ...given,
    PATH: [...(given.PATH === undefined ? [] : [given.PATH]), ...path].join(":"),
  };
}

async function bwrapArgs(
  machine: Machine,
  request: SandboxRequest,
  env: Record<string, string>,
): Promise<string[]> {
  const args = [
    "--unshare-all",
    "--unshare-user",
    ...machine.flags,
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
  ];
  args.push(
    "--uid",
    "65534",
    "--gid",
    "65534",
    "--hostname",
    "forge",
    "--clearenv",
    "--json-status-fd",
    FD.status,
  );
  const shared = request.network === "registry";
  if (shared) args.push("--share-net");
  args.push(...machine.mounts.args, ...(shared ? machine.mounts.network : machine.mounts.isolated));
  if (machine.deno !== null) args.push("--ro-bind", machine.deno, `${TOOLS}/deno`);
  const shown = new Map<string, string[]>();
  for (const dir of [...machine.tools.mounts, ...(request.readOnly ?? [])]) {
    shown.set(dir, ["--ro-bind", await Deno.realPath(dir), dir]);
  }
  for (const dir of [...(request.writable ?? []), request.cwd]) {
    shown.set(dir, ["--bind", await Deno.realPath(dir), dir]);
  }
  // A directory before what lies in it, or it would hide it.
  for (const dir of [...shown.keys()].sort()) args.push(...shown.get(dir) ?? []);
  for (const [name, value] of Object.entries(env)) args.push("--setenv", name, value);
  return [...args, "--remount-ro", "/", "--chdir", request.cwd];
}

export function notStarted(why: string): Execution {
  const stderr = new TextEncoder().encode(`Cannot start: ${why}\n`);
  return { code: null, ended: "not-started", stdout: new Uint8Array(), stderr, ms: 0 };
}

function endProcess(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended already */ }
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

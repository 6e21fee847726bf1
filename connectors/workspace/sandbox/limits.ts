import { findTool } from "./toolchain.ts";

/** What a sandboxed command may use, unless the request says otherwise. */
export interface SandboxLimits {
  memoryBytes: number;
  maxOutputBytes: number;
  maxProcesses: number;
  maxOpenFiles: number;
  /** Of one file. */
  maxFileBytes: number;
  /** Of the private /tmp, and of HOME. */
  tmpBytes: number;
}

const MIB = 1024 * 1024;

/** 4 GiB, or three quarters of a smaller machine. */
export function defaultLimits(): SandboxLimits {
  const machine = Deno.systemMemoryInfo().total;
  const memoryBytes = Math.min(4096 * MIB, Math.floor(machine * 0.75));
  return {
    memoryBytes,
    maxOutputBytes: 16 * MIB,
    maxProcesses: 1024,
    maxOpenFiles: 8192,
    maxFileBytes: 2048 * MIB,
    tmpBytes: Math.floor(memoryBytes / 2),
  };
}

/** Limits of single processes, as prlimit names them. */
export type ProcessLimits = Readonly<Record<string, number>>;

/**
 * `dataBytes` is the memory limit of each process where there is no control group. Not the address space: V8 and Go reserve much
 * that they never use, and would not start.
 */
export function processLimits(limits: SandboxLimits, dataBytes: number | null): ProcessLimits {
  return {
    nofile: limits.maxOpenFiles,
    fsize: limits.maxFileBytes,
    core: 0,
    ...(dataBytes === null ? {} : { data: dataBytes }),
  };
}

export interface Prlimit {
  file: string;
  /** What this process itself may have at most: nobody may set more, and prlimit would refuse to start the command. */
  most: ProcessLimits;
}

/** Util-linux has it, so every Linux but the smallest. */
export async function findPrlimit(): Promise<Prlimit | null> {
  if (Deno.build.os !== "linux") return null;
  const file = await findTool("prlimit", ["/usr/bin", "/bin"]);
  return file === null ? null : { file, most: hardLimits(await Deno.readTextFile("/proc/self/limits")) };
}

const NAMES: Readonly<Record<string, string>> = {
  "Max open files": "nofile",
  "Max processes": "nproc",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max core file size": "core",
};

/** The hard limits of /proc/self/limits; unlimited ones are left out. */
export function hardLimits(table: string): ProcessLimits {
  const most: Record<string, number> = {};
  for (const line of table.split("\n")) {
    const found = /^(.+?) {2,}\S+ +(\d+) /.exec(line);
    const name = found === null ? undefined : NAMES[found[1] ?? ""];
    if (name !== undefined) most[name] = Number(found?.[2]);
  }
  return most;
}

/** The command, started by prlimit where there is one. */
export function withLimits(
  argv: readonly string[],
  prlimit: Prlimit | null,
  limits: ProcessLimits,
): string[] {
  if (prlimit === null) return [...argv];
  const flags = Object.entries(limits).map(([name, value]) =>
    `--${name}=${Math.min(value, prlimit.most[name] ?? value)}`
  );
  return [prlimit.file, ...flags, "--", ...argv];
}

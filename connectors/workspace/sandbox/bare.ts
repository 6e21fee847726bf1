/**
 * No isolation: for one's own code, or where bubblewrap does not exist. Time, output and (where the machine allows) memory are
 * still limited, the environment is still clear, HOME and TMPDIR are private; the disk and the network are open.
 */
import { join } from "node:path";
import { ok } from "../../../specs/mod.ts";
import type { Execution, Sandbox, SandboxRequest } from "../../port.ts";
import { notStarted } from "./bwrap.ts";
import { capture } from "./capture.ts";
import { type Cgroup, type CgroupPlace, findCgroup, openCgroup } from "./cgroup.ts";
import { checkEnv, launch } from "./launch.ts";
import {
  defaultLimits,
  findPrlimit,
  type Prlimit,
  processLimits,
  type SandboxLimits,
  withLimits,
} from "./limits.ts";
import { descendantsGone, endDescendants } from "./descendants.ts";
import { findTool, ownDeno } from "./toolchain.ts";
import { removeTree } from "../inside.ts";

/** Of our own environment: where programs are and what toolchains need to find themselves. Never tokens, never settings. */
const PASSED = [
  "PATH",
  "RUSTUP_HOME",
  "PYENV_ROOT",
  "GOROOT",
  "JAVA_HOME",
  "SystemRoot",
  "PATHEXT",
  "ComSpec",
];

/** Runs commands as they are, in level `none`. */
export function bareSandbox(options: Partial<SandboxLimits> & { cgroups?: boolean } = {}): Sandbox {
  const { cgroups, ...given } = options;
  const limits = { ...defaultLimits(), ...given };
  let machine: Promise<[CgroupPlace | null, Prlimit | null]> | null = null;
  const look = () => machine ??= Promise.all([cgroups === false ? null : findCgroup(), findPrlimit()]);
  return {
    level: "none",
    check: async () => {
      const [place] = await look();
      return ok({
        detail: "no isolation: commands see the disk and the network as this process does",
        memoryLimit: place !== null,
      });
    },
    run: async (request) => await runBare(...await look(), limits, request),
  };
}

async function runBare(
  place: CgroupPlace | null,
  prlimit: Prlimit | null,
  limits: SandboxLimits,
  request: SandboxRequest,
): Promise<Execution> {
  const [name] = request.argv;
  if (name === undefined || request.argv.some((part) => part.includes("\0"))) {
    return notStarted("there is no command, or it has a NUL byte");
  }
  if (!(await Deno.stat(request.cwd).catch(() => null))?.isDirectory) {
    return notStarted(`the work directory ${request.cwd} is not there`);
  }
  const home = await Deno.makeTempDir({ prefix: "edgeforge-home-" });
  const marker = crypto.randomUUID();
  let group: Cgroup | null = null;
  try {
    const env = await environment(request, home, marker);
    if (!name.includes("/") && await findTool(name, (env.PATH ?? "").split(":")) === null) {
      return notStarted(`the command ${JSON.stringify(name)} is not on PATH (${env.PATH})`);
    }
    const memoryBytes = request.memoryBytes ?? limits.memoryBytes;
    group = place === null
      ? null
      : await openCgroup(place, { memoryBytes, maxProcesses: limits.maxProcesses });
    const child = launch({
      argv: withLimits(request.argv, prlimit, processLimits(limits, group === null ? memoryBytes : null)),
      cwd: request.cwd,
      env,
      groups: group?.dirs ?? [],
      detached: true,
    });
    const captured = await capture(child, {
      timeoutMs: request.timeoutMs,
      maxOutputBytes: request.maxOutputBytes ?? limits.maxOutputBytes,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      kill: () => endDescendants(child, marker),
    });
    await descendantsGone(marker);
    const { status, cut, stdout, stderr, ms } = captured;
    const memory = group !== null && await group.oomKills() > 0;
    const ended = cut === "signal" || cut === "output-cap"
      ? cut
      : memory
      ? "memory"
      : cut ?? (status.signal === null ? "by-itself" : "signal");
    return { code: ended === "by-itself" ? status.code : null, ended, stdout, stderr, ms };
  } finally {
    await group?.close();
    await removeTree(home);
  }
}

async function environment(
  request: SandboxRequest,
  home: string,
  marker: string,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const key of PASSED) {
    const value = Deno.env.get(key);
    if (value !== undefined) env[key] = value;
  }
  const rustup = join(Deno.env.get("HOME") ?? "/nonexistent", ".rustup");
  // Rustup's proxies look for toolchains below HOME, which is another one here.
  if (env.RUSTUP_HOME === undefined && (await Deno.stat(rustup).catch(() => null))?.isDirectory) {
    env.RUSTUP_HOME = rustup;
  }
  const bin = join(home, "bin");
  const deno = ownDeno();
  if (deno !== null && Deno.build.os !== "windows") {
    await Deno.mkdir(bin);
    await Deno.symlink(deno, join(bin, "deno"));
  }
  await Deno.mkdir(join(home, "tmp"));
  const given = checkEnv(request.env ?? {});
  return {
    ...env,
    HOME: home,
    TMPDIR: join(home, "tmp"),
    LANG: "C.UTF-8",
    TZ: "UTC",
    TERM: "dumb",
    NO_COLOR: "1",
    DENO_DIR: join(home, "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    DENO_NO_PROMPT: "1",
    GOTOOLCHAIN: "local",
    GOTELEMETRY: "off",
    ...given,
    PATH: [...(given.PATH === undefined ? [] : [given.PATH]), bin, env.PATH ?? "/usr/bin:/bin"].join(":"),
    EDGEFORGE_PROCESS: marker,
  };
}

/**
 * Compilers and runtimes often live outside /usr, in the home directory even. This decides what of PATH is shown in the
 * sandbox: only directories that are known to hold a toolchain, never the home directory, never a place of credentials.
 */
import { basename, dirname, join } from "node:path";

export interface Toolchains {
  /** PATH inside. */
  path: string[];
  /** Real directories to show read-only at the same place. */
  mounts: string[];
  env: Record<string, string>;
}

/** Below the home directory: what an entry of PATH needs, as directories relative to home. Groups of the pattern may be used. */
const HOME_RULES: readonly {
  entry: RegExp;
  shows: readonly string[];
  env?: Readonly<Record<string, string>>;
}[] = [
  { entry: /^\.cargo\/bin$/, shows: [".cargo/bin", ".rustup"], env: { RUSTUP_HOME: ".rustup" } },
  {
    entry: /^\.pyenv\/(shims|bin|plugins\/.+|versions\/.+)$/,
    shows: [".pyenv"],
    env: { PYENV_ROOT: ".pyenv" },
  },
  { entry: /^\.rbenv\/(shims|bin)$/, shows: [".rbenv"], env: { RBENV_ROOT: ".rbenv" } },
  { entry: /^\.goenv\/(shims|bin)$/, shows: [".goenv"], env: { GOENV_ROOT: ".goenv" } },
  { entry: /^\.volta\/bin$/, shows: [".volta"], env: { VOLTA_HOME: ".volta" } },
  { entry: /^\.asdf\/(shims|bin)$/, shows: [".asdf"], env: { ASDF_DATA_DIR: ".asdf" } },
  { entry: /^\.local\/share\/mise\/(shims|installs\/.+)$/, shows: [".local/share/mise"] },
  { entry: /^(\.nvm\/versions\/node\/[^/]+)\/bin$/, shows: ["$1"] },
  { entry: /^((?:\.local\/share\/fnm|\.fnm)\/node-versions\/[^/]+\/installation)\/bin$/, shows: ["$1"] },
  { entry: /^(\.sdkman\/candidates\/[^/]+\/[^/]+)\/bin$/, shows: ["$1"] },
  { entry: /^(sdk\/go[^/]*|\.local\/go|go-sdk)\/bin$/, shows: ["$1"] },
  { entry: /^((?:mini|ana)conda3|miniforge3|mambaforge)\/(bin|condabin)$/, shows: ["$1"] },
  {
    entry: /^\.local\/bin$/,
    shows: [".local/bin", ".local/share/uv/python", ".local/share/uv/tools", ".local/pipx/venvs"],
  },
  {
    entry: /^(\.deno\/bin|\.bun\/bin|go\/bin|\.yarn\/bin|\.local\/share\/pnpm|\.ghcup\/bin)$/,
    shows: ["$1"],
  },
];

/** Shown whole, so nothing below them needs a mount. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];
/** Outside these nothing is a toolchain by its place alone. */
const SOFTWARE = ["/opt", "/nix", "/home/linuxbrew/.linuxbrew", "/snap", "/gnu"];

/** What of `hostPath` is shown, and how PATH reads inside. */
export async function planToolchains(hostPath: string, home: string | undefined): Promise<Toolchains> {
  const plan: Toolchains = { path: [], mounts: [], env: {} };
  const realHome = home === undefined || home === "/" ? null : await realPath(home);
  for (const entry of new Set(hostPath.split(":").filter((part) => part.startsWith("/")))) {
    const real = await realPath(entry);
    if (real === null) continue;
    if (SYSTEM.some((root) => isBelow(entry, root))) plan.path.push(entry);
    else if (await isVirtualEnv(dirname(real))) show(plan, real, [dirname(real)]);
    else if (realHome !== null && isBelow(real, realHome)) await showFromHome(plan, real, realHome);
    else if (isBelow(real, "/nix")) show(plan, real, ["/nix/store", real]);
    else if (SOFTWARE.some((root) => isBelow(real, root) && real !== root)) {
      show(plan, real, [["bin", "sbin"].includes(basename(real)) ? dirname(real) : real]);
    }
  }
  await preferPyenvVersions(plan);
  plan.path = [...new Set([...plan.path, "/usr/local/bin", "/usr/bin", "/bin"])];
  plan.mounts = [...new Set(plan.mounts)].filter((dir, _, all) =>
    !all.some((other) => other !== dir && isBelow(dir, other))
  );
  return plan;
}

function show(plan: Toolchains, entry: string, mounts: readonly string[]): void {
  plan.path.push(entry);
  plan.mounts.push(...mounts);
}

async function showFromHome(plan: Toolchains, real: string, home: string): Promise<void> {
  const below = real.slice(home.length + 1);
  for (const rule of HOME_RULES) {
    const found = rule.entry.exec(below);
    if (found === null) continue;
    const dirs = rule.shows.map((dir) => join(home, dir.replace("$1", found[1] ?? "")));
    const there = await Promise.all(dirs.map(realPath));
    show(plan, real, there.filter((dir) => dir !== null && dir !== home && dir !== "/").map(String));
    for (const [name, dir] of Object.entries(rule.env ?? {})) plan.env[name] = join(home, dir);
    return;
  }
}

/** Pyenv's shims are shell scripts that take 100 ms; the version that they would choose is a plain directory. */
async function preferPyenvVersions(plan: Toolchains): Promise<void> {
  const root = plan.env.PYENV_ROOT;
  if (root === undefined) return;
  const chosen = await Deno.readTextFile(join(root, "version")).catch(() => "");
  const bins: string[] = [];
  for (const version of chosen.split(/\s+/).filter((name) => /^[\w.-]+$/.test(name) && name !== "system")) {
    const bin = await realPath(join(root, "versions", version, "bin"));
    if (bin !== null && isBelow(bin, root)) bins.push(bin);
  }
  const first = plan.path.findIndex((dir) => isBelow(dir, root));
  plan.path.splice(Math.max(first, 0), 0, ...bins);
}

async function isVirtualEnv(dir: string): Promise<boolean> {
  return await Deno.stat(join(dir, "pyvenv.cfg")).then((info) => info.isFile, () => false);
}

/** The first executable of that name in the directories of PATH, or null. */
export async function findTool(name: string, path: readonly string[]): Promise<string | null> {
  for (const dir of path) {
    const file = join(dir, name);
    const info = await Deno.stat(file).catch(() => null);
    if (info?.isFile && ((info.mode ?? 0o111) & 0o111) !== 0) return file;
  }
  return null;
}

/** The Deno that runs us, or null when we run as a compiled program. */
export function ownDeno(): string | null {
  if (Deno.build.standalone) return null;
  const path = Deno.execPath();
  return /^deno(\.exe)?$/.test(basename(path)) ? path : null;
}

export function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

async function realPath(path: string): Promise<string | null> {
  return await Deno.realPath(path).catch(() => null);
}

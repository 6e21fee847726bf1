/** What a sandbox shows of this machine: programs and libraries, read-only, and the few files that they need. */
import { join } from "node:path";
import { FD } from "./launch.ts";

/** Of /etc: no accounts, no keys, no machine id, no settings of tools that may hold a token. */
const ETC = [
  "alternatives",
  "ca-certificates",
  "crypto-policies",
  "fonts",
  "gai.conf",
  "host.conf",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "magic",
  "mime.types",
  "nsswitch.conf",
  "os-release",
  "perl",
  "pki/ca-trust",
  "pki/tls/certs",
  "pki/tls/cert.pem",
  "protocols",
  "python3",
  "services",
  "ssl/cert.pem",
  "ssl/certs",
  "ssl/openssl.cnf",
  "terminfo",
  "timezone",
];

export const HOME = "/home/forge";

export interface SystemMounts {
  args: string[];
  /** In addition: without a network only this host has a name, with one the machine's names are shown. */
  isolated: string[];
  network: string[];
}

/** Looks once at how this machine is laid out. */
export async function systemMounts(
  options: { tmpBytes: number; sizeOption: boolean },
): Promise<SystemMounts> {
  const args = ["--ro-bind", "/usr", "/usr"];
  for (const dir of ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]) {
    const info = await Deno.lstat(dir).catch(() => null);
    if (info?.isSymlink) args.push("--symlink", await Deno.readLink(dir), dir);
    else if (info?.isDirectory) args.push("--ro-bind", dir, dir);
  }
  const java = [];
  for await (const entry of Deno.readDir("/etc")) if (/^java(-|$)/.test(entry.name)) java.push(entry.name);
  for (const name of [...ETC, ...java.sort()]) {
    const real = await Deno.realPath(join("/etc", name)).catch(() => null);
    if (real !== null) args.push("--ro-bind", real, join("/etc", name));
  }
  args.push("--ro-bind-data", FD.passwd, "/etc/passwd", "--ro-bind-data", FD.group, "/etc/group");
  args.push("--proc", "/proc", ...await procCovers(), "--dev", "/dev");
  const size = options.sizeOption ? ["--size", String(options.tmpBytes)] : [];
  args.push(...size, "--tmpfs", "/tmp", ...size, "--tmpfs", HOME);
  const network: string[] = [];
  for (const name of ["/etc/resolv.conf", "/etc/hosts"]) {
    const real = await Deno.realPath(name).catch(() => null);
    if (real !== null) network.push("--ro-bind", real, name);
  }
  return { args, isolated: ["--ro-bind-data", FD.hosts, "/etc/hosts"], network };
}

/**
 * When we are root, the sandboxed user is root outside, without capabilities; but `/proc/sys` asks only for the user id, and
 * bubblewrap leaves it writable (seen with 0.8.0: a core pattern could have been set, which the kernel runs as root). So
 * every directory of settings is shown read-only, and files that only root may read or that anybody may write are emptied.
 */
async function procCovers(): Promise<string[]> {
  const args: string[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (/^\d+$/.test(entry.name) || entry.isSymlink || entry.name === "sysvipc") continue;
    const path = join("/proc", entry.name);
    const mode = (await Deno.lstat(path).catch(() => null))?.mode ?? 0;
    if (entry.isDirectory) args.push("--ro-bind", path, path);
    else if ((mode & 0o222) !== 0 || (mode & 0o004) === 0) args.push("--ro-bind", "/dev/null", path);
  }
  return args;
}

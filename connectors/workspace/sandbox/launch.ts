/** Starts a program under limits, with a clear environment, through a fixed shell script. */
import { sessionTool } from "../session.ts";

/**
 * Deno cannot run anything between fork and exec, nor hand over file descriptors; a shell can. The text is fixed: paths
 * and the command come as arguments. It joins the control groups before the program starts (so no child is missed), opens
 * the file for bubblewrap's status, and offers minimal account files, which then need no place on the disk.
 */
const JOIN = `
if [ -n "$1" ]; then exec 9>"$1" || exit 125; fi
shift
while [ "$1" != "--" ]; do echo 0 > "$1/cgroup.procs" || exit 125; shift; done
shift
`;
const ACCOUNTS = `
exec 5<<'PASSWD' 6<<'GROUP' 7<<'HOSTS'
root:x:0:0:root:/root:/bin/sh
forge:x:65534:65534:forge:/home/forge:/bin/sh
PASSWD
root:x:0:
forge:x:65534:
GROUP
127.0.0.1 localhost
::1 localhost
HOSTS
`;

/** File descriptors of the script. */
export const FD = { passwd: "5", group: "6", hosts: "7", status: "9" } as const;

export interface Launch {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  groups: readonly string[];
  /** Offers the account files. */
  accounts?: boolean;
  /** Receives what the program writes to `FD.status`. */
  statusFile?: string;
  /** A process group of its own, for killing it whole. */
  detached?: boolean;
}

/** Starts it with no input and both outputs piped. */
export function launch(what: Launch): Deno.ChildProcess {
  if (Deno.build.os === "windows") return launchDirectly(what);
  const tool = what.detached === true ? sessionTool() : null;
  return new Deno.Command("/bin/sh", {
    args: [
      "-c",
      `${JOIN}${what.accounts ? ACCOUNTS : ""}exec "$@"`,
      "sh",
      what.statusFile ?? "",
      ...what.groups,
      "--",
      ...(tool === null ? [] : [tool]),
      ...what.argv,
    ],
    cwd: what.cwd,
    env: { ...what.env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(what.detached && tool === null ? { detached: true } : {}),
  }).spawn();
}

/** Windows has neither the shell nor the limits. */
function launchDirectly(what: Launch): Deno.ChildProcess {
  const [name = "", ...args] = what.argv;
  return new Deno.Command(name, {
    args,
    cwd: what.cwd,
    env: { ...what.env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Names and values that can be an environment; throws on any other, as that is a bug of the caller. */
export function checkEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value.includes("\0")) {
      throw new Error(
        `Cannot set the environment variable ${JSON.stringify(name)}: not a valid name or value`,
      );
    }
  }
  return { ...env };
}

/** What is seen of a sandbox from outside while it works: nothing that runs in it has a say. Looked at from time to time, so a program that ends at once can be missed. */
import type { Observed } from "../../port.ts";

const EVERY_MS = 200;
const MOST_PROGRAMS = 200;

/** The first process of a sandbox and its process namespace, as bubblewrap tells them. */
export function firstProcess(said: string): { readonly pid: number; readonly namespace: string } | null {
  const found = /"child-pid": (\d+).*"pid-namespace": (\d+)/.exec(said);
  return found === null ? null : { pid: Number(found[1]), namespace: found[2] ?? "" };
}

/** Looks until it is told to stop, and says what it has seen. */
export function observeSandbox(statusFile: string): { stop(): Observed } {
  const programs = new Set<string>();
  let unrouted: number | null = null;
  let first: ReturnType<typeof firstProcess> = null;
  const look = (): void => {
    try {
      first ??= firstProcess(Deno.readTextFileSync(statusFile));
      if (first === null) return;
      unrouted = unroutedIn(Deno.readTextFileSync(`/proc/${first.pid}/net/snmp`)) ?? unrouted;
      for (const name of programsIn(first.namespace)) {
        if (programs.size < MOST_PROGRAMS) programs.add(name);
      }
    } catch { /* it has not begun, or is over */ }
  };
  const timer = setInterval(look, EVERY_MS);
  look();
  return {
    stop() {
      clearInterval(timer);
      return { programs: [...programs].sort(), unrouted };
    },
  };
}

/** Packets and connections that had nowhere to go (`OutNoRoutes`): what a program without a network tried to send. */
export function unroutedIn(snmp: string): number | null {
  const [names, values] = snmp.split("\n").filter((line) => line.startsWith("Ip: ")).map((line) =>
    line.split(" ")
  );
  const at = names?.indexOf("OutNoRoutes") ?? -1;
  const count = at < 0 ? NaN : Number(values?.[at]);
  return Number.isSafeInteger(count) ? count : null;
}

/** Names of the programs that run in a process namespace now, as their own command lines have them. */
function programsIn(namespace: string): string[] {
  const found: string[] = [];
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (Deno.readLinkSync(`/proc/${pid}/ns/pid`) !== `pid:[${namespace}]`) continue;
      const [program = ""] = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
      const name = program.split("/").pop() ?? "";
      if (name !== "") found.push(name.slice(0, 100));
    } catch { /* gone, or not ours */ }
  }
  return found;
}

/** Ends a program with what it started, where there is no process namespace to do it. */

/** Kills the process group, then (on Linux) every process that carries the marker in its environment: also those that left the group. */
export function endDescendants(child: Deno.ChildProcess, marker: string): void {
  if (Deno.build.os === "windows") {
    end(() => child.kill("SIGKILL"));
    return;
  }
  end(() => Deno.kill(-child.pid, "SIGKILL"));
  // A process that forks while we look is found by the next look.
  for (let round = 0; round < 20; round++) {
    const left = marked(marker);
    if (left.length === 0) return;
    for (const pid of left) end(() => Deno.kill(pid, "SIGKILL"));
  }
}

/** Resolves when no process with the marker is left: a killed one takes a moment to go, longer on a busy machine. */
export async function descendantsGone(marker: string): Promise<void> {
  await poll(() => marked(marker).length === 0);
}

/**
 * Resolves when the first process of a process namespace has ended, which it does only after all others in it. The namespace tells
 * it from a stranger that was given its number since.
 */
export async function namespaceGone(first: { pid: number; namespace: string }): Promise<void> {
  await poll(() => {
    try {
      return Deno.readLinkSync(`/proc/${first.pid}/ns/pid`) !== `pid:[${first.namespace}]` ||
        isDead(first.pid);
    } catch {
      return true; // no such process any more
    }
  });
}

const GONE_MS = 10_000;

async function poll(done: () => boolean): Promise<void> {
  const started = performance.now();
  for (let wait = 1; !done(); wait = Math.min(wait * 2, 50)) {
    if (performance.now() - started > GONE_MS) {
      throw new Error(`Processes of a command are still there ${GONE_MS} ms after they were killed`);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function marked(marker: string): number[] {
  if (Deno.build.os !== "linux") return [];
  const found: number[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    const pid = Number(entry.name);
    if (!Number.isInteger(pid) || pid === Deno.pid) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${pid}/environ`).includes(marker) && !isDead(pid)) found.push(pid);
    } catch { /* gone, or not ours */ }
  }
  return found;
}

function isDead(pid: number): boolean {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

function end(kill: () => void): void {
  try {
    kill();
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound || error instanceof TypeError ||
      (error instanceof Error && /ESRCH|no such process|already terminated/i.test(error.message));
    if (!gone) throw error;
  }
}

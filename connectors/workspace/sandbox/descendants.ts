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

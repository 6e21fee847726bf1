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

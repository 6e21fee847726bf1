/** A whole process, measured from outside: wall clock, processor time of all its threads, largest resident memory. */

export interface Measured {
  readonly wallMs: number;
  /** User and system time together; null where `time` of GNU is not installed. */
  readonly cpuMs: number | null;
  readonly peakMb: number | null;
  readonly stdout: string;
}

const TIME = "/usr/bin/time";

/** Runs a command to its end. Throws with the end of its error output when it fails. */
export async function measuredProcess(
  command: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly room: string },
): Promise<Measured> {
  const report = `${options.room}/time.txt`;
  const isTimed = await exists(TIME);
  const [program, given] = isTimed
    ? [TIME, ["-o", report, "-f", "%U %S %M", command, ...args]]
    : [command, [...args]];
  const began = performance.now();
  const { success, code, stdout, stderr } = await new Deno.Command(program, {
    args: given,
    stdin: "null",
    ...(options.env === undefined ? {} : { env: options.env }),
  }).output();
  const wallMs = performance.now() - began;
  if (!success) {
    const why = new TextDecoder().decode(stderr).slice(-2000) + new TextDecoder().decode(stdout).slice(-2000);
    throw new Error(`Cannot measure ${command} ${args.join(" ")}: it ended with ${code}\n${why}`);
  }
  let cpuMs: number | null = null;
  let peakMb: number | null = null;
  if (isTimed) {
    const [user = NaN, system = NaN, kilobytes = NaN] = (await Deno.readTextFile(report)).trim().split(" ")
      .map(Number);
    cpuMs = (user + system) * 1000;
    peakMb = kilobytes / 1024;
    await Deno.remove(report);
  }
  return { wallMs, cpuMs, peakMb, stdout: new TextDecoder().decode(stdout) };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

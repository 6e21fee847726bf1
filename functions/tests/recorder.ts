/** A command line's surroundings that remember what was printed. */
import type { Io } from "../cli/command.ts";

export interface Recorder extends Io {
  stdout: string;
  stderr: string;
}

export function recorder(cwd = "/", given: Partial<Io> = {}): Recorder {
  return {
    stdout: "",
    stderr: "",
    out(text) {
      this.stdout += text;
    },
    err(text) {
      this.stderr += text;
    },
    env: () => undefined,
    cwd,
    terminal: false,
    color: false,
    columns: 80,
    interrupted: new AbortController().signal,
    ...given,
  };
}

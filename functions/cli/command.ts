import type { Problem } from "../../specs/mod.ts";

export interface Option {
  type: "boolean" | "string";
  short?: string;
  /** What stands for the value in help. */
  value?: string;
  summary: string;
}

/** Where a command reads and writes. Tests give their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly env: (name: string) => string | undefined;
  /** The caller's directory: relative paths resolve against it. */
  readonly cwd: string;
  readonly terminal: boolean;
  readonly color: boolean;
  /** Whether the answer on stdout may be coloured. */
  readonly outColor?: boolean;
  readonly columns: number;
  /** Aborts when the user interrupts. */
  readonly interrupted: AbortSignal;
}

export interface Invocation {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly io: Io;
}

/** What a command answers: a document for `--json`, text for people, an exit code. */
export interface Answer {
  exit: number;
  /** Undefined when the command has printed everything itself. */
  document: unknown;
  text: string;
}

export type Handler = (invocation: Invocation) => Promise<Answer>;

export interface Command {
  readonly path: readonly string[];
  readonly summary: string;
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** Command lines that work as they stand, but for the names in them. */
  readonly examples: readonly string[];
  /** What else one has to know to use it. */
  readonly more?: string;
  readonly load: () => Promise<Handler>;
}

/** Ends a command with an error for people and an exit code. */
export class CommandError extends Error {
  /** `about` stands beside the error in the document, such as the run that it concerns. */
  constructor(
    readonly problem: Problem,
    readonly exit: number,
    readonly about: Readonly<Record<string, string>> = {},
  ) {
    super(problem.message);
    this.name = "CommandError";
  }
}

/** Exit 2: the words or the input are wrong. */
export function usage(message: string, remedy: string, extra: Partial<Problem> = {}): CommandError {
  return new CommandError({ code: "usage", message, remedy, ...extra }, 2);
}

/** One place where a failure is not told. */
export interface Swallow {
  line: number;
  kind: string;
  detail: string;
  /** The same elsewhere has the same, however it is indented. */
  key: string;
  /** Commands that it silences, without white space. */
  commands: string[];
  /** It is a check: a test, a linter, a type check, a build. */
  checks: boolean;
  /** Who runs it. */
  name: string;
  /** Statements of code that it keeps from telling their failure. */
  body?: string[];
}

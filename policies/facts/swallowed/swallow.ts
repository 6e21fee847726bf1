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
  /** The calls in them. */
  calls?: string[];
  /** It counts only where base gave the failure of these on. */
  handled?: string[];
  /** Where nothing was told before, it is not worth a word. */
  onlySilenced?: true;
}

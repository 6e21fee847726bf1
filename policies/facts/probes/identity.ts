import type { CodeLanguage } from "../../../specs/mod.ts";

/** Ways to values that tell a program where, how and by whom it is run. */
export interface Identity {
  way: RegExp;
  /**
   * `mark`: a comparison with a literal tells. `presence`: any condition does. `frames`: what is found in it, or how much of it.
   * `words`: the name of a runner in all of it.
   */
  kind: "mark" | "presence" | "frames" | "words";
  says: string;
  /** Where only one language means this by it. */
  only?: CodeLanguage;
}

const STARTED = "asks how or where the process was started";
const STACK = "looks at its own call stack";

export const IDENTITIES: readonly Identity[] = [
  { kind: "mark", says: STARTED, way: /^Deno\.(?:mainModule|pid|ppid|cwd\(\)|hostname\(\))$/ },
  {
    kind: "mark",
    says: STARTED,
    way: /^process\.(?:pid|ppid|argv0|title|cwd\(\)|argv\[[01]\]|argv\.at\(\))$/,
  },
  { kind: "mark", says: STARTED, way: /^require\.main\.(?:filename|path|id)$/ },
  {
    kind: "mark",
    says: STARTED,
    way: /^(?:import\.meta\.(?:url|dirname|filename)|__dirname|__filename|__file__)$/,
  },
  {
    kind: "mark",
    says: STARTED,
    way: /^(?:os|module:os)\.(?:hostname\(\)|userInfo\(\)\.\w+|getlogin\(\)|uname\(\)(?:\.nodename|\[1\]))$/,
  },
  { kind: "presence", says: STARTED, way: /^process\.execArgv$/ },
  { kind: "presence", says: STARTED, way: /^(?:Deno|os|module:os)\.networkInterfaces\(\)\.length$/ },
  {
    kind: "mark",
    says: STARTED,
    way:
      /^(?:sys\.(?:argv\[0\]|orig_argv(?:\[\d\])?)|os\.(?:getpid|getppid|getcwd|getcwdb)\(\)|(?:module:pathlib\.)?Path\.cwd\(\)|socket\.gethostname\(\)|platform\.node\(\)|module:getpass\.getuser\(\)|getpass\.getuser\(\))$/,
  },
  { kind: "presence", says: STARTED, way: /^sys\.(?:gettrace|getprofile)\(\)$/ },
  {
    kind: "mark",
    says: STARTED,
    way:
      /^(?:os\.(?:Args\[0\]|Getpid\(\)|Getppid\(\)|Getwd\(\)|Hostname\(\)|Executable\(\))|user\.Current\(\))$/,
  },
  {
    kind: "mark",
    says: STARTED,
    way:
      /^(?:ProcessHandle\.current\(\)\.\w+\(\)|InetAddress\.getLocalHost\(\)(?:\.\w+\(\))?|ManagementFactory\.getRuntimeMXBean\(\)\.\w+\(\)|Thread\.currentThread\(\)\.getName\(\))$/,
  },
  {
    kind: "mark",
    says: STARTED,
    way:
      /^(?:std\.)?(?:process\.id\(\)|env\.(?:current_dir|current_exe)\(\)|env\.args\(\)\.(?:next|nth)\(\)|thread\.current\(\)\.name\(\))$/,
  },

  { kind: "words", says: STARTED, way: /^(?:process\.argv|sys\.argv|os\.Args)$/ },

  { kind: "frames", says: STACK, way: /^Error\(\)\.stack$/ },
  {
    kind: "frames",
    says: STACK,
    only: "ecmascript",
    way: /^(?:e|err|error|ex|exc|exception|cause|[a-z]\w*(?:Error|Err|Exception))\.stack$/,
  },
  { kind: "frames", says: STACK, way: /^inspect\.(?:stack|currentframe|getouterframes|trace)\(\)$/ },
  { kind: "frames", says: STACK, way: /^sys\._(?:getframe|current_frames)\(\)$/ },
  { kind: "frames", says: STACK, way: /^traceback\.(?:extract_stack|format_stack|walk_stack)\(\)$/ },
  {
    kind: "frames",
    says: STACK,
    way: /^(?:runtime\.(?:Caller|Callers|Stack|CallersFrames|FuncForPC)|debug\.Stack)\(\)$/,
  },
  { kind: "frames", says: STACK, way: /getStackTrace\(\)$|^StackWalker\.getInstance\(\)$/ },
];

/** Literals that honest programs compare with such values: roots, schemes, the first process, debuggers. */
export const HONEST_LITERAL =
  /^(?:[/\\.]|[A-Z]:[\\/]?|[01]|-1|file:(?:\/\/)?|https?:(?:\/\/)?|\/?node_modules\/?|\/?\.git\/?|\.asar|app\.asar|package\.json|--(?:inspect|debug)[\w-]*|__main__\.py|~|\.(?:[cm]?[jt]sx?|pyc?|go|rs|sh|json)|\W+)$/;

/** Literals by which a stack tells a test runner; how a stack is laid out is no news. */
export const RUNNER_WORD =
  /test|spec|jest|vitest|mocha|jasmine|runner|harness|assert|expect|node:internal|ext:|bats|nose|junit|suite/i;

/** Environment variables that test runners and their sandboxes set, or leave out. */
export const RUNNER_VARIABLES = [
  "NODE_TEST_CONTEXT",
  "NODE_V8_COVERAGE",
  "JEST_WORKER_ID",
  "VITEST_WORKER_ID",
  "VITEST",
  "MOCHA_COLORS",
  "PYTEST_CURRENT_TEST",
  "PYTEST_VERSION",
  "BATS_TEST_NAME",
  "NEXTEST",
  "RUST_TEST_THREADS",
  "TAP_VERSION",
  "HARNESS_ACTIVE",
  "GO_TEST",
  "DENO_TESTING",
  "GITHUB_ACTIONS",
  "CI",
];

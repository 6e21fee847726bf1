import type { CodeLanguage, FileFacts, TestProbe } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";

/** What product code has no business with: who runs it, the libraries of its tests, equality that always says yes. */
interface Probe {
  kind: TestProbe["kind"];
  languages: readonly CodeLanguage[];
  /** Applied to one line of at most `MAX_LINE` characters; no nested repetition, so that the time is linear. */
  line: RegExp;
  /** As the finding names it: never the line itself. */
  text: string;
}

const MAX_LINE = 2000;
const MAX_FOUND = 200;

const PROBES: readonly Probe[] = [
  {
    kind: "test-library",
    languages: ["ecmascript"],
    line:
      /(?:from|import|require)\s*\(?\s*["'](?:npm:)?(?:node:test|vitest|jest|@jest\/\w+|mocha|chai|bun:test|expect|sinon)(?:@[^"']*)?["']/,
    text: "imports a test library",
  },
  {
    kind: "test-library",
    languages: ["ecmascript"],
    line:
      /(?:\b(?:assert|expect|chai|Assertion|jest|vi|mocha|Deno\.test|globalThis\.(?:assert|expect|test|it|describe))(?:\.\w+)*\s*=[^=>])|(?:Object\.(?:assign|defineProperty|defineProperties)|Reflect\.(?:set|defineProperty))\s*\(\s*(?:assert|expect|chai|Deno\b|globalThis\b)/,
    text: "changes a test or assertion library",
  },
  {
    kind: "test-library",
    languages: ["python"],
    line:
      /^\s*(?:import|from)\s+(?:unittest|pytest|_pytest|doctest|nose|hypothesis)\b|__import__\(\s*["'](?:unittest|pytest|_pytest)|import_module\(\s*["'](?:unittest|pytest|_pytest)|\b(?:unittest|pytest|TestCase)(?:\.\w+)+\s*=[^=]|setattr\(\s*(?:unittest|pytest|TestCase)/,
    text: "imports or changes a test library",
  },
  {
    kind: "test-library",
    languages: ["go"],
    line: /^\s*(?:import\s+)?(?:\w+\s+)?"testing(?:\/\w+)?"/,
    text: "imports package testing",
  },
  {
    kind: "test-library",
    languages: ["java"],
    line: /^\s*import\s+(?:static\s+)?(?:org\.junit|org\.testng|org\.assertj|org\.hamcrest|org\.mockito)\b/,
    text: "imports a test library",
  },
  {
    kind: "test-library",
    languages: ["ecmascript"],
    line: /\bgetBuiltinModule\b|\bimport\(\s*[A-Za-z_$([][^"'`)]*\)|createRequire\([^)]*\)\s*\(\s*[^"'\s]/,
    text: "loads a module whose name is made at run time",
  },
  {
    kind: "test-library",
    languages: ["python"],
    line: /\bgc\.get_(?:objects|referrers|referents)\b|\b(?:__import__|import_module)\(\s*[^"'\s)]/,
    text: "loads a module whose name is made at run time, or searches all objects",
  },
  {
    kind: "runner",
    languages: ["ecmascript"],
    line: /\bDeno\.(?:mainModule|pid|ppid)\b|\bprocess\.execArgv\b/,
    text: "asks how the process was started",
  },
  {
    kind: "runner",
    languages: ["ecmascript", "python", "go"],
    line:
      /\b(?:Deno\.cwd|process\.cwd|os\.getcwd|Path\.cwd|Deno\.hostname|os\.hostname|gethostname|platform\.node)\(\)[\s)]{0,4}(?:\.\s*(?:startsWith|startswith|endsWith|endswith|includes|match|indexOf|search)\b|[=!]==?|\s+(?:not\s+)?in\b)|["'][^"']{1,80}["']\s+in\s+(?:str\()?(?:os\.getcwd|Path\.cwd|socket\.gethostname)\(/,
    text: "asks where it runs",
  },
  {
    kind: "runner",
    languages: ["python"],
    line: /sys\.argv\[0\][^#]{0,40}(?:endswith|startswith|==|!=)|\bin\s+sys\.argv\[0\]/,
    text: "asks how the process was started",
  },
  {
    kind: "runner",
    languages: ["shell"],
    line: /\$\{#(?:BASH_SOURCE|FUNCNAME|BASH_LINENO)\[[@*]\]\}|\$\{?FUNCNAME\b/,
    text: "asks how the process was started",
  },
  {
    kind: "runner",
    languages: ["ecmascript", "python", "go", "java", "rust", "shell"],
    line:
      /\b(?:NODE_TEST_CONTEXT|NODE_V8_COVERAGE|JEST_WORKER_ID|VITEST(?:_\w+)?|MOCHA_\w+|PYTEST_\w+|BATS_\w+|NEXTEST\w*|RUST_TEST_\w+|TAP_VERSION|HARNESS_ACTIVE|GO_TEST\w*|DENO_TESTING)\b/,
    text: "asks the environment for a test runner",
  },
  {
    kind: "runner",
    languages: ["ecmascript"],
    line:
      /(?:process\.env|import\.meta\.env)\s*(?:\.|\[\s*["'])\s*(?:CI|TEST|TESTING|IS_TEST)\b|Deno\.env\.(?:get|has)\(\s*["'](?:CI|TEST|TESTING|IS_TEST)["']|NODE_ENV\b[^;]{0,40}["']test["']|["']test["'][^;]{0,40}NODE_ENV\b/,
    text: "asks the environment for a test runner",
  },
  {
    kind: "runner",
    languages: ["python"],
    line:
      /environ[^#]{0,40}["'](?:CI|TEST|TESTING|IS_TEST)["']|getenv\(\s*["'](?:CI|TEST|TESTING|IS_TEST)["']|["'](?:unittest|pytest|_pytest)["']\s+(?:not\s+)?in\s+[^#\n]{0,60}\bmodules\b|sys\.modules[^#]{0,40}(?:unittest|pytest|test)/,
    text: "asks for a test runner",
  },
  {
    kind: "runner",
    languages: ["go"],
    line:
      /os\.(?:Getenv|LookupEnv)\(\s*"(?:CI|TEST|TESTING|IS_TEST)"|testing\.Testing\(|flag\.Lookup\(\s*"test\.|os\.Args\[0\][^\n]{0,80}test|Executable\(\)[^\n]{0,80}test/,
    text: "asks for a test runner",
  },
  {
    kind: "runner",
    languages: ["shell"],
    line:
      /\$\{?(?:CI|TEST|TESTING|IS_TEST)\b|(?:\$0|\$\{0|BASH_SOURCE|FUNCNAME|\/proc\/)[^#]{0,120}test|test[^#]{0,60}(?:\$0|\$\{0|BASH_SOURCE|FUNCNAME)/,
    text: "asks who runs it",
  },
  {
    kind: "runner",
    languages: ["ecmascript"],
    line:
      /(?:process\.argv|Deno\.args|Deno\.mainModule|require\.main|process\.execArgv)[^;]{0,120}test|new\s+Error\([^)]*\)\s*\.stack|\b(?:e|err|error|ex)\??\.stack\b[^;]{0,80}(?:includes|match|indexOf|test|search)\s*\(|(?:captureStackTrace|prepareStackTrace)/,
    text: "looks at its own call stack or command line",
  },
  {
    kind: "runner",
    languages: ["python"],
    line:
      /\binspect\.(?:stack|currentframe|getouterframes)\b|\bsys\._getframe\b|\btraceback\.(?:extract_stack|format_stack)\b|sys\.argv[^#]{0,80}test/,
    text: "looks at its own call stack or command line",
  },
  {
    kind: "runner",
    languages: ["go"],
    line: /\bruntime\.(?:Caller|Callers|Stack)\(|\bdebug\.Stack\(/,
    text: "looks at its own call stack",
  },
  {
    kind: "runner",
    languages: ["java"],
    line: /getStackTrace\(\)[^;]{0,120}(?:test|junit)|StackWalker/i,
    text: "looks at its own call stack",
  },
  {
    kind: "shadow",
    languages: ["shell"],
    line:
      /^\s*(?:function\s+)?(?:\[\[?|test|echo|printf|exit|return|set|trap|true|false|eval|source|diff|cmp|grep|command|builtin)\s*\(\s*\)|^\s*alias\s+(?:\[\[?|test|echo|printf|exit|diff|cmp|grep)=/,
    text: "takes the place of a built-in command",
  },
];

/** Equality that does not compare: the head of the definition, and a constant within the next lines. */
const EQUALITY: readonly { languages: readonly CodeLanguage[]; head: RegExp; constant: RegExp }[] = [
  {
    languages: ["python"],
    head: /^\s*def\s+__(?:eq|ne)__\s*\(|__(?:eq|ne)__\s*=\s*lambda/,
    constant: /return\s+(?:True|False)\b|lambda[^:]{0,80}:\s*(?:True|False)\b/,
  },
  {
    languages: ["ecmascript"],
    head: /\[Symbol\.toPrimitive\]|\b(?:valueOf|toJSON)\s*(?:\(|=)/,
    constant: /(?:return|=>)\s*(?:["'`\d]|true\b|false\b)/,
  },
  { languages: ["java"], head: /boolean\s+equals\s*\(/, constant: /return\s+true\b/ },
  {
    languages: ["rust"],
    head: /fn\s+(?:eq|ne)\s*\(/,
    constant: /^\s*(?:true|false)\s*$|\{\s*(?:true|false)\s*\}/,
  },
];

/**
 * Lines that the change adds to product code and that ask who runs the code, reach into test libraries, or make equality blind
 * (T8 of the gate catalogue). Any of these can be honest; none can be judged by a machine.
 */
export async function testProbes(files: readonly FileFacts[], contents: Contents): Promise<TestProbe[]> {
  const found: TestProbe[] = [];
  for (const file of files) {
    const { language, path } = file;
    if (file.kind !== "code" || language === null || file.status === "D") continue;
    const after = await contents.head(file);
    if (after === null) continue;
    const before = new Set((await contents.base(file))?.split("\n").map((line) => line.trim()) ?? []);
    const lines = after.split("\n");
    const bound = assertionBinding(after);
    const support = TEST_SUPPORT.test(path);
    for (const [at, whole] of lines.entries()) {
      const line = whole.slice(0, MAX_LINE);
      if (line.trim() === "" || before.has(whole.trim())) continue;
      for (const probe of PROBES) {
        if (support && probe.kind === "test-library") continue;
        if (!probe.languages.includes(language) || !probe.line.test(line)) continue;
        found.push({ path, line: at + 1, kind: probe.kind, text: probe.text });
        break;
      }
      if (bound !== null && language === "ecmascript" && changesBinding(line, bound)) {
        found.push({ path, line: at + 1, kind: "test-library", text: "changes an assertion library" });
      }
      const blind = EQUALITY.find((one) => one.languages.includes(language) && one.head.test(line));
      if (blind && lines.slice(at, at + 4).some((next) => blind.constant.test(next.slice(0, MAX_LINE)))) {
        found.push({
          path,
          line: at + 1,
          kind: "equality",
          text: "says how it compares or turns into a plain value",
        });
      }
      if (found.length >= MAX_FOUND) return found;
    }
  }
  return found;
}

/** Folders and files that hold what tests lean on: they may import test libraries. */
const TEST_SUPPORT =
  /(?:^|\/)(?:test|tests|testing|testutils?|testhelp\w*|__tests__|mocks?|fixtures?)(?:\/|\.\w+$)|_testing\.\w+$|conftest\.py$/i;

/** The name under which a module has an assertion library, which is fine as long as it only asks it. */
function assertionBinding(text: string): string | null {
  const found =
    /(?:import\s+(?:\*\s+as\s+)?([\w$]{1,80})[^"'\n]{0,200}from|(?:const|let|var)\s+([\w$]{1,80})\s*=\s*require\()\s*["'](?:node:)?assert(?:\/strict)?["']/
      .exec(text);
  return found?.[1] ?? found?.[2] ?? null;
}

function changesBinding(line: string, name: string): boolean {
  const at = line.indexOf(name);
  if (at < 0) return false;
  const rest = line.slice(at + name.length);
  return /^(?:\.\w+|\[[^\]]{1,80}\])+\s*=(?!=)/.test(rest) ||
    /(?:assign|defineProperty|defineProperties|set|setPrototypeOf)\s*\(\s*$/.test(line.slice(0, at));
}

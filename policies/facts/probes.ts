import type { CodeLanguage, FileFacts, TestProbe } from "../../specs/mod.ts";
import { namedTests } from "./probes/named_tests.ts";
import type { Contents } from "./content.ts";
import { environmentProbes } from "./probes/environment.ts";
import { blindEquality } from "./probes/equality.ts";
import { type Finding, identityFlows } from "./probes/flow.ts";
import { testLibraryReach } from "./probes/library.ts";
import { programOf } from "./probes/program.ts";
import { shellProbes } from "./probes/shell.ts";
import { tokensOf } from "./source/lexicon.ts";
import { type Node, syntaxOf } from "./syntax/tree.ts";

/** What a line of code says by its words alone, whatever becomes of it. */
interface Word {
  kind: TestProbe["kind"];
  languages: readonly CodeLanguage[];
  /** Applied to one line of at most `MAX_LINE` characters without comments; no nested repetition, so that the time is linear. */
  line: RegExp;
  /** As the finding names it: never the line itself. */
  text: string;
  /** What helps tests may do this. */
  support?: true;
}

const MAX_LINE = 2000;
/** Longer than anything that is looked for. */
const OVERLAP = 200;
const MAX_FOUND = 200;
/** Files beyond this are not read as programs, and said to be unread; their words are still looked at. */
const MAX_TREE = 250_000;

const TOO_LONG = "is too long to be followed";
const NOT_UNDERSTOOD = "is written in a way that is not understood here";

const WORDS: readonly Word[] = [
  {
    kind: "test-library",
    languages: ["ecmascript"],
    line:
      /(?:from|import|require)\s*\(?\s*["'](?:npm:)?(?:node:test|vitest|jest|@jest\/\w+|mocha|bun:test|sinon)(?:@[^"']*)?["']/,
    text: "imports a test runner",
    support: true,
  },
  {
    kind: "test-library",
    languages: ["python"],
    line: /^\s*(?:import|from)\s+(?:unittest|pytest|_pytest|nose|hypothesis)\b/,
    text: "imports a test runner",
    support: true,
  },
  {
    kind: "test-library",
    languages: ["go"],
    line: /^\s*(?:import\s+)?(?:\w+\s+)?"testing(?:\/\w+)?"/,
    text: "imports package testing",
    support: true,
  },
  {
    kind: "test-library",
    languages: ["java"],
    line: /^\s*import\s+(?:static\s+)?(?:org\.junit|org\.testng|org\.assertj|org\.hamcrest|org\.mockito)\b/,
    text: "imports a test library",
    support: true,
  },
  {
    kind: "runner",
    languages: ["go"],
    line:
      /\btesting\.(?:Testing|Short|Verbose|CoverMode|Init)\(|\bflag\.(?:CommandLine\.)?Lookup\(\s*"test\./,
    text: "asks for a test runner",
    support: true,
  },
  {
    kind: "runner",
    languages: ["rust"],
    line: /\bcfg!\(\s*test\b|#\[cfg\(\s*not\(\s*test\s*\)\s*\)\]/,
    text: "is another program where it is tested",
  },
  {
    kind: "runner",
    languages: ["ecmascript"],
    line: /\bError\.prepareStackTrace\s*=[^=]/,
    text: "looks at its own call stack",
  },
  {
    kind: "runner",
    languages: ["shell"],
    line:
      /\$\{?(?:CI|TEST|TESTING|IS_TEST|NODE_TEST_CONTEXT|JEST_WORKER_ID|VITEST\w*|MOCHA_\w+|PYTEST_\w+|BATS_\w+|TAP_VERSION|HARNESS_ACTIVE)\b/,
    text: "asks the environment for a test runner",
  },
  {
    kind: "shadow",
    languages: ["shell"],
    line:
      /^\s*(?:function\s+)?(?:\[\[?|test|echo|printf|exit|return|set|trap|true|false|eval|source|diff|cmp|grep|command|builtin)\s*\(\s*\)|^\s*alias\s+(?:\[\[?|test|echo|printf|exit|diff|cmp|grep)=/,
    text: "takes the place of a built-in command",
  },
];

/** Without any of these a program has nothing to be followed: its tree need not be built. */
const WORTH_A_TREE =
  /\b(?:Deno|process|import\.meta|__dirname|__filename|__file__|stack|assert|expect|chai|jest|prototype|defineProperty|Reflect|import\s*\(|require|createRequire|getBuiltinModule|valueOf|toString|toPrimitive|toJSON|equals|hasInstance|describe|typeof|globalThis|os|sys|gc|inspect|traceback|socket|platform|getpass|Path|__import__|importlib|import_module|setattr|unittest|TestCase|builtins|__eq__|__ne__|__contains__|__instancecheck__|runtime|debug|user|Equal|Eq|getStackTrace|StackWalker|ProcessHandle|Thread|System|InetAddress|ManagementFactory|forName|env|fn\s+(?:eq|ne)|thread)\b|\b(?:Object|Array|String|Number|Boolean|RegExp|Map|Set|Promise|Error|Symbol|Function|Date|JSON|Math|Proxy)\.\w+\s*=[^=]/;

/** Folders and files that hold what tests lean on: they may import test libraries. */
const TEST_SUPPORT =
  /(?:^|[\/._-])(?:tests?|testing|testutils?|testhelp\w*|testkit|testlib|testsupport|testdata|__tests__|mocks?|fakes?|stubs?|fixtures?|conftest|spec_?helpers?|harness)(?:[\/._-]|$)|\w{2,}test\/[^/]+\.go$/i;

/**
 * Lines that the change adds to product code and that decide by who runs the code, change test libraries, or make equality blind
 * (T8 of the gate catalogue). Any of these can be honest; none can be judged by a machine.
 */
export async function testProbes(files: readonly FileFacts[], contents: Contents): Promise<TestProbe[]> {
  const found: TestProbe[] = [];
  for (const file of files) {
    const { language, path } = file;
    if (file.kind !== "code" || language === null || file.status === "D") continue;
    const after = await contents.head(file);
    if (after === null) {
      if (contents.tooLarge.has(path)) found.push({ path, line: 1, kind: "unread", text: TOO_LONG });
      continue;
    }
    const before = new Set((await contents.base(file))?.split("\n").map((line) => line.trim()) ?? []);
    const lines = after.split("\n");
    const isNew = (line: number) => {
      const text = (lines[line - 1] ?? "").trim();
      return text !== "" && !before.has(text);
    };
    const seen = new Set<number>();
    for (
      const probe of [
        ...wordsOf(after, language, path),
        ...await followed(after, language, path, isNew),
        ...TEST_SUPPORT.test(path) ? [] : namedTests(lines, isNew),
      ]
    ) {
      if (!isNew(probe.line) || seen.has(probe.line)) continue;
      seen.add(probe.line);
      found.push({ path, ...probe });
      if (found.length >= MAX_FOUND) return found;
    }
  }
  return found;
}

type Probe = Omit<TestProbe, "path">;

function wordsOf(text: string, language: CodeLanguage, path: string): Probe[] {
  const words = WORDS.filter(({ languages, support }) =>
    languages.includes(language) && !(support && TEST_SUPPORT.test(path))
  );
  const found: Probe[] = [];
  for (const [at, line] of withoutComments(text, language).entries()) {
    const word = pieces(line).map((piece) => words.find((one) => one.line.test(piece))).find((one) => one);
    if (word) found.push({ line: at + 1, kind: word.kind, text: word.text });
  }
  return found;
}

async function followed(
  text: string,
  language: CodeLanguage,
  path: string,
  isNew: (line: number) => boolean,
): Promise<Probe[]> {
  const as = (kind: TestProbe["kind"]) => (finding: Finding): Probe => ({ ...finding, kind });
  if (language === "shell") return shellProbes(text).map(as("runner"));
  const lines = text.split("\n");
  const isWorth = (line: number) =>
    pieces(lines[line - 1] ?? "").some((piece) => WORTH_A_TREE.test(piece)) && isNew(line);
  const worth = lines.findIndex((_, at) => isWorth(at + 1)) + 1;
  if (worth === 0) return [];
  if (text.length > MAX_TREE) return [{ line: worth, kind: "unread", text: TOO_LONG }];
  const tree = await syntaxOf(text, language, path);
  const blind = unreadLines(tree).find(isWorth);
  const program = programOf(tree);
  return [
    ...(blind === undefined ? [] : [{ line: blind, kind: "unread" as const, text: NOT_UNDERSTOOD }]),
    ...testLibraryReach(program).map(as("test-library")),
    ...environmentProbes(program).map(as("runner")),
    ...identityFlows(program, language).map(as("runner")),
    ...blindEquality(program, language).map(as("equality")),
  ];
}

/** A line in pieces that overlap, so that the time for each is bounded. */
function pieces(line: string): string[] {
  const found = [line.slice(0, MAX_LINE)];
  for (let at = MAX_LINE - OVERLAP; at + OVERLAP < line.length; at += MAX_LINE - OVERLAP) {
    found.push(line.slice(at, at + MAX_LINE));
  }
  return found;
}

/** Lines of what the parser did not understand: of a place with an error the words that it could make nothing of. */
function unreadLines(node: Node): number[] {
  const words = node.unread === true
    ? [node, ...node.children].filter((one) => one.children.length === 0)
    : [];
  return [
    ...words.flatMap(({ line, text }) => text.split("\n").map((_, at) => line + at)),
    ...node.children.flatMap(unreadLines),
  ];
}

/** The lines of a text with blanks where its comments are. */
function withoutComments(text: string, language: CodeLanguage): string[] {
  const lines = text.split("\n");
  for (const { kind, line, column, text: comment } of tokensOf(text, language)) {
    if (kind !== "comment") continue;
    for (const [at, piece] of comment.split("\n").entries()) {
      const whole = lines[line - 1 + at] ?? "";
      const start = at === 0 ? column : 0;
      lines[line - 1 + at] = whole.slice(0, start) + " ".repeat(piece.length) +
        whole.slice(start + piece.length);
    }
  }
  return lines;
}

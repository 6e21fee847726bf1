import type { FileView, Tester } from "../port.ts";
import { adoptLine, type Recognize } from "./adopt.ts";
import { type ReportedCase, reportOf, reportProblem } from "./cases.ts";
import { hasOption, optionsAt, programName } from "./command_line.ts";
import { choosePlantFile } from "./plant.ts";

const id = "cargo";

const recognize: Recognize = (words) => {
  if (programName(words[0]) !== "cargo") return null;
  const at = words[1]?.startsWith("+") ? 2 : 1;
  if (words[at] !== "test" && words[at] !== "t") return null;
  if (hasOption(words, at, ["--no-run", "--help", "-h", "--message-format"])) return null;
  const dashes = words.indexOf("--");
  const own = dashes < 0 ? [] : words.slice(dashes + 1);
  if (hasOption(own, 0, ["--list", "--format", "-Z", "--bench"])) return null;
  const noise = ["-q", "--quiet", "--nocapture", "--no-capture", "--show-output"];
  return {
    at: at + 1,
    // Without it the first failing binary hides the others.
    flags: ["--no-fail-fast"],
    drop: [
      ...optionsAt(words, at, { plain: ["-q", "--quiet", "-v", "-vv", "--verbose", "--no-fail-fast"] }),
      ...optionsAt(own, 0, { plain: noise }).map((index) => index + dashes + 1),
    ],
    env: {
      CARGO_TERM_COLOR: "never",
      CARGO_TERM_QUIET: "false",
      CARGO_TERM_VERBOSE: "false",
      RUST_TEST_NOCAPTURE: "0",
    },
    report: { from: "stdout" },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** A test binary as cargo names it: the file that it is made of, or a crate whose documentation is tested. */
interface Binary {
  path: string;
  documentation: boolean;
}

const running = /^ {5}Running (?:unittests )?(\S+) \(.*\)$/;
const documentation = /^ {3}Doc-tests (\S+)$/;
const test = /^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored(?:, .*)?)$/;
const summary =
  /^test result: (ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured; (\d+) filtered out/;

/**
 * `cargo test`, from what libtest prints: stable Rust has no report for machines. Strict, because a test can print such lines
 * too: each binary that cargo names has one block, and each block as many lines as it announces and sums up.
 */
export const cargo: Tester = {
  id,
  tests: ["tests/**/*.rs", "**/tests/**/*.rs", "**/tests.rs", "**/*_test.rs", "**/*_tests.rs"],
  version: ["cargo", "--version"],
  adopt,
  async detect(files) {
    const manifest = await files.read("Cargo.toml");
    if (manifest === null) return [];
    const workspace = /^\[workspace\]/m.test(manifest) ? ["--workspace"] : [];
    const command = await adopt(["cargo", "test", ...workspace], files);
    return command === null ? [] : [command];
  },
  parse({ stdout, stderr, root }) {
    const binaries: Binary[] = [];
    for (const line of stderr.split("\n")) {
      const binary = running.exec(line);
      const docs = documentation.exec(line);
      if (binary?.[1] !== undefined) binaries.push({ path: binary[1], documentation: false });
      else if (docs?.[1] !== undefined) binaries.push({ path: docs[1], documentation: true });
    }
    const cases: ReportedCase[] = [];
    let block: { announced: number; cases: ReportedCase[] } | null = null;
    let blocks = 0;
    let merged = false;
    for (const line of stdout.split("\n")) {
      // Since edition 2024 a crate's documentation tests come in several blocks, and this line after them.
      if (block === null && line.startsWith("all doctests ran in ")) merged = true;
      const announced = /^running (\d+) tests?$/.exec(line);
      if (announced !== null) {
        if (block !== null) {
          return reportProblem(id, "begins a test binary's block before the one before it ended");
        }
        block = { announced: Number(announced[1]), cases: [] };
        blocks++;
        continue;
      }
      const result = summary.exec(line);
      if (result !== null) {
        if (block === null) return reportProblem(id, "sums up tests that were never announced");
        const problem = disagreement(block, result);
        if (problem !== null) return reportProblem(id, problem);
        cases.push(...block.cases);
        block = null;
        continue;
      }
      const found = block === null ? null : test.exec(line);
      if (found === null || block === null) continue;
      const binary = binaries[blocks - 1] ?? binaries[binaries.length - 1];
      const status = found[2] === "ok" ? "pass" : found[2] === "FAILED" ? "fail" : "skip";
      block.cases.push(describe(found[1] ?? "", binary, status));
    }
    if (block !== null) {
      return reportProblem(id, "ends in the middle of a test binary's block: the binary was cut off");
    }
    const more = merged && binaries.some((one) => one.documentation);
    if (blocks !== binaries.length && !(more && blocks > binaries.length)) {
      return reportProblem(
        id,
        `has ${blocks} blocks of tests, and cargo ran ${binaries.length} test binaries`,
      );
    }
    if (blocks === 0) return reportProblem(id, "has no block of tests: nothing was built or nothing ran");
    return reportOf(id, cases, root);
  },
  async locate(report, _command, files) {
    const paths = await files.list();
    return {
      ...report,
      cases: report.cases.map((one) => {
        // Cargo tells paths from a package's root, which in a workspace is not the repository's.
        const found = paths.filter((path) => path === one.path || path.endsWith(`/${one.path}`));
        return found.length === 1 ? { ...one, path: found[0] ?? one.path } : one;
      }),
    };
  },
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, ({ text, sample }) => {
      if (/ - /.test(sample.title)) return null; // a documentation test
      const name = (sample.title.split("::").pop() ?? "").replace(/\W/g, "_");
      const body = !plain && /\bassert_eq!\s*\(/.test(text) ? "assert_eq!(1, 2);" : "panic!();";
      return `${text}\n#[cfg(test)]\n#[test]\nfn ${name}_${marker}() {\n    ${body}\n}\n`;
    }),
};

function describe(
  name: string,
  binary: Binary | undefined,
  status: ReportedCase["status"],
): ReportedCase {
  // `src/lib.rs - add (line 3) - compile`: lines move with every edit, the item stays.
  const docs = /^(\S+\.(?:rs|md)) - (.*?) ?\(line \d+\)(.*)$/.exec(name);
  if (docs !== null) {
    const title = `${docs[1]} - ${docs[2]}${docs[3]}`.trim();
    return { title, path: docs[1], group: "doc", status };
  }
  return { title: name, path: binary?.documentation === false ? binary.path : "", status };
}

function disagreement(
  block: { announced: number; cases: ReportedCase[] },
  result: RegExpExecArray,
): string | null {
  const [passed, failed, ignored, measured] = result.slice(2, 6).map(Number);
  const count = (status: ReportedCase["status"]) => block.cases.filter((one) => one.status === status).length;
  const lines = block.cases.length;
  if (lines !== block.announced) {
    return `announces ${block.announced} tests for a binary and has ${lines} lines of tests for it`;
  }
  if (measured !== 0 || passed !== count("pass") || failed !== count("fail") || ignored !== count("skip")) {
    return "sums up a binary with other numbers than its lines give";
  }
  return (result[1] === "ok") === (failed === 0)
    ? null
    : "calls a binary's tests ok and failed at the same time";
}

import type { TestReport } from "../../specs/mod.ts";
import type { FileView, TestCommand, Tester } from "../port.ts";
import { adoptLine, type Recognize } from "./adopt.ts";
import { noReport, type ReportedCase, reportOf } from "./cases.ts";
import { hasOption, optionsAt, programName } from "./command_line.ts";
import { parseJunit } from "./junit.ts";
import { choosePlantFile } from "./plant.ts";

const id = "junit";
const surefire = "**/target/{surefire,failsafe}-reports/TEST-*.xml";
const gradleResults = "**/build/test-results/**/*.xml";

const recognize: Recognize = (words) => {
  const program = programName(words[0]);
  if (/^(mvn|mvnw|mvnd)$/.test(program)) {
    if (!words.some((word) => /^(test|package|verify|install|integration-test)$/.test(word))) return null;
    if (words.some((word) => /^-D(skipTests|maven\.test\.skip)(=true)?$/.test(word))) return null;
    return {
      at: 1,
      // No network in the sandbox; without -fae the first failing module hides the others.
      flags: ["-B", "-o", "-fae"],
      drop: optionsAt(words, 1, {
        plain: ["-B", "--batch-mode", "-o", "--offline", "-fae", "-ff", "-fn", "-q", "--quiet"],
      }),
      report: { from: "files", glob: surefire },
    };
  }
  if (/^(gradle|gradlew)$/.test(program)) {
    if (!words.some((word) => /^(:?[\w:-]*:)?(test|check|build)$/.test(word))) return null;
    if (hasOption(words, 1, ["--dry-run", "-m"])) return null;
    return {
      at: 1,
      flags: ["--offline", "--no-daemon", "--console=plain", "--continue"],
      drop: optionsAt(words, 1, {
        plain: ["--offline", "--no-daemon", "--daemon", "--continue"],
        valued: ["--console"],
      }),
      report: { from: "files", glob: gradleResults },
    };
  }
  return null;
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** Java and its relatives: what Maven and Gradle write as JUnit XML, a file for each class. */
export const junit: Tester = {
  id,
  tests: ["**/src/{test,*Test,integrationTest}/**", "**/{*Test,*Tests,*IT,Test*}.{java,kt,groovy,scala}"],
  adopt,
  version: ["java", "-version"],
  async detect(files) {
    const paths = new Set(await files.list());
    const argv = paths.has("pom.xml")
      ? ["mvn", "test"]
      : paths.has("build.gradle") || paths.has("build.gradle.kts")
      ? [paths.has("gradlew") ? "./gradlew" : "gradle", "test"]
      : null;
    const command: TestCommand | null = argv === null ? null : await adopt(argv, files);
    return command === null ? [] : [command];
  },
  parse({ report, files, root }) {
    const texts = files?.map(({ text }) => text) ?? (report === null ? [] : [report]);
    if (texts.length === 0) return noReport(id);
    const cases: ReportedCase[] = [];
    for (const text of texts) {
      const read = parseJunit(id, text);
      if (!read.ok) return read;
      for (const one of read.value) {
        cases.push({
          title: one.name,
          suite: one.classname || one.suites.join(" > "),
          path: one.file,
          status: one.status,
          message: one.message,
        });
      }
    }
    return reportOf(id, cases, root);
  },
  async locate(report, _command, files): Promise<TestReport> {
    const homes = new Map<string, string>();
    for (const path of await files.list()) {
      const found = /(?:^|\/)src\/[^/]+\/(?:java|kotlin|groovy|scala)\/(.+)\.(?:java|kt|groovy|scala)$/.exec(
        path,
      );
      if (found?.[1] !== undefined) homes.set(found[1].replaceAll("/", "."), path);
    }
    return {
      ...report,
      cases: report.cases.map((one) => {
        const path = one.path !== "" ? one.path : homes.get(one.suite.replace(/\$.*$/, ""));
        return path === undefined ? one : { ...one, path };
      }),
    };
  },
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, ({ path, text, sample }) => {
      const method = sample.title.replace(/[\[({].*$/s, "");
      if (!path.endsWith(".java") || !/^\w+$/.test(method)) return null;
      // Beside the sample, with its annotation: the same JUnit runs both.
      const found = new RegExp(
        `^([ \\t]*)@Test\\b[^\\n]*\\n(?:[ \\t]*@[^\\n]*\\n)*[ \\t]*[\\w \\t]*\\bvoid\\s+${method}\\s*\\(`,
        "m",
      )
        .exec(text);
      if (found === null) return null;
      const indent = found[1] ?? "";
      const body = !plain && /\bassertEquals\s*\(/.test(text)
        ? "assertEquals(1, 2);"
        : 'throw new AssertionError("planted: this test must fail");';
      return `${text.slice(0, found.index)}${indent}@Test\n${indent}public void ${method}_${marker}() {\n` +
        `${indent}    ${body}\n${indent}}\n\n${text.slice(found.index)}`;
    }),
};

import type { TestCase } from "../../specs/mod.ts";
import type { FileView, Tester } from "../port.ts";
import { adoptLine, cachePlaceholder, type Recognize } from "./adopt.ts";
import { type ReportedCase, reportOf, reportProblem } from "./cases.ts";
import { hasOption, optionsAt, programName } from "./command_line.ts";
import { choosePlantFile } from "./plant.ts";

const id = "go";

const recognize: Recognize = (words) => {
  if (programName(words[0]) !== "go") return null;
  const at = words[1] === "-C" ? 3 : 1;
  if (words[at] !== "test") return null;
  const args = words.findIndex((word) => /^--?args$/.test(word));
  const own = args < 0 ? words : words.slice(0, args);
  if (hasOption(own, at, ["-c", "-n", "-i", "-exec", "-list", "--list", "-h", "-help"])) return null;
  const counted = own.some((word) => /^--?(test\.)?count(=|$)/.test(word));
  return {
    at: at + 1,
    // Without -count a result may come from Go's cache instead of a run.
    flags: ["-json", ...(counted ? [] : ["-count=1"])],
    drop: optionsAt(own, at, { plain: ["-json", "--json"] }),
    report: { from: "stdout" },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** A module that imports what most tests of Go lead to: compiled once for each Go that is installed. */
const standardLibrary: Record<string, string> = {
  "go.mod": "module edgeforge.invalid/standard\n\ngo 1.21\n",
  "standard_test.go": `package standard

import (
${
    [
      ...[
        "bufio",
        "bytes",
        "context",
        "encoding/base64",
        "encoding/hex",
        "encoding/json",
        "errors",
        "flag",
        "fmt",
      ],
      ...[
        "io",
        "log",
        "maps",
        "math",
        "math/rand",
        "os",
        "path",
        "path/filepath",
        "reflect",
        "regexp",
        "slices",
      ],
      ...["sort", "strconv", "strings", "sync", "sync/atomic", "time", "unicode", "unicode/utf8"],
    ].map((name) => `\t_ "${name}"\n`).join("")
  }\t"testing"
)

func TestNothing(t *testing.T) {}
`,
};

/** `go test -json`: a case for each test and subtest, named `package::TestX/sub`. A package that fails alone is a case. */
export const go: Tester = {
  id,
  tests: ["**/*_test.go"],
  support: ["**/testdata/**"],
  version: ["go", "version"],
  adopt,
  async detect(files) {
    if (!(await files.list()).includes("go.mod")) return [];
    const command = await adopt(["go", "test", "./..."], files);
    return command === null ? [] : [command];
  },
  parse({ stdout, root }) {
    const cases = new Map<string, ReportedCase>();
    const running = new Set<string>();
    const packages = new Map<string, { ended: boolean; failed: boolean; output: string }>();
    const failing = new Set<string>();
    let events = 0;
    for (const line of stdout.split("\n")) {
      if (line.trim() === "") continue;
      // Before Go 1.24 a package that does not build is told in plain text.
      const unbuilt = /^FAIL\t(\S+) \[(?:build|setup) failed\]$/.exec(line);
      if (unbuilt?.[1] !== undefined) {
        packages.set(unbuilt[1], { ended: true, failed: true, output: line });
        events++;
        continue;
      }
      if (line === "FAIL") continue;
      const event = readEvent(line);
      if (event === null) {
        return reportProblem(id, `holds a line that is no event of go test: ${line.slice(0, 120)}`);
      }
      events++;
      const { Action: action, Package: name, Test: test } = event;
      if (name === undefined) continue; // build output stands under an import path of its own
      const entry = packages.get(name) ?? { ended: false, failed: false, output: "" };
      packages.set(name, entry);
      if (entry.ended) return reportProblem(id, `goes on for package ${name} after its end`);
      const key = `${name}::${test}`;
      const ended = action === "pass" || action === "fail" || action === "skip";
      if (test === undefined) {
        if (action === "output" && entry.output.length < 4_000) entry.output += event.Output ?? "";
        if (ended) {
          entry.ended = true;
          entry.failed = action === "fail";
        }
      } else if (action === "run") {
        // With -count above 1 the same test runs again: the worst result stays.
        running.add(key);
        if (!cases.has(key)) cases.set(key, { title: test, group: name, status: "pass" });
      } else if (action === "output") {
        const one = cases.get(key);
        if (one !== undefined && (one.message ?? "").length < 4_000) {
          one.message = (one.message ?? "") + (event.Output ?? "");
        }
      } else if (ended) {
        if (!running.delete(key)) return reportProblem(id, `ends the test ${key} without having begun it`);
        if (action === "fail") failing.add(name);
        worsen(cases.get(key), action);
      }
    }
    if (events === 0) return reportProblem(id, "holds no event at all");
    for (const key of running) {
      const one = cases.get(key);
      if (one !== undefined) worsen(one, "fail");
      failing.add(key.slice(0, key.indexOf("::")));
    }
    for (const [name, entry] of packages) {
      if (!entry.ended) return reportProblem(id, `stops before package ${name} is done`);
      // It did not build, its TestMain failed, or it panicked outside a test.
      if (entry.failed && !failing.has(name)) {
        cases.set(name, { title: "(package)", group: name, status: "fail", message: entry.output });
      }
    }
    const list = [...cases.values()].map((one) =>
      one.status === "pass" ? { ...one, message: undefined } : one
    );
    return reportOf(id, list, root);
  },
  warm(command) {
    // Building the standard library takes longer than most tests; -exec=true builds test binaries and runs none.
    const at = command.argv[0] === "go" ? command.argv.indexOf("test") : -1;
    const argv = at < 0
      ? ["go", "test", "-exec=true", "./..."]
      : command.argv.toSpliced(at + 1, 0, "-exec=true");
    const env = { GOCACHE: cachePlaceholder };
    return argv.some((word) => /^--?(race|msan|asan|cover|tags)\b/.test(word))
      ? { argv, env }
      : { argv, env, common: { files: standardLibrary, argv: ["go", "test", "-exec=true", "./..."] } };
  },
  async locate(report, _command, files) {
    const homes = await packageFiles(files);
    const cases: TestCase[] = [];
    for (const one of report.cases) {
      const top = one.title.split("/", 1)[0] ?? "";
      const path = one.path !== ""
        ? one.path
        : homes.get(one.name.slice(0, one.name.indexOf("::")))?.get(top);
      cases.push(path === undefined ? one : { ...one, path });
    }
    return { ...report, cases };
  },
  plant: (_command, collected, files, marker) =>
    choosePlantFile(collected, files, ({ text, sample }) => {
      const top = sample.title.split("/", 1)[0] ?? "";
      if (!/^Test\w+$/.test(top)) return null;
      const signature = new RegExp(`^func ${top}\\((\\w+) (\\*\\w+\\.T|\\*T)\\)`, "m").exec(text);
      if (signature === null) return null;
      const [, name = "t", type = "*testing.T"] = signature;
      return `${text}\nfunc ${top}_${marker}(${name} ${type}) {\n\t${name}.Fatal("planted: this test must fail")\n}\n`;
    }),
};

function worsen(one: ReportedCase | undefined, action: "pass" | "fail" | "skip"): void {
  if (one === undefined) return;
  if (action === "fail") one.status = "fail";
  else if (action === "skip" && one.status === "pass") one.status = "skip";
}

/** For each package its tests and the files that declare them. */
async function packageFiles(files: FileView): Promise<Map<string, Map<string, string>>> {
  const paths = await files.list();
  const modules: { dir: string; name: string }[] = [];
  for (const path of paths.filter((one) => /(^|\/)go\.mod$/.test(one)).slice(0, 200)) {
    const name = /^module\s+"?([^\s"]+)/m.exec(await files.read(path) ?? "")?.[1];
    if (name !== undefined) modules.push({ dir: path.slice(0, -"go.mod".length), name });
  }
  modules.sort((a, b) => b.dir.length - a.dir.length);
  const found = new Map<string, Map<string, string>>();
  for (const path of paths.filter((one) => one.endsWith("_test.go")).slice(0, 5_000)) {
    const home = modules.find(({ dir }) => path.startsWith(dir));
    if (home === undefined) continue;
    const inner = path.slice(home.dir.length).split("/").slice(0, -1).join("/");
    const name = inner === "" ? home.name : `${home.name}/${inner}`;
    const tests = found.get(name) ?? new Map<string, string>();
    found.set(name, tests);
    for (const match of (await files.read(path) ?? "").matchAll(/^func ((?:Test|Fuzz|Example)\w*)\(/gm)) {
      tests.set(match[1] ?? "", path);
    }
  }
  return found;
}

interface GoEvent {
  Action: string;
  Package?: string;
  Test?: string;
  Output?: string;
}

function readEvent(line: string): GoEvent | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return null;
    const event = value as Partial<Record<keyof GoEvent, unknown>>;
    const optional = [event.Package, event.Test, event.Output].every((one) =>
      one === undefined || typeof one === "string"
    );
    return typeof event.Action === "string" && optional ? event as GoEvent : null;
  } catch {
    return null;
  }
}

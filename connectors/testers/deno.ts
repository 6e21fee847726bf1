import type { FileView, Tester } from "../port.ts";
import { adoptLine, objectAt, readJson, type Recognize, reportPlaceholder } from "./adopt.ts";
import { noReport, reportOf } from "./cases.ts";
import { hasOption, optionsAt, programName } from "./command_line.ts";
import { parseJunit } from "./junit.ts";
import { choosePlantFile } from "./plant.ts";
import { plantedName, quietAssertions } from "./plant_script.ts";

const id = "deno";
const testFile = /(^|\/)(__tests__\/.*|([^/]*[_.])?test)\.(ts|tsx|mts|js|jsx|mjs)$/;

const recognize: Recognize = (words) => {
  if (programName(words[0]) !== "deno" || words[1] !== "test") return null;
  if (hasOption(words, 2, ["--no-run", "--help", "-h", "--watch", "--watch-exclude"])) return null;
  return {
    at: 2,
    flags: [`--junit-path=${reportPlaceholder}`],
    drop: optionsAt(words, 2, { valued: ["--junit-path"] }),
    env: { NO_COLOR: "1" },
    report: { from: "file", path: reportPlaceholder },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** `deno test`, through its JUnit report. Steps are cases of their own: `outer > inner`. */
export const deno: Tester = {
  id,
  tests: [
    "**/{*_,*.,}test.{ts,tsx,mts,js,jsx,mjs}",
    "**/__tests__/**/*.{ts,tsx,mts,js,jsx,mjs}",
  ],
  support: ["**/*.snap"],
  version: ["deno", "--version"],
  isolatesFiles: true,
  adopt,
  async detect(files) {
    const paths = await files.list();
    const config = await readJson(files, "deno.json") ?? await readJson(files, "deno.jsonc");
    if (config !== null && objectAt(config, "tasks")["test"] !== undefined) {
      const own = await adopt(["deno", "task", "test"], files);
      return own === null ? [] : [own];
    }
    const candidates = paths.filter((path) => testFile.test(path)).slice(0, 200);
    for (const path of candidates) {
      if (/\bDeno\s*\.\s*test\b|@std\/testing|std\/testing\//.test(await files.read(path) ?? "")) {
        const plain = await adopt(["deno", "test", "-A"], files);
        return plain === null ? [] : [plain];
      }
    }
    return [];
  },
  lenient(command) {
    // Type checking is one for all files; at run time each module stands for itself.
    const at = command.argv[0] === "deno" ? command.argv.indexOf("test") : -1;
    if (at < 0 || hasOption(command.argv, at, ["--no-check"])) return command;
    const dropped = optionsAt(command.argv, at, { plain: ["--check"] });
    const argv = command.argv.filter((_, index) => !dropped.includes(index));
    return { ...command, argv: argv.toSpliced(at + 1, 0, "--no-check") };
  },
  parse({ report, root }) {
    if (report === null) return noReport(id);
    const read = parseJunit(id, report, { counted: true });
    if (!read.ok) return read;
    return reportOf(
      id,
      read.value.map((one) => {
        const parts = one.name.split(" > ");
        return {
          title: parts[parts.length - 1] ?? one.name,
          suite: parts.slice(0, -1).join(" > "),
          path: one.classname,
          status: one.status,
          message: one.message,
        };
      }),
      root,
    );
  },
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, (site) => {
      const { text, sample } = site;
      const name = JSON.stringify(plantedName(sample, marker));
      const { before, body } = quietAssertions(site, plain, "import");
      return `${text}\n${before}Deno.test(${name}, async () => {\n${body}});\n`;
    }),
};

import type { FileView, Tester } from "../port.ts";
import { adoptLine, type Recognize, reportPlaceholder } from "./adopt.ts";
import { hasOption, optionsAt } from "./command_line.ts";
import { parseJestJson } from "./jest_json.ts";
import { detectPackage, nodeProgram } from "./node_package.ts";
import { choosePlantFile } from "./plant.ts";
import { importedName, plantedName, quietAssertions } from "./plant_script.ts";

const id = "jest";

const recognize: Recognize = (words) => {
  let at = nodeProgram(
    words,
    "jest",
    /(^|\/)node_modules\/(\.bin\/jest|jest\/bin\/jest(\.js)?|jest-cli\/bin\/jest\.js)$/,
  );
  if (at === 0 && /(^|\/)(react-scripts|craco)$/.test(words[0] ?? "") && words[1] === "test") at = 2;
  if (at === 0) return null;
  if (
    hasOption(words, at, ["--listTests", "--showConfig", "--init", "--help", "--version", "--clearCache"])
  ) return null;
  return {
    at,
    flags: ["--json", `--outputFile=${reportPlaceholder}`, "--ci", "--watchAll=false"],
    drop: optionsAt(words, at, {
      plain: ["--json", "--watch", "--watchAll", "--ci"],
      valued: ["--outputFile"],
    }),
    env: { CI: "true", NO_COLOR: "1" },
    report: { from: "file", path: reportPlaceholder },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** Jest, through its JSON report. */
export const jest: Tester = {
  id,
  tests: [
    "**/__tests__/**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
    "**/*.{test,spec}.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
  ],
  support: ["**/jest.{config,setup}*", "**/__mocks__/**"],
  version: ["node", "--version"],
  isolatesFiles: true,
  adopt,
  detect: (files) => detectPackage(files, "jest", ["npx", "--no-install", "jest"], adopt),
  parse: (output) => parseJestJson(id, output),
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, (site) => {
      const { text, sample } = site;
      // Globals, unless the file imports what it uses.
      const call = importedName(text, "@jest/globals", ["test", "it"]) ?? "test";
      const name = JSON.stringify(plantedName(sample, marker));
      return `${text}\n;${call}(${name}, async () => {\n${quietAssertions(site, plain).body}});\n`;
    }),
};

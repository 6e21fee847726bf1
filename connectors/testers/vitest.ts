import type { FileView, Tester } from "../port.ts";
import { adoptLine, type Recognize, reportPlaceholder } from "./adopt.ts";
import { hasOption, optionsAt } from "./command_line.ts";
import { parseJestJson } from "./jest_json.ts";
import { detectPackage, nodeProgram } from "./node_package.ts";
import { choosePlantFile } from "./plant.ts";
import { plantedName, quietAssertions } from "./plant_script.ts";

const id = "vitest";

const recognize: Recognize = (words) => {
  const at = nodeProgram(words, "vitest", /(^|\/)node_modules\/(\.bin\/vitest|vitest\/vitest\.mjs)$/);
  if (at === 0) return null;
  const mode = words[at] ?? "";
  if (/^(bench|init|list|related|typecheck)$/.test(mode)) return null;
  if (hasOption(words, at, ["--help", "-h", "--version", "-v", "--merge-reports", "--mergeReports"])) {
    return null;
  }
  const drop = optionsAt(words, at, {
    plain: ["--watch", "-w", "--ui", "--run"],
    valued: ["--reporter", "--outputFile", "--outputFile.json"],
  });
  if (/^(run|watch|dev)$/.test(mode)) drop.push(at);
  return {
    at,
    flags: ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${reportPlaceholder}`],
    drop,
    env: { CI: "true", NO_COLOR: "1" },
    report: { from: "file", path: reportPlaceholder },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** Vitest, through its JSON report. */
export const vitest: Tester = {
  id,
  tests: [
    "**/*.{test,spec}.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
    "**/__tests__/**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
  ],
  support: ["**/vitest.{config,setup,workspace}*", "**/__mocks__/**"],
  version: ["node", "--version"],
  isolatesFiles: true,
  adopt,
  detect: (files) => detectPackage(files, "vitest", ["npx", "--no-install", "vitest", "run"], adopt),
  parse: (output) => parseJestJson(id, output),
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, (site) => {
      const { text, sample } = site;
      const local = `planted_${marker}`;
      const name = JSON.stringify(plantedName(sample, marker));
      return `${text}\nimport { test as ${local} } from "vitest";\n${local}(${name}, async () => {\n` +
        `${quietAssertions(site, plain).body}});\n`;
    }),
};

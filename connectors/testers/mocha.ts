import { z } from "zod";
import type { FileView, Tester } from "../port.ts";
import { adoptLine, type Recognize, reportPlaceholder, supportPlaceholder } from "./adopt.ts";
import { noReport, reportOf, reportProblem } from "./cases.ts";
import { hasOption, optionsAt } from "./command_line.ts";
import { detectPackage, nodeProgram } from "./node_package.ts";
import { choosePlantFile } from "./plant.ts";
import { plantedName, quietAssertions } from "./plant_script.ts";

const id = "mocha";
const reporterFile = "mocha_reporter.cjs";

/** Loaded by Mocha: its own JSON reporter joins the titles of suites with spaces, where one cannot be told from the next. */
const reporter = `"use strict";
const { renameSync, writeFileSync } = require("node:fs");
module.exports = function (runner, options) {
  const cases = [];
  const output = options.reporterOptions.output;
  const note = (test, status, error) => {
    const titles = test.titlePath();
    cases.push({
      title: titles[titles.length - 1],
      suite: titles.slice(0, -1).join(" > "),
      path: test.file || "",
      status,
      message: error ? String(error.message || error) : "",
    });
    process.stdout.write(status + " " + titles.join(" > ") + "\\n");
    if (error) process.stdout.write(String(error.stack || error) + "\\n");
  };
  runner.on("pass", (test) => note(test, "pass"));
  runner.on("pending", (test) => note(test, "skip"));
  runner.on("fail", (test, error) => note(test, "fail", error));
  runner.once("end", () => {
    writeFileSync(output + ".part", JSON.stringify({ version: 1, cases }));
    renameSync(output + ".part", output);
  });
};
`;

const Document = z.strictObject({
  version: z.literal(1),
  cases: z.array(z.strictObject({
    title: z.string(),
    suite: z.string(),
    path: z.string(),
    status: z.enum(["pass", "fail", "skip"]),
    message: z.string(),
  })),
});

const recognize: Recognize = (words) => {
  const at = nodeProgram(
    words,
    "mocha",
    /(^|\/)node_modules\/(\.bin\/_?mocha|mocha\/bin\/_?mocha(\.c?js)?)$/,
  );
  if (at === 0 || hasOption(words, at, ["--help", "-h", "--version", "-V", "--dry-run"])) return null;
  return {
    at,
    flags: [
      `--reporter=${supportPlaceholder}/${reporterFile}`,
      `--reporter-option=output=${reportPlaceholder}`,
    ],
    drop: optionsAt(words, at, {
      plain: ["--watch", "-w"],
      valued: ["--reporter", "-R", "--reporter-option", "--reporter-options", "-O"],
    }),
    env: { NO_COLOR: "1" },
    report: { from: "file", path: reportPlaceholder },
    support: { [reporterFile]: reporter },
  };
};

const adopt = (argv: readonly string[], files: FileView) => adoptLine(id, argv, files, recognize);

/** Mocha, through a reporter of ours. Its files share one process. */
export const mocha: Tester = {
  id,
  tests: [
    "{test,tests,spec}/**/*.{js,cjs,mjs,ts,cts,mts}",
    "**/*.{test,spec}.{js,cjs,mjs,ts,cts,mts}",
    "test.{js,cjs,mjs}",
  ],
  support: ["**/.mocharc*"],
  version: ["node", "--version"],
  adopt,
  detect: (files) => detectPackage(files, "mocha", ["npx", "--no-install", "mocha"], adopt),
  parse({ report, root }) {
    if (report === null) return noReport(id);
    let value: unknown;
    try {
      value = JSON.parse(report);
    } catch {
      return reportProblem(id, "is no JSON document: it was cut off");
    }
    const read = Document.safeParse(value);
    if (!read.success) return reportProblem(id, "is not the document that the reporter writes");
    return reportOf(id, read.data.cases, root);
  },
  plant: (_command, collected, files, marker, plain) =>
    choosePlantFile(collected, files, (site) => {
      const { text, sample } = site;
      // The interface that the file itself uses: `it` (bdd) or `test` (tdd).
      const call = /(?<![.\w])it(\.\w+)?\(/.test(text) || !/(?<![.\w])test(\.\w+)?\(/.test(text)
        ? "it"
        : "test";
      const name = JSON.stringify(plantedName(sample, marker));
      return `${text}\n;${call}(${name}, async () => {\n${quietAssertions(site, plain).body}});\n`;
    }),
};

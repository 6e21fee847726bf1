import type { Finding, RunnerWeakening } from "../../specs/mod.ts";
import { namesTest } from "../../specs/code/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS, VERIFY_KNOWN } from "./bindings.ts";
import { argv, isNamed, removesOf } from "./execution.ts";

/** L2: the runner collects and counts as it did. */
export const runnerRules = [
  rule({
    id: "T6",
    gate: "runner-settings",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "Settings of test runners, and commands that start them, let no more pass and leave no more tests out than before, also where the spec opens their files",
    remediation: "Leave the setting as it is at base",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change"],
    selector: ({ patch: { runner } }) => ({
      applies: runner !== undefined,
      because: runner === undefined
        ? "these facts are of an extractor that did not compare the settings of test runners"
        : "changed settings of test runners are compared with those of base",
    }),
    evaluate: ({ spec, patch }) => {
      const { weaker = [], unread = [] } = patch.runner ?? {};
      const removes = removesOf(spec);
      const isGivenUp = (path: string) =>
        removes.some((entry) => namesTest(entry, { path, title: "\0", suite: "", name: "" }));
      // Tests that the spec gives up may be left out.
      const open = weaker.filter(({ files }) => files === undefined || !files.every(isGivenUp));
      const found = open.map((one): Finding => ({
        message: `${one.path} is weaker in ${one.setting}: ${one.detail}${filesOf(one)}`,
        path: one.path,
        remediation: one.files === undefined
          ? `Leave ${one.setting} as it is at base`
          : `Leave ${one.setting} as it is at base, or add ${
            one.files.slice(0, 5).map((path) => JSON.stringify(path)).join(", ")
          } to intent.removes, which gives these tests up`,
      }));
      const blind = unread.map((path): Finding => ({
        message: `${path} holds settings of test runners that cannot be read here`,
        path,
        remediation: "Write it so that its settings are literals; else a human answers",
      }));
      return failIfAny([...found, ...blind], "passes when these settings are as they were at base", {
        escalates: open.every(({ certain }) => !certain),
      });
    },
  }),
  rule({
    id: "T6",
    gate: "collected-tests",
    layer: "L2",
    mode: "enforce",
    severity: "critical",
    description:
      "The runner's own report counts as many tests, in as many files, as at base less those that the spec's removes names",
    remediation: "Let the runner collect what it collected before",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "verify"],
    selector: ({ verify }) => {
      const counted = verify.commands.filter(({ base, head }) => base?.report && head.report);
      return {
        applies: counted.length > 0,
        because: counted.length > 0
          ? `${counted.length} commands report at base and at head`
          : "no command reports both at base and at head; other gates decide",
      };
    },
    evaluate: ({ spec, verify }) => {
      const removes = removesOf(spec);
      const findings: Finding[] = [];
      const notes: Finding[] = [];
      for (const command of verify.commands) {
        const [before, after] = [command.base?.report, command.head.report];
        if (!before || !after) continue;
        // What failed before, and only stood for a file that did not load, need not be there any more.
        const kept = before.cases.filter((test) => test.status !== "fail" && !isNamed(removes, test));
        const told = `${
          argv(command)
        } reports ${after.cases.length} tests at head, ${kept.length} of base are to be kept`;
        if (after.cases.length < kept.length) {
          findings.push({
            message: `${told}: fewer are collected`,
            remediation: "Let the runner collect them again, or name what may go in intent.removes",
          });
          continue;
        }
        notes.push({ message: told, remediation: "Nothing to do" });
      }
      return findings.length > 0
        ? fail(findings, "passes when the report at head counts no fewer tests than are to be kept")
        : pass(notes);
    },
  }),
];

const filesOf = ({ files = [] }: RunnerWeakening): string =>
  files.length === 0 ? "" : ` (${files.slice(0, 5).join(", ")}${files.length > 5 ? ", …" : ""})`;

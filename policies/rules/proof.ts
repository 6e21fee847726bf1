import type {
  FileKind,
  Finding,
  StaticTest,
  TestCase,
  VerifyExecution,
  VerifyFacts,
} from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { VERIFY_KNOWN } from "./bindings.ts";
import { argv, breaks, holds, passing } from "./execution.ts";

const READ_ONLY_KINDS: ReadonlySet<FileKind> = new Set(["docs", "data"]);

/** What failed before the change and passes after it: one thing that says something, or tests that assert nothing. */
function failToPass(
  verify: VerifyFacts,
  silent: readonly StaticTest[],
): { proven: string | null; empty: TestCase[] } {
  for (const check of verify.checks) {
    if (breaks(check.base) && holds(check.head)) return { proven: `acceptance check ${check.id}`, empty: [] };
  }
  const empty: TestCase[] = [];
  for (const command of verify.commands) {
    for (const test of failToPassTests(command)) {
      if (!isSilent(test, silent)) return { proven: `test ${JSON.stringify(test.name)}`, empty: [] };
      empty.push(test);
    }
  }
  return { proven: null, empty };
}

/** By its path and title; a row of a table and a subtest have the title of their test in front. */
function isSilent({ path, title }: TestCase, silent: readonly StaticTest[]): boolean {
  return silent.some((one) =>
    one.path === path && (title === one.title || title === `${one.title}()` ||
      (title.startsWith(one.title) && /^(?:\[.*\]|\/.*)$/.test(title.slice(one.title.length))))
  );
}

function* failToPassTests(command: VerifyFacts["commands"][number]): Iterable<TestCase> {
  const { base, headTestsOnBase: replay } = command;
  const before = new Map(base?.report?.cases.map((test) => [test.name, test.status]) ?? []);
  const onBase = new Map(replay?.report?.cases.map((test) => [test.name, test.status]) ?? []);
  for (const test of passing(command.head)) {
    if (replay === null) {
      if (before.get(test.name) === "fail") yield test;
      continue;
    }
    const status = onBase.get(test.name);
    // It did not get so far on base: its file does not load there. What passed at base by the same name proves nothing by that.
    const isUnknown = status === undefined && before.get(test.name) !== "pass" && breaks(replay);
    if (status === "fail" || isUnknown) yield test;
  }
}

/** L1: the change does what was asked, as far as something that can fail says so. */
export const proofRules = [
  rule({
    id: "F2P",
    gate: "fail-to-pass",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "With CREATE or UPDATE at least one test or acceptance check fails before the change and passes after it",
    remediation: "Add a test or an acceptance check that fails without the change",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "patch", "proposal", "verify"],
    selector: ({ spec, patch, proposal }) => {
      const types = [...new Set(intentsOf(spec).map((intent) => intent.type))];
      if (!types.includes("CREATE") && !types.includes("UPDATE")) {
        return {
          applies: false,
          because: `the intent is ${types.join(", ")}, which promises no new behaviour`,
        };
      }
      if (patch.files.length > 0 && patch.files.every((file) => READ_ONLY_KINDS.has(file.kind))) {
        const files = patch.files.map((file) => `${file.path} (${file.kind})`);
        return {
          applies: false,
          because: `every changed file is documentation or data by type: ${files.slice(0, 20).join(", ")}`,
        };
      }
      if (proposal.implementer === "codemod" && proposal.rederives === true) {
        return { applies: false, because: "the diff re-derives byte-equal from the spec's operations" };
      }
      return { applies: true, because: `the intent is ${types.join(", ")}` };
    },
    evaluate: ({ spec, patch, verify }) => {
      const { proven, empty } = failToPass(verify, [
        ...patch.tests.silent ?? [],
        ...patch.tests.hollow ?? [],
      ]);
      if (spec.proof !== "fail-to-pass") {
        return fail(
          [{
            message: `The spec asks for no proof: ${spec.proof.none}`,
            remediation:
              "A human answers whether the change may be released without proof: forge workflow answer RUN --approve",
          }],
          "passes with an approval that is bound to this patch, or with proof: fail-to-pass and a test that fails before the change",
          { escalates: true },
        );
      }
      if (proven !== null) {
        return pass([{ message: `${proven} fails before the change and passes after it`, remediation: "" }]);
      }
      if (empty.length > 0) {
        return fail(
          empty.slice(0, 20).map(({ name, path }) => ({
            message: `${
              JSON.stringify(name)
            } fails before the change and passes after it, but the only proof asserts nothing that could fail: any change that makes it run would do`,
            path,
            remediation:
              "Assert in it what the change is to do; where it is meant so, a human approves it: forge workflow answer RUN --approve",
          })),
          "passes when a test that asserts something, or an acceptance check, fails at base and passes at head, or with an approval that is bound to this patch",
          { escalates: true },
        );
      }
      return fail(
        [{
          message:
            "No test and no acceptance check fails before the change and passes after it, so that nothing shows that it does anything",
          remediation:
            'Add a test that fails on the base commit, give an acceptance check, or write proof: { none: "reason" } and let a human answer',
        }],
        "passes when at least one test or acceptance check fails at base and passes at head",
        // Where nobody could have reported a failing test, on either side, nothing is disproved: a human is asked (No report, no tests).
        { escalates: verify.checks.length === 0 && verify.commands.every(reportless) },
      );
    },
  }),
  rule({
    id: "AC",
    gate: "acceptance",
    layer: "L1",
    mode: "enforce",
    severity: "critical",
    description: "Every acceptance check runs on the changed code and passes",
    remediation: "Make the change do what the criterion says",
    bindings: VERIFY_KNOWN,
    reads: ["spec", "verify"],
    selector: ({ spec }) => ({
      applies: spec.acceptance.some((criterion) => criterion.check !== undefined),
      because: spec.acceptance.length === 0
        ? "the spec has no acceptance criteria"
        : spec.acceptance.some((criterion) => criterion.check !== undefined)
        ? `${spec.acceptance.filter((criterion) => criterion.check !== undefined).length} acceptance checks`
        : `none of the ${spec.acceptance.length} acceptance criteria has a check; they are recorded as unproven`,
    }),
    evaluate: ({ spec, verify }) => {
      const findings: Finding[] = [];
      const notes: Finding[] = [];
      for (const { id, text, check } of spec.acceptance) {
        if (check === undefined) {
          notes.push({
            message: `${id} has no check and is unproven: ${text.slice(0, 200)}`,
            remediation: "Give the criterion a check",
          });
          continue;
        }
        const ran = verify.checks.filter((candidate) => candidate.id === id);
        if (ran.length !== 1) {
          findings.push({
            message: `The check of ${id} ran ${ran.length} times instead of once: ${text.slice(0, 200)}`,
            remediation: "Run every acceptance check; one that does not run has failed",
          });
        }
        for (const { head } of ran) {
          if (holds(head)) continue;
          const failed = head.report?.cases.filter((test) =>
            test.status === "fail"
          ).map((test) => test.name) ?? [];
          const how = head.ended !== "by-itself"
            ? `did not end by itself (${head.ended})`
            : head.exitCode !== 0
            ? `failed with exit code ${head.exitCode}${
              failed.length > 0 ? ` (${failed.slice(0, 5).join(", ")})` : ""
            }`
            : head.report && head.report.passed === 0
            ? "ended well, but its report lists no test that passed"
            : `ended well, but its report lists failures (${failed.slice(0, 5).join(", ")})`;
          findings.push({
            message: `${id} does not hold: ${argv(head)} ${how}. ${text.slice(0, 200)}`,
            remediation: `Make the change do what ${id} says`,
          });
        }
      }
      return findings.length > 0
        ? failIfAny(
          findings,
          `passes when ${findings.map(({ message }) => message.split(" ")[0]).join(", ")} hold at head`,
        )
        : pass(notes);
    },
  }),
];

function reportless({ base, head }: { base: VerifyExecution | null; head: VerifyExecution }): boolean {
  return (base === null || base.report === null) && head.report === null;
}

/** An input of the judge that every rule lets through, for tests: they break one thing at a time. */
import type {
  CloneFacts,
  Decision,
  PatchFacts,
  RuleVerdict,
  TestCase,
  VerifyExecution,
  VerifyFacts,
} from "../../specs/mod.ts";
import { Spec } from "../../specs/code/mod.ts";
import { sampleFacts, type Tree } from "./trees.ts";
import { judgeTransition } from "../judge.ts";
import type { JudgeInput } from "../port.ts";

export const AT = "2026-11-20T12:00:00.000Z";
export const DIGEST = `sha256:${"0".repeat(64)}`;

const OLD_TEST = 'Deno.test("accepts an address", () => {});\n';

export const BASE: Tree = {
  "README.md": "# Sample\n",
  "src/email.ts": "export function isEmail(text: string): boolean {\n  return text.includes('@');\n}\n",
  "src/email_test.ts": OLD_TEST,
};
export const HEAD: Tree = {
  ...BASE,
  "src/email.ts":
    "export function isEmail(text: string): boolean {\n  return /^[^@]+@[^@]+$/.test(text);\n}\n",
  "src/email_test.ts": `${OLD_TEST}Deno.test("refuses two signs", () => assert(!isEmail("a@@b")));\n`,
};

export function test(
  title: string,
  status: TestCase["status"] = "pass",
  path = "src/email_test.ts",
): TestCase {
  return { name: path === "" ? title : `${path}::${title}`, title, suite: "", path, status };
}

export function execution(
  on: VerifyExecution["on"],
  cases: TestCase[] | null,
  over: Partial<VerifyExecution> = {},
): VerifyExecution {
  const count = (status: TestCase["status"]) => cases?.filter((one) => one.status === status).length ?? 0;
  return {
    argv: ["deno", "test"],
    on,
    exitCode: cases === null ? 0 : count("fail") > 0 ? 1 : 0,
    ended: "by-itself",
    report: cases === null
      ? null
      : { tester: "deno", cases, passed: count("pass"), failed: count("fail"), skipped: count("skip") },
    seconds: 1,
    outputDigest: DIGEST,
    outputTail: "",
    ...over,
  };
}

/** Verification of BASE and HEAD as an honest change gives it. */
export function sampleVerify(): VerifyFacts {
  const old = test("accepts an address");
  const fresh = test("refuses two signs");
  return {
    v: 1,
    sandbox: { level: "bwrap", detail: "bubblewrap", memoryLimit: true },
    prepared: [],
    commands: [{
      argv: ["deno", "test"],
      tester: "deno",
      base: execution("base", [old]),
      head: execution("head", [old, fresh]),
      baseTestsOnHead: execution("base-tests-on-head", [old]),
      headTestsOnBase: execution("head-tests-on-base", [old, { ...fresh, status: "fail" }]),
      planted: {
        path: "src/email_test.ts",
        marker: "planted-1f",
        execution: execution("head+planted", [old, fresh, test("planted-1f", "fail")]),
      },
    }],
    checks: [],
    testFiles: { base: ["src/email_test.ts"], head: ["src/email_test.ts"] },
    mutation: {
      budget: { mutants: 6, atLeast: 0, seconds: 3 },
      possible: 1,
      lines: 1,
      tried: [{
        path: "src/email.ts",
        line: 2,
        operator: "return",
        what: "the value that is given back became undefined",
        outcome: "killed",
      }],
      seconds: 1,
      stopped: "done",
      unread: [],
    },
  };
}

export function sampleSpec(over: Record<string, unknown> = {}): Spec {
  return Spec.parse({ title: "Refuse two signs", intent: { type: "UPDATE", scope: ["src/**"] }, ...over });
}

/** A clone that holds its base and nothing else. */
export const cleanClone = (): CloneFacts => ({
  base: "1".repeat(40),
  foreign: [],
  unreachable: 0,
  traces: [],
  parents: "cut",
  exposed: false,
});

/** The last transition before release, with everything that was gathered on the way. */
export async function sampleJudgeInput(facts?: PatchFacts): Promise<JudgeInput> {
  const patchFacts = facts ?? await sampleFacts(BASE, HEAD);
  const { change } = patchFacts;
  const subject = change && { patch: change.patch, tree: change.tree, base: change.base };
  return {
    transition: { from: "review", to: "release" },
    spec: sampleSpec(),
    specDigest: DIGEST,
    plan: { tasks: [{ id: "T1", scope: ["src/**"] }] },
    proposal: { implementer: "patch", rederives: null },
    patchFacts,
    verify: sampleVerify(),
    review: { reviewer: "rules", criteria: [], claims: [], riskScore: 0, findings: [] },
    outgoing: {
      title: "Refuse two signs",
      body: "What changed",
      message: "Refuse two signs\n",
      branch: "forge/refuse-1",
    },
    budget: { tokens: { limit: 1000, spent: 10, reserved: 0 } },
    autonomy: { ceiling: "A3", granted: "A3" },
    approvals: [],
    principals: { requester: "ana", approvers: ["ana"], singleKey: true },
    policy: null,
    clones: { implementer: cleanClone(), verifier: cleanClone() },
    binding: { verified: subject, released: subject },
    at: AT,
  };
}

/** What a rule said, by its gate. Throws when it was not judged, so that a test cannot pass by a wrong name. */
export function ruleOf(decision: Decision, gate: string): RuleVerdict {
  const found = decision.rules.find((rule) => rule.gate === gate);
  if (!found) {
    throw new Error(
      `no rule of the gate ${gate} was judged at ${decision.transition.from}->${decision.transition.to}`,
    );
  }
  return found;
}

/** Judges the sample after one thing was changed in it, at the last transition before release unless another is given. */
export async function judgeSample(
  change: (input: JudgeInput) => void = () => {},
  facts?: PatchFacts,
): Promise<Decision> {
  const input = structuredClone(await sampleJudgeInput(facts));
  change(input);
  return await judgeTransition(input);
}

import type { VerifyFacts } from "../../../specs/mod.ts";
import type { RoundTests } from "./round.ts";

const MOST_NAMES = 200;

/** What a repair needs of what verification saw. */
export function roundTests(facts: VerifyFacts): RoundTests {
  const failed: string[] = [];
  const broken: string[] = [];
  const held: string[] = [];
  let passed = 0;
  for (const { argv, head, base, baseTestsOnHead } of facts.commands) {
    passed += head.report?.passed ?? 0;
    const cases = head.report?.cases ?? [];
    for (const { name, status } of cases) if (status === "fail") failed.push(name);
    // A command that fails without naming a test fails as a whole.
    if (!ended(head) && !cases.some(({ status }) => status === "fail")) {
      failed.push(`command ${argv.join(" ")}`);
    }
    const before = new Set(
      (base?.report?.cases ?? []).filter(({ status }) => status === "pass").map(({ name }) => name),
    );
    for (const { name, status } of (baseTestsOnHead ?? head).report?.cases ?? []) {
      if (!before.has(name)) continue;
      if (status === "fail") broken.push(name);
      if (status === "pass") held.push(name);
    }
  }
  const by = (ok: boolean) => facts.checks.filter(({ head }) => ended(head) === ok).map(({ id }) => id);
  return {
    passed,
    failed: names(failed),
    broken: names(broken),
    held: names(held),
    checksPassed: by(true),
    checksFailed: by(false),
    ...(facts.problem === undefined ? {} : { problem: facts.problem }),
  };
}

function ended({ ended, exitCode }: { ended: string; exitCode: number | null }): boolean {
  return ended === "by-itself" && exitCode === 0;
}

function names(all: readonly string[]): string[] {
  return [...new Set(all)].slice(0, MOST_NAMES);
}

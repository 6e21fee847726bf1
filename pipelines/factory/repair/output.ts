import type { Spec, VerifyFacts } from "../../../specs/mod.ts";

const MOST_CASES = 20;
const MOST_LINES = 60;
const MOST = 12_000;

/**
 * What failed, cut to what helps: failing tests with their messages, or the end of the output of a command that names none. Of a
 * held-out check only its criterion is told: whoever repairs must not learn what the check expects.
 */
export function failingOutput(facts: VerifyFacts, spec: Spec): string {
  const parts: string[] = [];
  if (facts.problem !== undefined) parts.push(`verification: ${facts.problem}`);
  for (const { argv, head, baseTestsOnHead } of facts.commands) {
    for (const [what, run] of [["", head], [" with the tests of the base", baseTestsOnHead]] as const) {
      if (run === null || (run.ended === "by-itself" && run.exitCode === 0)) continue;
      const cases = (run.report?.cases ?? []).filter(({ status }) => status === "fail");
      const told = cases.slice(0, MOST_CASES).map(({ name, message }) =>
        `FAIL ${name}${message === undefined ? "" : `\n${indented(message)}`}`
      );
      if (cases.length > MOST_CASES) told.push(`and ${cases.length - MOST_CASES} more failing tests`);
      const tail = told.length > 0 ? told : [run.outputTail.split("\n").slice(-MOST_LINES).join("\n")];
      parts.push([`$ ${argv.join(" ")}${what}: ${run.exitCode ?? run.ended}`, ...tail].join("\n"));
    }
  }
  for (const { id, head } of facts.checks) {
    if (head.ended === "by-itself" && head.exitCode === 0) continue;
    const text = spec.acceptance.find((criterion) => criterion.id === id)?.text ?? "";
    parts.push(`The held-out check of ${id} does not hold: ${text}`);
  }
  return parts.join("\n\n").slice(0, MOST);
}

function indented(message: string): string {
  return message.split("\n").slice(0, 30).map((line) => `  ${line}`).join("\n");
}

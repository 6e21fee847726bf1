/** What verification really ran, as bars: before and after the change, old tests on new code, new tests on old code. */
import type { FC } from "hono/jsx";
import type { VerifyExecution, VerifyFacts } from "../../../specs/mod.ts";
import { Mark, type Tone } from "./words.tsx";

interface Line {
  name: string;
  hint: string;
  execution: VerifyExecution;
  /** What is said about it in a word, where counts alone would mislead. */
  word?: { tone: Tone; text: string };
}

const Bar: FC<{ execution: VerifyExecution }> = ({ execution: { report } }) => {
  const total = report === null ? 0 : report.passed + report.failed + report.skipped;
  if (report === null || total === 0) return null;
  const passed = report.passed / total * 100;
  const failed = report.failed / total * 100;
  return (
    <svg
      class="tests-bar"
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <rect class="bar-all" width="100" height="8" />
      <rect class="bar-passed" width={passed} height="8" />
      <rect class="bar-failed" x={passed} width={failed} height="8" />
    </svg>
  );
};

/** Counts, or why there are none. */
export function counted(execution: VerifyExecution): string {
  const { report, ended, exitCode } = execution;
  if (ended !== "by-itself") return `ended by ${ended}`;
  if (report === null) return `exit ${exitCode ?? "?"}, no report`;
  return [
    `${report.passed} passed`,
    report.failed > 0 ? `${report.failed} failed` : "",
    report.skipped > 0 ? `${report.skipped} skipped` : "",
  ].filter(Boolean).join(", ");
}

function linesOf(command: VerifyFacts["commands"][number]): Line[] {
  const lines: (Line | null)[] = [
    command.base &&
    { name: "Before the change", hint: "the base's tests on the base", execution: command.base },
    { name: "After the change", hint: "the tests of the change on its code", execution: command.head },
    command.baseTestsOnHead && {
      name: "Old tests, new code",
      hint: "nothing that held before may break",
      execution: command.baseTestsOnHead,
    },
    command.headTestsOnBase && {
      name: "New tests, old code",
      hint: "what fails here is what the change brings",
      execution: command.headTestsOnBase,
    },
    command.planted && {
      name: "Planted failure",
      hint: "a failing test that was put in, to see that failures are seen",
      execution: command.planted.execution,
      word: wasSeen(command.planted) ? { tone: "good", text: "seen" } : { tone: "bad", text: "not seen" },
    },
  ];
  return lines.filter((line) => line !== null);
}

const wasSeen = (planted: { marker: string; execution: VerifyExecution }) =>
  planted.execution.report?.cases.some((test) =>
    test.status === "fail" && test.name.includes(planted.marker)
  ) ??
    false;

export const Tests: FC<{ facts: VerifyFacts }> = ({ facts }) => (
  <section class="card tests" aria-labelledby="tests-title">
    <h2 id="tests-title">What really ran</h2>
    {facts.commands.map((command) => (
      <>
        <p>
          <code class="break">{command.argv.join(" ")}</code>
        </p>
        <ul class="tests-lines">
          {linesOf(command).map((line) => (
            <li>
              <span class="tests-name">
                {line.name} <span class="muted">{line.hint}</span>
              </span>
              <Bar execution={line.execution} />
              <span class="tests-count">
                {line.word === undefined
                  ? counted(line.execution)
                  : (
                    <span class={`verdict ${line.word.tone}`}>
                      <Mark tone={line.word.tone} /> {line.word.text}
                    </span>
                  )}
              </span>
            </li>
          ))}
        </ul>
      </>
    ))}
    {facts.checks.length === 0 ? null : (
      <>
        <h3>Held-out checks</h3>
        <ul class="tests-lines">
          {facts.checks.map((check) => (
            <li>
              <span class="tests-name">
                {check.id} <code class="break muted">{check.argv.join(" ")}</code>
              </span>
              <Bar execution={check.head} />
              <span class="tests-count">
                {`before: ${fails(check.base) ? "fails" : "holds"}, after: `}
                <span class={`verdict ${fails(check.head) ? "bad" : "good"}`}>
                  {fails(check.head) ? "fails" : "holds"}
                </span>
              </span>
            </li>
          ))}
        </ul>
      </>
    )}
    <p class="muted">
      {facts.sandbox.level === "none"
        ? "Without a sandbox, with the rights of this user."
        : facts.sandbox.detail}
    </p>
  </section>
);

const fails = (execution: VerifyExecution) => execution.ended !== "by-itself" || execution.exitCode !== 0;

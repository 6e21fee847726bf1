import { explain, explainText } from "../../policies/mod.ts";
import type { Handler } from "./command.ts";
import { documentProblem } from "./run_id.ts";
import { notFound, withService } from "./session.ts";

/** `forge policy list` */
export const list: Handler = async () => {
  const { listDataRules, listRules } = await import("../../policies/mod.ts");
  const rules = [...listRules(), ...listDataRules()];
  const width = Math.max(...rules.map((rule) => rule.rule.length));
  return {
    exit: 0,
    document: { rules },
    text: rules.map((rule) =>
      `${rule.layer}  ${rule.rule.padEnd(width)}  ${rule.mode.padEnd(7)}  ${rule.gate}: ${rule.description}`
    )
      .join("\n"),
  };
};

/** `forge policy explain RUN` */
export const explainRun: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const [run = ""] = invocation.operands;
    if (documentProblem(run) || !(await service.view(run))) {
      throw notFound("run", run, "See: forge workflow list");
    }
    const decisions = await service.decisions(run);
    return { exit: 0, document: { run, decisions: explain(decisions) }, text: explainText(decisions) };
  });

import type { Chain, ChainStage, Problem, RunDocument } from "../../specs/mod.ts";
import { cycleIn } from "./dag/order.ts";

/** What can pass between runs. A revision is a commit or the name of a branch. */
type PortType = "revision" | "patch" | "pull-request" | "plan";

/** What a run gives when it is completed. */
const OUTPUTS: Readonly<Record<string, PortType>> = {
  branch: "revision",
  commit: "revision",
  patch: "patch",
  "pull-request": "pull-request",
  plan: "plan",
};

/** What a run takes. */
const INPUTS: Readonly<Record<string, PortType>> = { base: "revision", patch: "patch" };

export interface Binding {
  readonly input: string;
  readonly stage: string;
  readonly output: string;
}

/** What a stage takes from others. */
export function bindingsOf(stage: ChainStage): Binding[] {
  return Object.entries(stage.with).map(([input, from]) => {
    const [source = "", output = ""] = from.split(".");
    return { input, stage: source, output };
  });
}

/** Stages as a graph: what each waits for. */
export function stagesOf(chain: Chain): { id: string; dependsOn: string[] }[] {
  return chain.stages.map((stage) => ({
    id: stage.id,
    dependsOn: [...new Set([...stage.after, ...bindingsOf(stage).map((one) => one.stage)])],
  }));
}

/** Everything that is wrong with how the runs of a chain hang together; nothing when it may be begun. */
export function chainProblems(chain: Chain): Problem[] {
  const found: Problem[] = [];
  const tell = (path: string, message: string, remedy: string) =>
    found.push({ code: "chain", path, message, remedy });
  const ids = chain.stages.map(({ id }) => id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) {
    tell("stages", `Two stages are called ${id}`, "Give each stage its own id");
  }
  for (const stage of chain.stages) {
    const at = `stages.${stage.id}`;
    for (const other of stage.after.filter((one) => !ids.includes(one))) {
      tell(
        `${at}.after`,
        `Stage ${stage.id} comes after ${other}, which is no stage`,
        `Name one of ${ids.join(", ")}`,
      );
    }
    for (const { input, stage: source, output } of bindingsOf(stage)) {
      const wanted = own(INPUTS, input);
      const given = own(OUTPUTS, output);
      if (wanted === undefined) {
        tell(
          `${at}.with.${input}`,
          `A run takes no '${input}'`,
          `Inputs are ${Object.keys(INPUTS).join(", ")}`,
        );
      }
      if (!ids.includes(source)) {
        tell(
          `${at}.with.${input}`,
          `Stage ${stage.id} takes from ${source}, which is no stage`,
          `Name one of ${ids.join(", ")}`,
        );
      }
      if (given === undefined) {
        tell(
          `${at}.with.${input}`,
          `A run gives no '${output}'`,
          `Outputs are ${Object.keys(OUTPUTS).join(", ")}`,
        );
      }
      if (wanted !== undefined && given !== undefined && wanted !== given) {
        tell(
          `${at}.with.${input}`,
          `The input '${input}' is a ${wanted}, and ${source}.${output} is a ${given}`,
          `Bind it to one of ${Object.keys(OUTPUTS).filter((name) => OUTPUTS[name] === wanted).join(", ")}`,
        );
      }
    }
  }
  const cycle = cycleIn(stagesOf(chain));
  if (cycle !== null) {
    tell(
      "stages",
      `The stages wait for one another in a circle: ${cycle.join(" -> ")}`,
      "Take one of these out",
    );
  }
  return found;
}

const own = (ports: Readonly<Record<string, PortType>>, name: string): PortType | undefined =>
  Object.hasOwn(ports, name) ? ports[name] : undefined;

/**
 * An output of a completed run that another can take: a revision as text, a patch as bytes.
 *
 * @param read a file of the run's evidence; null when it is not there
 */
export async function outputOf(
  document: RunDocument,
  output: string,
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<string | Uint8Array | null> {
  switch (output) {
    case "branch":
      return document.pullRequest?.branch ?? null;
    case "commit":
      return document.pullRequest?.commit ?? null;
    case "patch":
      return await read("artifacts/change.patch");
    default:
      return null;
  }
}

import type { Chain, ChainStage, Problem } from "../../specs/mod.ts";
import { cycleIn } from "../factory/dag/order.ts";
import { type Binding, bindingsOf, endsOf, stagesOf } from "./binding.ts";
import {
  type InputPort,
  keepsSecrets,
  type OutputPort,
  schemaFaults,
  type StagePorts,
  takes,
} from "./port_type.ts";
import { unreachable } from "./reach.ts";
import { anyCode } from "./stage_ports.ts";

type Ports = ReadonlyMap<string, StagePorts>;
type Tell = (path: string, message: string, remedy: string) => void;

/**
 * Everything that is wrong with how the runs of a chain hang together; nothing when it may be begun.
 *
 * @param known the ports of each stage, once its spec or pipeline is read; without, what any run of code has
 */
export function chainProblems(
  chain: Chain,
  known: Ports = new Map(chain.stages.map((stage) => [stage.id, anyCode(stage.spec ?? stage.id)])),
): Problem[] {
  const found: Problem[] = [];
  const tell: Tell = (path, message, remedy) => found.push({ code: "chain", path, message, remedy });
  const ids = chain.stages.map(({ id }) => id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) {
    tell("stages", `Two stages are called ${id}`, "Give each stage its own id");
  }
  for (const stage of chain.stages) {
    shapeFaults(stage, tell);
    namesFaults(stage, ids, tell);
    for (const binding of bindingsOf(stage)) {
      const source = chain.stages.find(({ id }) => id === binding.stage);
      bindingFaults({ stage, source, binding, ids, known, tell });
    }
    inputFaults(stage, known.get(stage.id), tell);
  }
  const cycle = cycleIn(stagesOf(chain));
  if (cycle !== null) {
    tell(
      "stages",
      `The stages wait for one another in a circle: ${cycle.join(" -> ")}`,
      "Take one of these out",
    );
    return found;
  }
  for (const { stage, why } of unreachable(chain)) {
    tell(
      `stages.${stage}`,
      `Stage ${stage} can never be run: ${why}`,
      "Change `when`, or take the stage out",
    );
  }
  return found;
}

/** Fields that belong to the other family of runs. */
function shapeFaults(stage: ChainStage, tell: Tell): void {
  const at = `stages.${stage.id}`;
  if (stage.spec !== undefined && stage.pipeline !== undefined) {
    tell(at, `Stage ${stage.id} names a spec and a pipeline`, "Make two stages of it");
  }
  const isData = stage.pipeline !== undefined;
  const alien = isData ? (["repo", "implementer"] as const) : (["env", "mode", "streams"] as const);
  for (const field of alien.filter((one) => stage[one] !== undefined)) {
    tell(
      `${at}.${field}`,
      `Stage ${stage.id} is a run of ${isData ? "data" : "code"}, which has no '${field}'`,
      "Take the field out",
    );
  }
}

function namesFaults(stage: ChainStage, ids: readonly string[], tell: Tell): void {
  const at = `stages.${stage.id}`;
  for (const other of stage.after.filter((one) => !ids.includes(one))) {
    tell(
      `${at}.after`,
      `Stage ${stage.id} comes after ${other}, which is no stage`,
      `Name one of ${ids.join(", ")}`,
    );
  }
  for (const other of Object.keys(stage.when ?? {}).filter((one) => !ids.includes(one))) {
    tell(
      `${at}.when.${other}`,
      `Stage ${stage.id} has a condition about ${other}, which is no stage`,
      `Name one of ${ids.join(", ")}`,
    );
  }
}

interface Bound {
  readonly stage: ChainStage;
  readonly source: ChainStage | undefined;
  readonly binding: Binding;
  readonly ids: readonly string[];
  readonly known: Ports;
  readonly tell: Tell;
}

function bindingFaults(bound: Bound): void {
  const { stage, source, binding: { input, stage: from, output }, ids, known, tell } = bound;
  const at = `stages.${stage.id}.with.${input}`;
  const own = known.get(stage.id);
  const wanted = own?.inputs.get(input);
  const theirs = known.get(from);
  const given = theirs?.outputs.get(output);
  if (own !== undefined && wanted === undefined) {
    tell(
      at,
      `${runOf(own)} takes no '${input}'`,
      `Inputs are ${[...own.inputs.keys()].join(", ") || "none"}`,
    );
  }
  if (!ids.includes(from)) {
    tell(at, `Stage ${stage.id} takes from ${from}, which is no stage`, `Name one of ${ids.join(", ")}`);
    if (own === undefined || anyCode("").outputs.has(output) || output.includes(".")) return;
    tell(at, `A run gives no '${output}'`, `Outputs are ${[...anyCode("").outputs.keys()].join(", ")}`);
    return;
  }
  if (theirs !== undefined && given === undefined) {
    tell(at, `${runOf(theirs)} gives no '${output}'`, `Outputs are ${[...theirs.outputs.keys()].join(", ")}`);
  }
  if (wanted === undefined || given === undefined) return;
  typeFaults(bound, wanted, given, at);
  if (given.optional && !given.always && wanted.required) {
    tell(
      at,
      `The input '${input}' has to have a value, and ${from}.${output} may have none`,
      "Give the parameter a default, or bind an output that every completed run has",
    );
  }
  const ends = endsOf(stage, from);
  if (!given.always && ends.some((end) => end !== "completed")) {
    tell(
      at,
      `Stage ${stage.id} is also run when ${from} is ${
        ends.filter((end) => end !== "completed").join(" or ")
      }, and only a completed run gives '${output}'`,
      "Bind run, status, evidence or report, or let the stage wait for completed only",
    );
  }
  if ((given.secret || (source?.secret ?? []).includes(output)) && !keepsSecrets(wanted.type)) {
    tell(
      at,
      `${from}.${output} is secret, and the input '${input}' is written into a text`,
      "Bind it to patch or dataset, or to nothing",
    );
  }
}

function typeFaults(
  { stage, binding: { input, stage: from, output }, known, tell }: Bound,
  wanted: InputPort,
  given: OutputPort,
  at: string,
): void {
  const types = takes(wanted.type);
  if (!types.includes(given.type)) {
    const fitting = [...known.get(from)?.outputs ?? []].filter(([, port]) => types.includes(port.type)).map((
      [name],
    ) => name);
    tell(
      at,
      `The input '${input}' is a ${spoken(wanted.type)}, and ${from}.${output} is a ${given.type}`,
      fitting.length === 0 ? `${from} gives nothing of that type` : `Bind it to one of ${fitting.join(", ")}`,
    );
    return;
  }
  const table = input.startsWith("dataset.") ? input.slice("dataset.".length) : null;
  if (table !== null && given.table !== undefined && given.table !== table) {
    tell(
      at,
      `The pipeline of ${stage.id} reads the table ${table}, and ${from}.${output} is the table ${given.table}`,
      `Write it as dataset.${given.table}, or bind what publishes ${table}`,
    );
  }
  const { expects = {} } = stage;
  const expected = Object.hasOwn(expects, input) ? expects[input] : undefined;
  if (expected === undefined) return;
  if (given.type !== "dataset") {
    tell(
      `stages.${stage.id}.expects.${input}`,
      `'${input}' is no dataset, and has no columns`,
      "Take it out",
    );
  } else if (given.columns) {
    for (const fault of schemaFaults(expected, given.columns)) {
      tell(at, `The dataset ${from}.${output} does not fit: ${fault}`, "Change `expects`, or the contract");
    }
  }
}

/** Inputs that are missing, given twice, or that nothing expects. */
function inputFaults(stage: ChainStage, own: StagePorts | undefined, tell: Tell): void {
  const at = `stages.${stage.id}`;
  const bound = new Set(Object.keys(stage.with));
  const set = new Set(Object.keys(stage.set ?? {}).map((name) => `params.${name}`));
  for (const name of [...set].filter((one) => bound.has(one))) {
    tell(`${at}.set`, `'${name}' is set and bound`, "Do one of both");
  }
  for (const name of Object.keys(stage.expects ?? {}).filter((one) => !bound.has(one))) {
    tell(
      `${at}.expects.${name}`,
      `Stage ${stage.id} expects columns of '${name}', which is not bound`,
      "Bind it",
    );
  }
  if (own === undefined) return;
  for (const name of [...set].filter((one) => !own.inputs.has(one))) {
    const params = [...own.inputs.keys()].filter((one) => one.startsWith("params."));
    tell(`${at}.set`, `${runOf(own)} takes no '${name}'`, `Parameters: ${params.join(", ") || "none"}`);
  }
  for (const [name, { required }] of own.inputs) {
    if (!required || bound.has(name) || set.has(name)) continue;
    tell(at, `Stage ${stage.id} does not get '${name}', which has no default`, `Bind it in with, or set it`);
  }
  for (const name of stage.secret ?? []) {
    if (!own.outputs.has(name)) tell(`${at}.secret`, `${runOf(own)} gives no '${name}'`, "Take it out");
  }
}

const runOf = ({ kind, what }: StagePorts): string => kind === "code" ? "A run" : `A run of ${what}`;
const spoken = (type: InputPort["type"]): string => type.replace("param:", "parameter of type ");

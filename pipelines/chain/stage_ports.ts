/** The ports of a stage that is a run of code, by its spec; and what the ports of both families are made of. */
import type { ParamType, Spec } from "../../specs/mod.ts";
import type { InputPort, InputType, OutputPort, PortType, StagePorts } from "./port_type.ts";

type Params = Readonly<Record<string, { type: ParamType; default?: unknown }>>;

export function output(type: PortType, more: Partial<OutputPort> = {}): OutputPort {
  return { type, optional: false, always: false, secret: false, ...more };
}

/** What every run gives, whatever its end. */
export const EVERY: readonly [string, OutputPort][] = [
  ["run", output("string", { always: true })],
  ["status", output("string", { always: true })],
  ["evidence", output("digest", { always: true })],
];

export function paramPorts(params: Params): [string, InputPort][] {
  return Object.entries(params).map(([name, { type, default: usual }]) => [
    `params.${name}`,
    { type: `param:${type}` as InputType, required: usual === undefined },
  ]);
}

/** A run of code. Without a spec, of which nothing is known yet, no parameter and no file can be bound. */
export function codePorts(spec: Spec | null, what: string): StagePorts {
  const opens = spec === null || (spec.autonomy !== "A0" && spec.autonomy !== "A1");
  const files = new Set(spec?.acceptance.flatMap(({ check }) => check?.files ?? []) ?? []);
  const optional = { optional: !opens };
  return {
    kind: "code",
    what: spec?.title ?? what,
    inputs: new Map<string, InputPort>([
      ["base", { type: "revision", required: false }],
      ["patch", { type: "patch", required: false }],
      ...paramPorts(spec?.params ?? {}),
      ...[...files].map((path): [string, InputPort] => [`file.${path}`, {
        type: "document",
        required: false,
      }]),
    ]),
    outputs: new Map<string, OutputPort>([
      ["branch", output("revision", optional)],
      ["commit", output("revision", optional)],
      ["patch", output("patch")],
      ["patch-digest", output("digest")],
      ["pull-request", output("pull-request", optional)],
      ["pull-request-number", output("integer", optional)],
      ["pull-request-url", output("string", optional)],
      ["plan", output("plan")],
      ...EVERY,
    ]),
  };
}

/** Ports of chains whose specs are not read: what every run of code has. */
export const anyCode = (what: string): StagePorts => codePorts(null, what);

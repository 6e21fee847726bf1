/** The ports of a stage that is a run of data, by its pipeline. */
import type { ColumnType, Cursor, Pipeline, Stream } from "../../specs/foundry/mod.ts";
import type { InputPort, OutputPort, PortType, StagePorts } from "../chain/port_type.ts";
import { EVERY, output, paramPorts } from "../chain/stage_ports.ts";
import { tableOf } from "./plan.ts";

/** A run of data. What a stream gives has the stream's name before it; of the only stream it may be left out. */
export function dataPorts(
  pipeline: Pipeline,
  given: { streams?: readonly string[] | undefined; datasets?: readonly string[] },
): StagePorts {
  const streams = pipeline.streams.filter(({ id }) => given.streams?.includes(id) ?? true);
  const outputs = new Map<string, OutputPort>();
  for (const stream of streams) {
    for (const [name, port] of streamOutputs(stream)) {
      outputs.set(`${stream.id}.${name}`, port);
      if (streams.length === 1) outputs.set(name, port);
    }
  }
  outputs.set("report", output("report", { always: true }));
  for (const [name, port] of EVERY) outputs.set(name, port);
  return {
    kind: "data",
    what: pipeline.id,
    inputs: new Map<string, InputPort>([
      ...paramPorts(pipeline.params),
      ...(given.datasets ?? []).map((table): [string, InputPort] => [`dataset.${table}`, {
        type: "dataset",
        required: false,
      }]),
    ]),
    outputs,
  };
}

function streamOutputs(stream: Stream): [string, OutputPort][] {
  const { schema } = stream.contract;
  const columns: Record<string, ColumnType> | null = schema === undefined
    ? null
    : Object.fromEntries(Object.entries(schema).map(([name, { type }]) => [name, type]));
  return [
    // An incremental load that finds nothing new stages nothing.
    ["dataset", output("dataset", { columns, table: tableOf(stream) })],
    ["manifest", output("digest")],
    ["schema", output("digest")],
    ["table", output("string")],
    ["rows", output("integer")],
    ["accepted", output("integer")],
    ["quarantined", output("integer")],
    ...(stream.cursor === undefined ? [] : [cursorOutput(stream, stream.cursor)]),
  ];
}

/** What a cursor is as an output. */
export const CURSOR_PORT: Readonly<Record<Cursor["type"], PortType>> = {
  date: "date",
  datetime: "datetime",
  integer: "integer",
  decimal: "string",
  string: "string",
};

/** Null before the first row; a column of personal data is nobody's text. */
function cursorOutput(stream: Stream, cursor: Cursor): [string, OutputPort] {
  const secret = Object.hasOwn(stream.pii, cursor.path);
  return ["cursor", output(CURSOR_PORT[cursor.type], { optional: true, secret })];
}

import { cronFault } from "../foundry/cron.ts";
import { instantOf } from "../foundry/order.ts";
import type { Pipeline, Stream } from "../foundry/pipeline.ts";
import { paramFault } from "../param.ts";
import type { SpecFault } from "./check.ts";
import { qualityFaults } from "./quality_rules.ts";
import { streamFaults } from "./stream_rules.ts";
import { nearest, type Path } from "./wording.ts";

/** What the schema of a pipeline cannot say: names that must meet, keys that a way of writing needs, parents that must be there. */
export function checkPipeline(pipeline: Partial<Pipeline>): SpecFault[] {
  const streams = pipeline.streams ?? [];
  return [
    ...ids(streams),
    ...parents(streams),
    ...tables(streams),
    ...streams.flatMap((stream, at) =>
      checkStream(stream, ["streams", at], Object.keys(pipeline.params ?? {}))
    ),
    ...params(pipeline),
    ...fixtures(pipeline),
    ...schedule(pipeline.schedule),
  ];
}

function ids(streams: readonly Stream[]): SpecFault[] {
  const first = new Map<string, number>();
  return streams.flatMap((stream, at): SpecFault[] => {
    const earlier = first.get(stream.id);
    if (earlier === undefined) {
      first.set(stream.id, at);
      return [];
    }
    return [{
      code: "spec.duplicate-id",
      message: `Two streams have this id; the other is streams[${earlier}].`,
      path: ["streams", at, "id"],
      value: stream.id,
      remedy: "give each stream its own id",
    }];
  });
}

function parents(streams: readonly Stream[]): SpecFault[] {
  const byId = new Map(streams.map((stream) => [stream.id, stream]));
  const faults: SpecFault[] = [];
  streams.forEach((stream, at) => {
    const { parent } = stream.source;
    if (parent === undefined) return;
    const path: Path = ["streams", at, "source", "parent", "stream"];
    if (!byId.has(parent.stream)) {
      const near = nearest(parent.stream, [...byId.keys()]);
      faults.push({
        code: "spec.unreachable",
        message: "The stream is read by rows of a stream that is not there, so that it is never read.",
        path,
        value: parent.stream,
        remedy: near === undefined ? `name one of: ${[...byId.keys()].join(", ")}` : `did you mean ${near}?`,
      });
      return;
    }
    const way = [stream.id];
    for (
      let next: string | undefined = parent.stream;
      next !== undefined;
      next = byId.get(next)?.source.parent?.stream
    ) {
      way.push(next);
      if (next === stream.id) {
        faults.push({
          code: "spec.cycle",
          message: `The stream waits for itself: ${way.join(" -> ")}.`,
          path,
          value: parent.stream,
          remedy: "take one of the parents out",
        });
        return;
      }
      if (way.length > streams.length + 1) return;
    }
  });
  return faults;
}

function tables(streams: readonly Stream[]): SpecFault[] {
  const first = new Map<string, number>();
  const faults: SpecFault[] = [];
  streams.forEach((stream, at) => {
    const table = stream.write.table ?? stream.id.replaceAll(/[^A-Za-z0-9_]/g, "_");
    const path: Path = ["streams", at, "write", "table"];
    if (/^(_forge_|sqlite_)/i.test(table)) {
      faults.push({
        code: "spec.table",
        message: "The table's name is reserved.",
        path,
        value: table,
        remedy: "choose another name",
      });
    }
    if (stream.write.table === undefined && /^[0-9]/.test(table)) {
      faults.push({
        code: "spec.table",
        message: "The stream's id begins with a digit and cannot be its table's name.",
        path,
        value: table,
        remedy: `write, for example, table: t_${table}`,
      });
    }
    const name = `${stream.write.sink} ${table.toLowerCase()}`;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, at);
    else if (stream.write.disposition === "replace" || streams[earlier]?.write.disposition === "replace") {
      faults.push({
        code: "spec.table",
        message:
          `Two streams write this table, and one of them replaces it; the other is streams[${earlier}].`,
        path,
        value: table,
        remedy: "give each its own table, or let both merge",
      });
    }
  });
  return faults;
}

function checkStream(stream: Stream, at: Path, params: readonly string[]): SpecFault[] {
  const faults: SpecFault[] = [];
  const { disposition, deletes, dedupSort } = stream.write;
  if ((disposition === "merge" || disposition === "scd2") && stream.primaryKey === undefined) {
    faults.push({
      code: "spec.key",
      message: `A ${disposition} needs a primary key: it says which rows are one.`,
      path: [...at, "primaryKey"],
      remedy: "write, for example, primaryKey: [id], or use append or replace",
    });
  }
  if (deletes !== undefined && (disposition === "append" || disposition === "replace")) {
    faults.push({
      code: "spec.deletes",
      message: `Deletes are marked in a merge or scd2, and this stream is an ${disposition}.`,
      path: [...at, "write", "deletes"],
      remedy: "set write.disposition: merge with a primaryKey, or leave deletes out",
    });
  }
  if (dedupSort !== undefined && stream.primaryKey === undefined) {
    faults.push({
      code: "spec.key",
      message: "dedupSort chooses between rows of one key, and there is no key.",
      path: [...at, "write", "dedupSort"],
      remedy: "write primaryKey, or leave dedupSort out",
    });
  }
  if (dedupSort !== undefined && disposition === "append") {
    faults.push({
      code: "spec.key",
      message: "dedupSort chooses between rows of one key, and an append keeps every row.",
      path: [...at, "write", "dedupSort"],
      remedy: "set write.disposition: merge, or leave dedupSort out",
    });
  }
  faults.push(...streamFaults(stream, at));
  const { cursor } = stream;
  const isTime = cursor?.type === "date" || cursor?.type === "datetime";
  if (cursor?.granularity !== undefined && !isTime) {
    faults.push({
      code: "spec.value",
      message: `A granularity is a length of time, and this cursor is of type ${cursor.type}.`,
      path: [...at, "cursor", "granularity"],
      value: cursor.granularity,
      remedy: "leave granularity out, or use a cursor of type date or datetime",
    });
  }
  if (cursor?.initial !== undefined && (cursor.type === "date" || cursor.type === "datetime")) {
    const text = String(cursor.initial);
    if (typeof cursor.initial === "string" && !text.includes("${params.") && instantOf(text) === null) {
      faults.push({
        code: "spec.value",
        message: `The first value of the cursor is no ${cursor.type}.`,
        path: [...at, "cursor", "initial"],
        value: text,
        remedy: cursor.type === "date"
          ? "write, for example, 2026-01-31"
          : "write, for example, 2026-01-31T00:00:00Z",
      });
    }
  }
  if (
    cursor !== undefined && cursor.lag !== "P0D" && cursor.type !== "date" && cursor.type !== "datetime" &&
    /[1-9]/.test(cursor.lag)
  ) {
    faults.push({
      code: "spec.value",
      message: `A lag is a length of time, and this cursor is a ${cursor.type}.`,
      path: [...at, "cursor", "lag"],
      value: cursor.lag,
      remedy: "leave lag out, or use a cursor of type date or datetime",
    });
  }
  if (stream.partition !== undefined && cursor === undefined) {
    faults.push({
      code: "spec.cursor",
      message: "A partition cuts a range of the cursor, and there is no cursor.",
      path: [...at, "partition"],
      remedy: "write cursor: { path: ... }, or leave partition out",
    });
  }
  if (stream.partition !== undefined && cursor !== undefined && !isTime) {
    faults.push({
      code: "spec.cursor",
      message: `A partition is a length of time, and this cursor is of type ${cursor.type}.`,
      path: [...at, "partition"],
      remedy: "leave partition out, or use a cursor of type date or datetime",
    });
  }
  faults.push(...qualityFaults(stream, at));
  const declared = stream.contract.schema;
  if (declared !== undefined && stream.transforms.length === 0) {
    for (const [index, column] of (stream.primaryKey ?? []).entries()) {
      if (Object.hasOwn(declared, column) || stream.contract.columns === "evolve") continue;
      faults.push({
        code: "spec.key",
        message: "The key's column is not in the contract's schema.",
        path: [...at, "primaryKey", index],
        value: column,
        remedy: `use columns of the schema: ${Object.keys(declared).join(", ")}`,
      });
    }
  }
  faults.push(...unknownParams(stream.source, [...at, "source"], params));
  return faults;
}

/** `${params.x}` that stands for nothing. */
function unknownParams(root: unknown, at: Path, known: readonly string[]): SpecFault[] {
  const faults: SpecFault[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (Array.isArray(value)) return value.forEach((one, index) => visit(one, [...path, index]));
    if (value !== null && typeof value === "object") {
      return Object.entries(value).forEach(([name, inner]) => visit(inner, [...path, name]));
    }
    if (typeof value !== "string") return;
    for (const [text, name = ""] of value.matchAll(/\$\{(?!params\.)([A-Za-z_][A-Za-z0-9_.]*)\}/g)) {
      faults.push({
        code: "spec.unknown-param",
        message: "Nothing stands for this text: only parameters are put in, and it would be taken literally.",
        path,
        value: text,
        remedy: known.includes(name)
          ? `write \${params.${name}}`
          : `add params: { NAME: { type: string } } and write \${params.NAME}; its value comes by --param or the env file`,
      });
    }
    for (const [, name = ""] of value.matchAll(/\$\{params\.([A-Za-z0-9_]+)\}/g)) {
      if (known.includes(name)) continue;
      const near = nearest(name, known);
      faults.push({
        code: "spec.unknown-param",
        message: "The text names a parameter that the pipeline does not have.",
        path,
        value: name,
        remedy: near === undefined
          ? `add it: params: { ${name}: { type: string } }`
          : `did you mean ${near}?`,
      });
    }
  };
  visit(root, at);
  return faults;
}

function params(pipeline: Partial<Pipeline>): SpecFault[] {
  return Object.entries(pipeline.params ?? {}).flatMap(([name, param]): SpecFault[] => {
    if (param.default === undefined) return [];
    const why = paramFault(param, param.default);
    return why === null ? [] : [{
      code: "spec.value",
      message: `The default ${why}.`,
      path: ["params", name, "default"],
      value: String(param.default),
      remedy: `write a ${param.type}, or leave the default out`,
    }];
  });
}

function fixtures(pipeline: Partial<Pipeline>): SpecFault[] {
  const ids = (pipeline.streams ?? []).map(({ id }) => id);
  return (pipeline.tests ?? []).flatMap((test, at): SpecFault[] => {
    if (pipeline.streams === undefined || ids.includes(test.stream)) return [];
    const near = nearest(test.stream, ids);
    return [{
      code: "spec.unreachable",
      message: "The test names a stream that is not there.",
      path: ["tests", at, "stream"],
      value: test.stream,
      remedy: near === undefined ? `name one of: ${ids.join(", ")}` : `did you mean ${near}?`,
    }];
  });
}

function schedule(given: Pipeline["schedule"]): SpecFault[] {
  if (given === undefined) return [];
  const faults: SpecFault[] = [];
  if (given.cron.trim().split(/\s+/).length !== 5) {
    faults.push({
      code: "spec.value",
      message: "A schedule has five fields: minute hour day month weekday.",
      path: ["schedule", "cron"],
      value: given.cron,
      remedy: 'write, for example, "0 6 * * *"',
    });
  }
  const fault = faults.length === 0 ? cronFault(given.cron) : null;
  if (fault !== null) {
    faults.push({
      code: "spec.value",
      message: `The times of the schedule cannot be read: ${fault}.`,
      path: ["schedule", "cron"],
      value: given.cron,
      remedy: 'write five fields in their ranges, for example "0 6 * * 1-5"',
    });
  }
  try {
    new Intl.DateTimeFormat("en", { timeZone: given.tz });
  } catch {
    faults.push({
      code: "spec.value",
      message: "There is no such time zone.",
      path: ["schedule", "tz"],
      value: given.tz,
      remedy: "write an IANA name, such as Europe/Berlin",
    });
  }
  return faults;
}

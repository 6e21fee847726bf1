/** The tap's catalog with one stream selected, in the forms that taps have had over the years. */
import type { Json } from "../../../specs/mod.ts";
import { DataFailure } from "../../data/port.ts";
import { isObject, NotJson, parseJson } from "../../net/lossless_json.ts";

/** Null when what a tap printed on `--discover` is no catalog: it does not know the option, and reads all it has. */
export function readCatalog(output: Uint8Array): { streams: Json[] } | null {
  let value: Json;
  try {
    value = parseJson(output);
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
  return isObject(value) && Array.isArray(value.streams) ? { ...value, streams: value.streams } : null;
}

/** Throws `not-found` when the catalog has no such stream. */
export function selectStream(catalog: { streams: Json[] }, stream: string, tap: string): Json {
  const names: string[] = [];
  let found = false;
  const streams = catalog.streams.map((entry): Json => {
    if (!isObject(entry)) return entry;
    const name = typeof entry.stream === "string" ? entry.stream : String(entry.tap_stream_id ?? "");
    names.push(name);
    const selected = name === stream || entry.tap_stream_id === stream;
    found ||= selected;
    const schema = isObject(entry.schema) ? { ...entry.schema, selected } : entry.schema ?? {};
    return { ...entry, selected, schema, metadata: metadataOf(entry.metadata, selected) };
  });
  if (!found) {
    throw new DataFailure(
      "not-found",
      `Tap ${tap} has no stream ${JSON.stringify(stream)}`,
      `It has ${names.slice(0, 50).join(", ") || "none"}: set the stream's \`resource\` to one of them.`,
    );
  }
  return { ...catalog, streams };
}

function metadataOf(metadata: Json | undefined, selected: boolean): Json[] {
  const list = Array.isArray(metadata) ? metadata : [];
  const isRoot = (one: Json) => isObject(one) && Array.isArray(one.breadcrumb) && one.breadcrumb.length === 0;
  const others = list.filter((one) => !isRoot(one)).map((one): Json => {
    if (!isObject(one) || !isObject(one.metadata)) return one;
    const { inclusion } = one.metadata;
    return inclusion === "available" ? { ...one, metadata: { ...one.metadata, selected } } : one;
  });
  const root = list.find(isRoot);
  const known = isObject(root) && isObject(root.metadata) ? root.metadata : {};
  return [{ breadcrumb: [], metadata: { ...known, selected } }, ...others];
}

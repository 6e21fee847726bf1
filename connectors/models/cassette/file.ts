/** A cassette as a file: JSON with one event of a stream a line, so that two recordings can be compared by eye. */
import { z } from "zod";
import { err, Json, ok, type Problem, type Result } from "../../../specs/mod.ts";

const Interaction = z.strictObject({
  request: z.strictObject({
    method: z.string().max(20),
    path: z.string().max(2000),
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    body: Json.describe("without secrets and without what differs from run to run"),
  }),
  response: z.strictObject({
    status: z.number().int().min(200).max(599),
    headers: z.record(z.string(), z.string()),
    body: z.array(z.string()).describe("the text in parts, as it is joined again"),
    cut: z.boolean().default(false).describe("true when the answer broke off"),
    withheld: z.string().nullable().default(null).describe("why there is no body"),
  }),
});
export type Interaction = z.infer<typeof Interaction>;

const Cassette = z.strictObject({ v: z.literal(1), interactions: z.array(Interaction).max(100_000) });

const MOST_BYTES = 256 * 1024 * 1024;

export function readCassette(file: string): Result<Interaction[], Problem> {
  const problem = (message: string, remedy: string): { ok: false; error: Problem } =>
    err({ code: "cassette", message: `Cannot play the recording ${file}: ${message}`, value: file, remedy });
  let text: string;
  try {
    const { size } = Deno.statSync(file);
    if (size > MOST_BYTES) {
      return problem(`it has ${size} bytes, more than ${MOST_BYTES}`, "Record less in one file.");
    }
    text = Deno.readTextFileSync(file);
  } catch (error) {
    return problem(
      error instanceof Deno.errors.NotFound
        ? "there is no such file"
        : error instanceof Error
        ? error.message
        : String(error),
      "Record one first: FORGE_CASSETTE=record:FILE",
    );
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return problem("it is no JSON", "Record it anew: FORGE_CASSETTE=record:FILE");
  }
  const read = Cassette.safeParse(data);
  if (read.success) return ok(read.data.interactions);
  const [issue] = read.error.issues;
  return problem(
    `${issue?.path.join(".") || "it"}: ${issue?.message}`,
    "Record it anew: FORGE_CASSETTE=record:FILE",
  );
}

/** Whole or not at all: a reader never sees half a file. */
export function writeCassette(file: string, interactions: readonly Interaction[]): void {
  const draft = `${file}.${crypto.randomUUID()}.part`;
  try {
    Deno.writeTextFileSync(draft, `${JSON.stringify({ v: 1, interactions }, null, 2)}\n`, { mode: 0o600 });
    Deno.renameSync(draft, file);
  } catch (error) {
    try {
      Deno.removeSync(draft);
    } catch { /* it was never there */ }
    throw error;
  }
}

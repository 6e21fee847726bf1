import { openCheckpoint, parseVerifierKey } from "../../kernel/tlog/mod.ts";
import { requestOf, requestText } from "../witness/remote_log.ts";
import { type WitnessDesk, witnessDesk } from "../witness/desk.ts";
import { formatVerifierKey } from "../../kernel/tlog/mod.ts";
import { resolve } from "node:path";
import { openKvStore } from "../../kernel/mod.ts";
import { join } from "node:path";
import { privateDirectory } from "../key_directory.ts";
import { type Answer, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";

/** `forge log witness`: whoever runs it makes its installation a witness; it needs no run and no log of its own. */
export const witness: Handler = async (invocation) => {
  const data = resolve(dataDirectory(invocation));
  await privateDirectory(data);
  const store = await openKvStore(join(data, "state.db"));
  try {
    const desk = await witnessDesk({ data, store });
    const { add, of } = invocation.options;
    if (typeof add === "string" && typeof of === "string") {
      throw usage("--add and --of are two things", "Know the log first, then cosign");
    }
    if (typeof add === "string") return await known(invocation, desk, add);
    if (typeof of === "string") return await cosigned(invocation, desk, of);
    const heads = await desk.heads();
    return {
      exit: 0,
      document: { key: formatVerifierKey(desk.key), logs: heads },
      text: [
        formatVerifierKey(desk.key),
        ...heads.map(({ origin, size, root, at }) =>
          `${origin}  ${size}  ${root ?? "never seen"}  ${at ?? ""}`.trimEnd()
        ),
        ...(heads.length === 0 ? ["no log is known: forge log witness --add VKEY"] : []),
      ].join("\n"),
    };
  } finally {
    await store.close();
  }
};

async function known({ io }: Invocation, desk: WitnessDesk, given: string): Promise<Answer> {
  const text = given.includes("+") ? given : await readText(pathOf(io, given), given);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) {
    throw usage("The file holds no key", "Give log.vkey of a trust root", { value: given });
  }
  let added = 0;
  for (const line of lines) if (await desk.know(line)) added += 1;
  const logs = lines.map((line) => line.trim());
  return {
    exit: 0,
    document: { added, logs, key: formatVerifierKey(desk.key) },
    text: `${added === 0 ? "known already" : "known from now on"}: ${logs.join(", ")}\nwitness key: ${
      formatVerifierKey(desk.key)
    }`,
  };
}

async function cosigned(invocation: Invocation, desk: WitnessDesk, of: string): Promise<Answer> {
  const { io, options } = invocation;
  const request = /^https?:\/\//.test(of)
    ? await requestOf(fetch, of, {
      headers: authorization(invocation),
      seen: (origin) => sizeSeen(desk, origin),
    })
    : await fileRequest(invocation, desk, await readText(pathOf(io, of), of));
  const answer = await desk.answer(request);
  if (answer.status !== 200) {
    const seen = answer.status === 409 && answer.isSize ? Number(answer.body) : null;
    const problem = seen === null ? answer.body.trim() : `This witness has seen the log at ${seen}`;
    return {
      exit: 1,
      document: { cosigned: false, status: answer.status, problem, ...(seen === null ? {} : { seen }) },
      text: `NOT COSIGNED: ${problem}`,
    };
  }
  const whole = request.slice(request.indexOf("\n\n") + 2) + answer.body;
  const log = (await desk.heads()).flatMap(({ key }) => parseVerifierKey(key) ?? []);
  const opened = await openCheckpoint(whole, { log, witnesses: [desk.key] });
  if ("problem" in opened) throw new Error(`Cannot read what was cosigned: ${opened.problem}`);
  if (typeof options.out === "string") await Deno.writeTextFile(pathOf(io, options.out), whole);
  const { origin, size } = opened.checkpoint;
  return {
    exit: 0,
    document: { cosigned: true, origin, size, cosignature: answer.body, checkpoint: whole },
    text: typeof options.out === "string" ? `${origin} at ${size}  ${options.out}` : whole.trimEnd(),
  };
}

const sizeSeen = async (desk: WitnessDesk, origin: string): Promise<number> =>
  (await desk.last(origin))?.size ?? 0;

/** A request as it is, or one made of a checkpoint and what was seen before. */
async function fileRequest({ io, options }: Invocation, desk: WitnessDesk, text: string): Promise<string> {
  if (text.startsWith("old ")) return text;
  const { proof } = options;
  const lines = typeof proof === "string" ? proofLines(await readText(pathOf(io, proof), proof)) : [];
  return requestText(await sizeSeen(desk, text.split("\n")[0] ?? ""), lines, text);
}

/** Hashes one a line, or the document of `forge log prove --from`. */
function proofLines(text: string): string[] {
  if (!text.trimStart().startsWith("{")) return text.split("\n").filter((line) => line !== "");
  try {
    const { proof } = JSON.parse(text) as { proof?: unknown };
    if (Array.isArray(proof)) return proof.map(String);
  } catch {
    // Told below.
  }
  throw usage("The proof is none", "A hash in base64 each line, or the JSON of forge log prove --from SIZE");
}

function authorization({ io, options }: Invocation): Record<string, string> {
  const name = options["key-env"];
  if (typeof name !== "string") return {};
  const key = io.env(name);
  if (key === undefined) {
    throw usage(`${name} is not set`, "Set it to a key of that server, with the scope read");
  }
  return { authorization: `Bearer ${key}` };
}

/** As it is: bytes that are no UTF-8 stay none. */
async function readText(path: string, given: string): Promise<string> {
  const bytes = await Deno.readFile(path).catch(() => null);
  if (bytes === null) throw usage("Cannot read the file", "Give a file that exists", { value: given });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usage("The file is no text in UTF-8", "Give a checkpoint, a request, or a key", { value: given });
  }
}

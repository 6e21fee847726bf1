/** Reads what the script of a forge's CI printed, and holds it against what the forge says of its jobs. */
import { gunzipSync } from "fflate";
import type { CiJob } from "../../../connectors/mod.ts";
import { digestOf, err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { JOBS, slotJob } from "./workflow_text.ts";

/** What one command came to. */
export interface CiResult {
  readonly code: number;
  readonly ended: "by-itself" | "timeout" | "output-cap";
  readonly isolation: "user" | "none";
  readonly ms: number;
  /** Exit code of what installs dependencies; null when nothing had to be. */
  readonly prepared: number | null;
  readonly prepareOutput: Uint8Array | null;
  readonly outputDigest: string;
  readonly root: string;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly report: Uint8Array | null;
}

const LINE = /^(?:\S+\s+(?:\d\d[OE][+ ]?\s*)?)?forge-verify\/1 ([0-9a-f]{40,64}) (.+)$/;
const DONE =
  /^(e\d+) done (\d{1,3}) (by-itself|timeout|output-cap) (user|none) (\d{1,12}) (none|\d{1,3}) ([0-9a-f]{64}) (\/\S*)$/;
const DATA = /^(e\d+) (prepare|report|stream1|stream2) (\d+) ([A-Za-z0-9+/=]+)$/;
const END = /^(e\d+) (prepare|report|stream1|stream2) end (\d+) ([0-9a-f]{64})$/;
const OVER = /^slot (\d+) over ([01])$/;
const MOST_BYTES = 20_000_000;

export interface SlotLog {
  readonly slot: number;
  readonly text: string;
  readonly job: CiJob;
}

const trouble = (job: CiJob, why: string): Result<never, Problem> =>
  err({
    code: "ci-unreadable",
    message: `Cannot take the result of the job '${job.name}': ${why}`,
    ...(job.url === null ? {} : { value: job.url }),
    remedy: "Look at the job's log on the forge; retry the run for a new branch and new jobs",
  });

/**
 * The results of one slot. Everything must be there, whole and once: a line that is missing, a digest that differs, a job whose
 * conclusion says something else than its commands' exit codes, is no result at all.
 */
export async function slotResults(
  log: SlotLog,
  { commit, ids }: { commit: string; ids: readonly string[] },
): Promise<Result<Map<string, CiResult>, Problem>> {
  const { job, slot } = log;
  if (job.name !== slotJob(slot)) return trouble(job, `it is not called '${slotJob(slot)}'`);
  if (job.conclusion !== "success" && job.conclusion !== "failure") {
    return trouble(job, `the forge says '${job.conclusion}', which is no result of a command`);
  }
  const chunks = new Map<string, string[]>();
  const ends = new Map<string, { count: number; sha: string }>();
  const done = new Map<string, RegExpExecArray>();
  let over: string | null = null;
  for (const line of log.text.split("\n")) {
    const found = LINE.exec(line.trimEnd());
    if (found === null) continue;
    const [, of = "", said = ""] = found;
    if (of !== commit) return trouble(job, `it tells of the commit ${of}`);
    if (over !== null) return trouble(job, "it goes on after its end");
    const [data, end, finished, last] = [DATA.exec(said), END.exec(said), DONE.exec(said), OVER.exec(said)];
    if (data !== null) {
      const key = `${data[1]} ${data[2]}`;
      const list = chunks.get(key) ?? [];
      if (Number(data[3]) !== list.length) return trouble(job, `${key} is not whole`);
      list.push(data[4] ?? "");
      chunks.set(key, list);
    } else if (end !== null) {
      const key = `${end[1]} ${end[2]}`;
      if (ends.has(key)) return trouble(job, `${key} stands in it twice`);
      ends.set(key, { count: Number(end[3]), sha: end[4] ?? "" });
    } else if (finished !== null) {
      if (done.has(finished[1] ?? "")) return trouble(job, `${finished[1]} stands in it twice`);
      done.set(finished[1] ?? "", finished);
    } else if (last !== null && Number(last[1]) === slot) over = last[2] ?? "";
    else return trouble(job, "it has a line that the script does not write");
  }
  if (over === null) return trouble(job, "it ended before the script did");
  if (done.size !== ids.length || !ids.every((id) => done.has(id))) {
    return trouble(
      job,
      `it tells of ${[...done.keys()].join(", ") || "nothing"}, and ${ids.join(", ")} were asked for`,
    );
  }
  const results = new Map<string, CiResult>();
  for (const [id, found] of done) {
    const part = async (name: string): Promise<Uint8Array | null | undefined> => {
      const [end, list] = [ends.get(`${id} ${name}`), chunks.get(`${id} ${name}`) ?? []];
      if (end === undefined) return list.length === 0 ? null : undefined;
      if (end.count !== list.length) return undefined;
      const bytes = unpacked(list.join(""));
      return bytes !== null && await digestOf(bytes) === `sha256:${end.sha}` ? bytes : undefined;
    };
    const [stdout, stderr, report, prepareOutput] = await Promise.all(
      ["stream1", "stream2", "report", "prepare"].map(part),
    );
    if (!stdout || !stderr || report === undefined || prepareOutput === undefined) {
      return trouble(job, `what ${id} printed is not whole`);
    }
    results.set(id, {
      code: Number(found[2]),
      ended: found[3] as CiResult["ended"],
      isolation: found[4] as CiResult["isolation"],
      ms: Number(found[5]),
      prepared: found[6] === "none" ? null : Number(found[6]),
      prepareOutput,
      outputDigest: `sha256:${found[7]}`,
      root: found[8] ?? "/",
      stdout,
      stderr,
      report,
    });
  }
  // Two ways by which the forge tells the same: what the script printed, and how the job and its step ended.
  const wrong = [...results.values()].some(({ code }) => code !== 0);
  const expected = wrong ? "failure" : "success";
  const step = job.steps.find(({ name }) => name === JOBS);
  const isSaid = over === (wrong ? "1" : "0") && job.conclusion === expected &&
    (job.steps.length === 0 || step?.conclusion === expected);
  return isSaid ? ok(results) : trouble(
    job,
    `its exit codes say '${expected}', and the forge says '${job.conclusion}'${
      step === undefined ? "" : ` of the job and '${step.conclusion}' of its step`
    }`,
  );
}

function unpacked(base64: string): Uint8Array | null {
  try {
    const packed = Uint8Array.fromBase64(base64);
    // The last four bytes tell the size.
    const size = new DataView(packed.buffer, packed.byteOffset).getUint32(packed.byteLength - 4, true);
    return size > MOST_BYTES ? null : gunzipSync(packed);
  } catch {
    return null;
  }
}

/** Gathers the facts of a verification from what a forge's CI has told so far; what is missing is what has to be asked for next. */
import { createHmac } from "node:crypto";
import { NoFilesHere, type Workspace } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import { type CloneFacts, err, ok, type Problem, type Result, type VerifyFacts } from "../../../specs/mod.ts";
import { readInput } from "../input.ts";
import { readBytes } from "../../blob_reads.ts";
import type { FactoryPorts } from "../ports.ts";
import { type Proposal, proposalOf, rebuild } from "../proposal.ts";
import { type Elsewhere, gatherVerifyFacts, NotYet, ranElsewhere, type Run } from "../verify/mod.ts";
import { type Asked, askedFor, installCommand } from "./order.ts";
import type { CiRound, KeptResult } from "./state.ts";

/** What a phase or an effect of a run knows of it. */
export type Of = Pick<PhaseContext, "run" | "input" | "outputs" | "blobs" | "clock">;

export interface Attempt {
  /** Null while something has to be asked for. */
  readonly facts: VerifyFacts | null;
  readonly asked: readonly Asked[];
  readonly workspace: Workspace;
  readonly objects: NonNullable<Workspace["objects"]>;
  readonly proposal: Proposal & { change: NonNullable<Proposal["change"]> };
  readonly history: CloneFacts;
}

export async function gatherByCi(
  ports: FactoryPorts,
  of: Of,
  state: CiRound,
  detail: string,
): Promise<Result<Attempt, Problem>> {
  const { input, spec } = await readInput(of.blobs, of.input);
  const proposal = await proposalOf(of.blobs, of.outputs);
  const change = proposal?.change;
  if (!proposal || !change || !proposal.stored) {
    throw new Error("Cannot verify: implement committed no change that applies");
  }
  const rebuilt = await rebuild(ports, of.run, {
    repository: input.repository,
    stored: proposal.stored,
    tree: change.tree,
  }, "ci");
  if (!rebuilt.ok) return rebuilt;
  const workspace = rebuilt.value;
  const { objects } = workspace;
  if (objects === undefined) return err(new NoFilesHere("lay the checks over the change").problem);
  const history = await workspace.history();
  const checkFiles = new Map<string, Uint8Array>();
  for (const [path, digest] of Object.entries(input.checks)) {
    checkFiles.set(path, await readBytes(of.blobs, digest));
  }
  const asked = new Map<string, Asked>();
  const used: KeptResult[] = [];
  const elsewhere: Elsewhere = {
    detail,
    token: (label) => createHmac("sha256", state.seed).update(label).digest("hex").slice(0, 24),
    async run(run: Run) {
      const install = installCommand(await run.files.list());
      const one = await askedFor(objects, run, install);
      const kept = state.results[one.key];
      if (kept === undefined) {
        asked.set(one.key, one);
        throw new NotYet();
      }
      used.push(kept);
      const read = (digest: string) => readBytes(of.blobs, digest);
      return await ranElsewhere(run, {
        code: kept.ended === "by-itself" ? kept.code : null,
        ended: kept.prepared !== null && kept.prepared !== 0 ? "not-started" : kept.ended,
        ms: kept.ms,
        stdout: await read(kept.stdout),
        stderr: await read(kept.stderr),
        report: kept.report === null ? null : await read(kept.report),
        root: kept.root,
        outputDigest: kept.outputDigest,
      });
    },
  };
  const made = (facts: VerifyFacts | null): Result<Attempt, Problem> =>
    ok({
      facts,
      asked: [...asked.values()],
      workspace,
      objects,
      proposal: { ...proposal, change },
      history,
    });
  try {
    const facts = await gatherVerifyFacts({
      spec,
      change,
      workspace,
      checkFiles,
      renames: proposal.renames,
      sandbox: ports.sandbox,
      elsewhere,
      testers: ports.testers,
      scratch: "",
      cache: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
      clock: of.clock,
    });
    return made(await withInstallation(of, facts, used, await workspace.list("head")));
  } catch (error) {
    if (error instanceof NotYet) return made(null);
    throw error;
  }
}

/** Says how dependencies were installed; that they were not is why verification is not whole. */
async function withInstallation(
  of: Of,
  facts: VerifyFacts,
  used: readonly KeptResult[],
  paths: readonly string[],
): Promise<VerifyFacts> {
  const installed = used.filter(({ prepared }) => prepared !== null);
  const worst = installed.find(({ prepared }) => prepared !== 0) ?? installed[0];
  if (worst === undefined || worst.prepared === null) return facts;
  const text = worst.prepareOutput === null
    ? ""
    : new TextDecoder().decode(await readBytes(of.blobs, worst.prepareOutput));
  return {
    ...facts,
    prepared: [{
      argv: [...installCommand(paths) ?? ["install"]],
      on: "prepare",
      exitCode: worst.prepared,
      ended: "by-itself",
      report: null,
      seconds: 0,
      outputDigest: worst.prepareOutput ?? worst.outputDigest,
      outputTail: text.slice(-8000),
    }],
    ...(worst.prepared === 0 ? {} : {
      problem: `dependencies could not be installed: exit code ${worst.prepared}`,
    }),
  };
}

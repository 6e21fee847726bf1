/**
 * Verification by the forge's CI: what has to run is put on a throw-away branch, the run parks without a worker until the forge calls
 * or it is time to ask, and what came of it becomes the facts that the gates of the next transition judge.
 */
import { ForgeError } from "../../../connectors/mod.ts";
import type { PhaseContext, PhaseHandler, PhaseResult } from "../../../kernel/mod.ts";
import { redact } from "../../../policies/mod.ts";
import {
  type CiFacts,
  digestOf,
  err,
  type Json,
  ok,
  type Result,
  type VerifyFacts,
} from "../../../specs/mod.ts";
import { readInput } from "../input.ts";
import { failed } from "../outcome.ts";
import type { FactoryPorts } from "../ports.ts";
import { proposalOf } from "../proposal.ts";
import { gatherByCi } from "./gather.ts";
import { makeOrder } from "./order.ts";
import { noWorkflow } from "./accept.ts";
import { ciOf } from "./branches.ts";
import { type CiRound, keepRound, keptResult, Looked, readRound, Sent } from "./state.ts";
import { slotResults } from "./results.ts";
import { BRANCHES, isShipped, JOBS, slotJob, WORKFLOW_PATH } from "./workflow_text.ts";

const MOST_LOG_BYTES = 60 * 1024 * 1024;
/** First wait between two looks, doubled each time up to the longest. */
const POLL_MS = 30_000;
const LONGEST_POLL_MS = 600_000;
/** Webhooks come in bursts: one look serves all of a short while. */
const BETWEEN_LOOKS_MS = 2000;
/** Waiting for a runner, and for what is installed, beside the time for tests itself. */
const GRACE_MS = 2 * 3600_000;

/** Asks for what is not known yet; when everything is, the facts can be gathered. */
export function ciSend(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input, spec } = await readInput(ctx.blobs, ctx.input);
    const { forge } = input;
    const { remote } = input.repository;
    if (forge === "local" || remote === undefined) {
      throw new Error("Cannot verify by CI: the run has no forge with a server");
    }
    const { state, digest } = await roundNow(ctx);
    const gathered = await gatherByCi(ports, ctx, state, "");
    if (!gathered.ok) return failed(gathered.error, { class: "data-integrity", source: "factory" });
    const { asked, objects, workspace, facts } = gathered.value;
    if (facts !== null) return { kind: "done", outcome: "told", output: { state: digest } };
    const path = WORKFLOW_PATH[forge];
    const workflow = await workspace.read(path, "base");
    if (workflow === null) {
      return failed(noWorkflow(forge, path), { class: "policy", source: "user-environment" });
    }
    const order = await makeOrder(objects, asked, spec.verify?.timeoutSeconds ?? 600);
    const now = ctx.clock.now();
    const branch = `${BRANCHES}${ctx.run.replace(/[^a-z0-9_]/g, "")}-${ctx.visit}`;
    const effect = `${ctx.run}/ci-order/${ctx.visit}`;
    const sent: Sent = {
      state: digest,
      branch,
      effect,
      items: [...order.items],
      workflow: {
        path,
        digest: await digestOf(workflow),
        shipped: isShipped(forge, new TextDecoder().decode(workflow)),
      },
      sentAt: now,
      deadline: now + (ports.ci?.deadlineMs ?? GRACE_MS + 2000 * (spec.verify?.timeoutSeconds ?? 600)),
    };
    ctx.progress(`${order.items.length} commands are asked of the forge's CI, on ${branch}`);
    return {
      kind: "done",
      outcome: "sent",
      output: sent as unknown as Json,
      effects: [{
        key: effect,
        kind: "ci-order",
        args: { forge, repository: remote, branch, state: digest, at: new Date(now).toISOString() },
      }],
    };
  };
}

/** The state of this change's verification; a change that is another begins anew. */
async function roundNow(ctx: PhaseContext): Promise<{ state: CiRound; digest: string }> {
  const proposal = await proposalOf(ctx.blobs, ctx.outputs);
  if (!proposal?.change) throw new Error("Cannot verify: implement committed no change");
  const { patch, change: { tree } } = proposal;
  const before = Looked.safeParse(ctx.outputs["ci-look"]);
  if (before.success) {
    const state = await readRound(ctx.blobs, before.data.state);
    if (state.patch === patch && state.tree === tree) return { state, digest: before.data.state };
  }
  const seed = crypto.getRandomValues(new Uint8Array(24)).toHex();
  const state: CiRound = { v: 1, patch, tree, seed, results: {}, rounds: [] };
  return { state, digest: await keepRound(ctx.blobs, state) };
}

/** Asks the forge what became of it. */
export function ciLook(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input } = await readInput(ctx.blobs, ctx.input);
    const { forge, repository: { remote } } = input;
    if (forge === "local" || remote === undefined) {
      throw new Error("Cannot look at CI: the run has no forge with a server");
    }
    const sent = Sent.parse(ctx.outputs["ci-send"]);
    const view = await ports.runs?.view(ctx.run);
    const { commit } = (view?.effects[sent.effect] ?? {}) as { commit?: string };
    if (commit === undefined) throw new Error(`Cannot look at CI: ${sent.effect} has no outcome`);
    // What comes in from now on wakes this run; a hint, and nothing else.
    await ports.forgeEvents?.watch(ctx.run, { repository: remote, number: 0, branch: sent.branch });
    const ci = ciOf(ports, forge);
    const at = { repository: remote, branch: sent.branch, commit, workflow: sent.workflow.path, jobs: JOBS };
    const now = ctx.clock.now();
    const before = Looked.safeParse(ctx.outputs["ci-look"]);
    const looks = before.success && before.data.lookedAt >= sent.sentAt ? before.data.looks + 1 : 1;
    const looked = (more: Partial<Looked>): Looked => ({
      state: sent.state,
      looks,
      nextAt: Math.min(
        sent.deadline,
        now + Math.min(LONGEST_POLL_MS, (ports.ci?.pollMs ?? POLL_MS) * 2 ** Math.min(looks - 1, 10)),
      ),
      lookedAt: now,
      why: "waits for the forge's CI",
      asked: view?.visits["ci-stuck"] ?? 0,
      problem: null,
      ...more,
    });
    const stuck = (kind: "timeout" | "external", message: string, remedy: string): PhaseResult => ({
      kind: "done",
      outcome: "stuck",
      output: looked({
        problem: { class: kind, message: message.slice(0, 4000), remedy },
      }) as unknown as Json,
      effects: [drop(ctx, { forge, repository: remote, branch: sent.branch })],
    });

    const waits = (why: string, untilMs = 0): PhaseResult => {
      const next = looked({ why: why.slice(0, 1000) });
      const output = { ...next, nextAt: Math.min(sent.deadline, Math.max(next.nextAt, untilMs)) };
      return { kind: "done", outcome: "waits", output: output as unknown as Json };
    };

    const answer = await passing(() => ci.look(at));
    if (!answer.ok) {
      const { message, untilMs } = answer.error;
      if (now >= sent.deadline) return stuck("external", message, "Wait until the forge answers; then retry");
      return waits(message, untilMs);
    }
    const found = answer.value;
    const told = found.refused.length === 0 ? "" : `; not counted: ${found.refused.join("; ")}`;
    if (found.status !== "completed") {
      const what = found.run === null ? "has not begun a run" : `has not ended run ${found.run.id}`;
      if (now >= sent.deadline) {
        return stuck(
          "timeout",
          `The forge's CI ${what} for ${commit} on ${sent.branch} within ${
            Math.round((sent.deadline - sent.sentAt) / 60_000)
          } minutes${told}`,
          found.run === null
            ? "Check that workflows are switched on, that the credential's pushes start them, and that none waits for an approval; then retry"
            : "Look at the run on the forge; retry for a new one",
        );
      }
      return waits(`the forge's CI ${what}${told}`);
    }
    const state = await readRound(ctx.blobs, sent.state);
    const jobs: CiFacts["rounds"][number]["jobs"] = [];
    for (const slot of new Set(sent.items.map((item) => item.slot))) {
      const items = sent.items.filter((item) => item.slot === slot);
      const job = found.jobs.filter(({ name }) => name === slotJob(slot));
      const [only, ...others] = job;
      if (only === undefined || others.length > 0 || only.conclusion === null) {
        return stuck(
          "external",
          `The forge's CI ended without a result of the job '${
            slotJob(slot)
          }' (run ${found.run?.id}: ${found.run?.conclusion})${told}`,
          "Look at the run on the forge: a job that was not started, or was started twice, is no result. Retry for a new run",
        );
      }
      const fetched = await passing(() => ci.log(remote, only.id, MOST_LOG_BYTES));
      const log = fetched.ok ? fetched.value : null;
      if (log === null && now < sent.deadline) {
        return fetched.ok
          ? waits(`the log of '${only.name}' is not there yet`)
          : waits(fetched.error.message, fetched.error.untilMs);
      }
      const read = await slotResults({ slot, job: only, text: log?.text ?? "" }, {
        commit,
        ids: items.map(({ id }) => id),
      });
      if (!read.ok || log === null || log.cut) {
        return stuck(
          "external",
          read.ok ? `The log of the job '${only.name}' is missing or too long` : read.error.message,
          read.ok ? "Let the tests print less" : read.error.remedy ?? "Retry for a new run",
        );
      }
      for (const { id, key } of items) {
        const result = read.value.get(id);
        if (result === undefined) {
          throw new Error(`Cannot keep the result of ${id}: it was read and is not there`);
        }
        state.results[key] = await keptResult(ctx.blobs, result);
      }
      jobs.push({ id: only.id, name: only.name, conclusion: only.conclusion, log: await digestOf(log.text) });
    }
    state.rounds.push({
      branch: sent.branch,
      commit,
      run: found.run?.id ?? "",
      url: found.run?.url ?? null,
      attempts: found.run?.attempts ?? 1,
      jobs,
      refused: [...found.refused],
    });
    ctx.progress(`the forge's CI has answered: run ${found.run?.id}, ${found.run?.conclusion}`);
    return {
      kind: "done",
      outcome: "read",
      output: looked({ state: await keepRound(ctx.blobs, state) }) as unknown as Json,
      effects: [drop(ctx, { forge, repository: remote, branch: sent.branch })],
    };
  };
}

/** An outage of the forge is no answer of its CI: it is asked again for as long as an answer is waited for. */
async function passing<T>(ask: () => Promise<T>): Promise<Result<T, { message: string; untilMs?: number }>> {
  try {
    return ok(await ask());
  } catch (error) {
    if (!(error instanceof ForgeError) || error.failure?.retryable !== true) throw error;
    const { problem, untilMs } = error;
    return err({ message: problem.message, ...(untilMs === undefined ? {} : { untilMs }) });
  }
}

const drop = (
  ctx: PhaseContext,
  args: { forge: "github" | "gitlab"; repository: string; branch: string },
) => ({
  key: `${ctx.run}/ci-drop/${ctx.visit}`,
  kind: "ci-drop",
  args,
});

/** Parks until a webhook comes in or it is time to look; what woke it is consumed. */
export function ciWait(): PhaseHandler {
  return (ctx) => {
    const { nextAt, lookedAt, why } = Looked.parse(ctx.outputs["ci-look"]);
    const called = ctx.signals.filter(({ name }) => name === "forge");
    const dueAt = called.length > 0 ? Math.min(nextAt, lookedAt + BETWEEN_LOOKS_MS) : nextAt;
    if (ctx.clock.now() >= dueAt) {
      const output: Json = { signals: called.length };
      return Promise.resolve({
        kind: "done",
        outcome: "woken",
        output,
        consumed: called.map(({ id }) => id),
      });
    }
    return Promise.resolve({
      kind: "park",
      reason: why,
      untilMs: dueAt,
      // Already called: only the time is left to wait for.
      ...(called.length > 0 ? {} : { signal: "forge" }),
    });
  };
}

/** Asks a human; who comes back here was sent to try once more, with a branch and jobs of their own. */
export function ciStuck(): PhaseHandler {
  return (ctx) => {
    const { asked, problem } = Looked.parse(ctx.outputs["ci-look"]);
    if (ctx.visit > asked + 1) return Promise.resolve({ kind: "done", outcome: "again", output: null });
    if (problem === null) throw new Error("Cannot ask about CI: nothing is wrong with it");
    return Promise.resolve({
      kind: "failed",
      failure: {
        class: problem.class,
        source: "provider",
        retryable: false,
        message: problem.message,
        remedy: problem.remedy,
        question: "The forge's CI gave no result that counts. Retry asks it anew; or end the run.",
      },
    });
  };
}

/** The facts that the gates judge, as a verification here gives them. */
export function ciVerify(ports: FactoryPorts): PhaseHandler {
  return async (ctx) => {
    const { input } = await readInput(ctx.blobs, ctx.input);
    const { state: digest } = ctx.outputs["ci-send"] as { state: string };
    const state = await readRound(ctx.blobs, digest);
    const isolation = Object.values(state.results).some((one) => one.isolation === "none") ? "none" : "user";
    const gathered = await gatherByCi(ports, ctx, state, detailOf(input.forge, state, isolation));
    if (!gathered.ok) return failed(gathered.error, { class: "data-integrity", source: "factory" });
    const { facts, proposal, history, workspace } = gathered.value;
    if (facts === null) throw new Error("Cannot verify: the forge's CI was not asked for everything");
    if (input.forge === "local") throw new Error("Cannot verify by CI: the run has no forge with a server");
    const path = WORKFLOW_PATH[input.forge];
    const workflow = await workspace.read(path, "base") ?? new Uint8Array();
    const whole: VerifyFacts = {
      ...facts,
      ci: {
        forge: input.forge,
        workflow: {
          path,
          digest: await digestOf(workflow),
          shipped: isShipped(input.forge, new TextDecoder().decode(workflow)),
        },
        rounds: state.rounds,
        isolation,
        network: "open",
      },
    };
    await ports.forgeEvents?.unwatch(ctx.run);
    const clean = JSON.parse(
      JSON.stringify(whole),
      (_key, value) => typeof value === "string" ? redact(value) : value,
    );
    const total = { passed: 0, failed: 0, skipped: 0, checks: facts.checks.length };
    for (const { head: { report } } of facts.commands) {
      total.passed += report?.passed ?? 0;
      total.failed += report?.failed ?? 0;
      total.skipped += report?.skipped ?? 0;
    }
    const output: Json = {
      facts: await ctx.blobs.put(JSON.stringify(clean)),
      clone: await ctx.blobs.put(JSON.stringify(history)),
      patch: proposal.patch,
      tree: proposal.change.tree,
      ...total,
    };
    return { kind: "done", outcome: "verified", output };
  };
}

function detailOf(forge: string, state: CiRound, isolation: "user" | "none"): string {
  const runs = state.rounds.map(({ run }) => run).join(", ");
  return `observed by the CI of ${forge === "github" ? "GitHub" : "GitLab"} (run ${
    runs || "none"
  }), not sandboxed by this engine: ` +
    (isolation === "user" ? "a user of its own" : "**the script's own user**") + ", network open";
}

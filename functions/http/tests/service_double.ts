/** A small `Service` in memory, for tests of the door: shapes and states, no engine behind. */
import type { RunView } from "../../../kernel/mod.ts";
import type { PullRequest } from "../../../connectors/mod.ts";
import {
  type Actor,
  type Decision,
  err,
  type Event,
  type EventBody,
  ok,
  type Problem,
  type RunDocument,
  type WorkflowDefinition,
} from "../../../specs/mod.ts";
import type { EvidenceSummary, RunRequest, Service } from "../../service.ts";

export const DIGEST = `sha256:${"a".repeat(64)}`;

export const workflow: WorkflowDefinition = {
  id: "canonical",
  version: "1.0.0",
  start: "plan",
  seals: true,
  phases: {
    plan: phase({ planned: "implement" }),
    implement: phase({ proposed: "verify" }),
    verify: phase({ verified: "release" }),
    release: phase({ released: "@completed" }),
  },
};

function phase(on: Record<string, WorkflowDefinition["start"]>): WorkflowDefinition["phases"][string] {
  return {
    handler: "none",
    timeoutSeconds: 60,
    attempts: 1,
    on: Object.fromEntries(
      Object.entries(on).map(([outcome, to]) => [outcome, { to, gated: true, denied: "@denied" }]),
    ),
  };
}

/** A decision with one rule, for a transition. */
export function decision(
  verdict: Decision["verdict"],
  from: string,
  to: string,
  text: { message: string; remediation: string } = {
    message: "A test is gone",
    remediation: "Keep the test",
  },
): Decision {
  const layers = (["L0", "L1", "L2", "L3", "L4"] as const).map((layer) => ({
    layer,
    verdict: layer === "L1" && verdict !== "allow" ? "fail" as const : "pass" as const,
  }));
  return {
    v: 1,
    transition: { from, to },
    verdict,
    layers,
    rules: [
      {
        gate: "test-inventory",
        rule: "core/T1",
        layer: "L1",
        mode: "enforce",
        verdict: verdict === "allow" ? "pass" : "fail",
        facts: [],
        findings: verdict === "allow" ? [] : [{ ...text, path: "src/a_test.ts", line: 10 }],
        escalates: verdict === "escalate",
      },
      {
        gate: "scope",
        rule: "core/S1",
        layer: "L1",
        mode: "enforce",
        verdict: "not_applicable",
        selector: "no file changed",
        facts: [],
        findings: [],
        escalates: false,
      },
    ],
    engine: "test",
    packs: [],
    inputDigest: DIGEST,
    subject: { patch: DIGEST },
    approvals: [],
    at: "2026-01-02T03:04:05.000Z",
  };
}

export interface Double extends Service {
  /** What `submit` was given. */
  readonly submitted: { request: RunRequest; actor: Actor }[];
  /** What `act` was given. */
  readonly acted: { run: string; action: Parameters<Service["act"]>[1]; actor: Actor }[];
  /** Watchers that have not been let go. */
  watching(): number;
  /** Puts a run there. */
  add(status: RunView["status"], options?: { title?: string; view?: Partial<RunView> }): string;
  append(run: string, body: EventBody): Event;
  /** Changes what is known of a run without an event. */
  change(run: string, view: Partial<RunView>): void;
  /** What the next `submit` answers. */
  refuse(problem: Problem | null): void;
  pulls: PullRequest[];
  bundles: EvidenceSummary[];
  /** Files of bundles, by `<id>/<path>`. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
  decided: Decision[];
  fault: Error | null;
}

/** As the application has it, in short. */
function waitingOf(view: RunView, events: readonly Event[]): RunDocument["waiting"] {
  if (view.status !== "parked") return null;
  const parked = events.findLast((event) => event.type === "run.parked");
  return {
    reason: parked?.type === "run.parked" ? parked.payload.reason : "",
    until: parked?.type === "run.parked" ? parked.payload.until ?? null : null,
    remedy: `forge workflow resume ${view.run}`,
  };
}

const ENDS = new Set(["completed", "denied", "failed", "cancelled"]);

/** Makes one. Instants stand still, ids count up. */
export function serviceDouble(): Double {
  const views = new Map<string, RunView>();
  const ledgers = new Map<string, Event[]>();
  const keys = new Map<string, string>();
  const wakers = new Set<() => void>();
  let refusal: Problem | null = null;
  let count = 0;
  let watching = 0;

  const viewOf = (run: string) => {
    const view = views.get(run);
    if (view === undefined) throw new Error(`the test asks for a run that it did not add: ${run}`);
    return view;
  };
  const documentOf = (view: RunView): RunDocument => ({
    run: view.run,
    status: view.status === "cancelling" ? "running" : view.status,
    phase: view.phase,
    title: view.title,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
    pullRequest: double.pulls.filter((pull) => pull.run === view.run).map((
      { number, url, branch, commit, base },
    ) => ({ number, url, branch, commit, base }))[0] ?? null,
    denials: view.status === "denied"
      ? [{
        gate: "test-inventory",
        layer: "L1",
        rule: "core/T1",
        message: "A test is gone",
        path: "src/a_test.ts",
        line: 10,
        remediation: "Keep the test",
      }]
      : [],
    failure: view.failure,
    evidence: view.evidence &&
      { id: view.evidence.id, path: view.evidence.path, digest: view.evidence.digest },
    usage: { tokensIn: 0, tokensOut: 0, costUsd: 0, seconds: 3, repairs: 0 },
    waiting: waitingOf(view, ledgers.get(view.run) ?? []),
    notes: [],
  });

  const double: Double = {
    submitted: [],
    acted: [],
    pulls: [],
    bundles: [],
    files: new Map(),
    decided: [],
    fault: null,
    watching: () => watching,
    refuse: (problem) => {
      refusal = problem;
    },
    add(status, options = {}) {
      count += 1;
      const run = `run_${String(count).padStart(10, "0")}`;
      const at = "2026-01-02T03:04:05.000Z";
      ledgers.set(run, []);
      views.set(run, {
        run,
        status,
        title: options.title ?? `Run ${count}`,
        workflow,
        phase: "plan",
        visits: { plan: 1 },
        input: null,
        outputs: {},
        effects: {},
        lastDecision: null,
        failure: null,
        escalation: null,
        evidence: ENDS.has(status)
          ? { id: `ev_${count}abcdef`, digest: DIGEST, path: "/evidence", status }
          : null,
        budget: { tokens: { limit: 1000, spent: 250, reserved: 0 } },
        createdAt: at,
        updatedAt: at,
        head: { seq: 0, hash: "" },
        forkedFrom: null,
        ...options.view,
      });
      double.append(run, {
        type: "run.accepted",
        v: 1,
        payload: { workflow, input: null, title: options.title ?? `Run ${count}`, limits: {} },
      });
      return run;
    },
    append(run, body) {
      const events = ledgers.get(run) ?? [];
      const seq = events.length + 1;
      const event: Event = {
        ...body,
        id: `event-${seq}`,
        run,
        seq,
        parent: null,
        at: "2026-01-02T03:04:05.000Z",
        actor: { kind: "user", id: "ada" },
        prevHash: "",
        hash: `hash-${seq}`,
      };
      events.push(event);
      views.set(run, { ...viewOf(run), head: { seq, hash: event.hash } });
      for (const wake of [...wakers]) wake();
      return event;
    },
    change(run, view) {
      views.set(run, { ...viewOf(run), ...view });
    },
    submit(request, actor) {
      double.submitted.push({ request, actor });
      if (refusal !== null) return Promise.resolve(err(refusal));
      const key = request.idempotencyKey;
      const before = key === undefined ? undefined : keys.get(key);
      if (before !== undefined) return Promise.resolve(ok({ run: before, existed: true }));
      const run = double.add("queued");
      if (key !== undefined) keys.set(key, run);
      return Promise.resolve(ok({ run, existed: false }));
    },
    document: (run) => Promise.resolve(views.has(run) ? documentOf(viewOf(run)) : null),
    view(run) {
      if (double.fault !== null) return Promise.reject(double.fault);
      return Promise.resolve(views.get(run) ?? null);
    },
    list({ cursor, limit = 50, status } = {}) {
      const all = [...views.values()].toReversed().filter((view) =>
        status === undefined || view.status === status
      );
      const from = cursor === undefined ? 0 : all.findIndex((view) => view.run === cursor) + 1;
      const runs = all.slice(from, from + limit).map(documentOf);
      return Promise.resolve({ runs, cursor: from + limit < all.length ? runs.at(-1)?.run ?? null : null });
    },
    events: (run, { after = 0, limit = 100 } = {}) =>
      Promise.resolve((ledgers.get(run) ?? []).filter((event) => event.seq > after).slice(0, limit)),
    async *watch(run, { after = 0, signal } = {}) {
      watching += 1;
      try {
        for (let seq = after;;) {
          const event = ledgers.get(run)?.[seq];
          if (event !== undefined) {
            seq += 1;
            yield event;
            if (event.type === "evidence.sealed") return;
            continue;
          }
          if (signal?.aborted) return;
          await new Promise<void>((resolve) => {
            const wake = () => {
              wakers.delete(wake);
              signal?.removeEventListener("abort", wake);
              resolve();
            };
            wakers.add(wake);
            signal?.addEventListener("abort", wake);
          });
        }
      } finally {
        watching -= 1;
      }
    },
    act(run, action, actor) {
      double.acted.push({ run, action, actor });
      if (ENDS.has(viewOf(run).status) && action.action !== "fork") {
        return Promise.resolve({
          ok: false,
          code: "conflict",
          message: `Cannot ${action.action} as the run has ended`,
          remedy: "Fork it",
        });
      }
      return Promise.resolve({ ok: true, run });
    },
    settled: (run) => Promise.resolve(documentOf(viewOf(run))),
    decisions: () => Promise.resolve(double.decided),
    pullRequests: () => Promise.resolve(double.pulls),
    pullRequest: (number) => Promise.resolve(double.pulls.find((pull) => pull.number === number) ?? null),
    evidence: () => Promise.resolve(double.bundles),
    evidenceFile: (id, path) => Promise.resolve(double.files.get(`${id}/${path}`) ?? null),
    manifest: (id) => {
      const found = double.bundles.find((bundle) => bundle.id === id);
      return Promise.resolve(
        found === undefined ? null : {
          path: found.path,
          manifest: {
            v: 1,
            id,
            run: found.run,
            status: "completed",
            sandbox: "bwrap",
            withheld: [],
            notes: ["no mind read it"],
            at: found.at,
            head: { seq: 9, hash: "b".repeat(64) },
            files: [{
              path: "decisions.jsonl",
              sha256: "c".repeat(64),
              size: 12,
              mediaType: "application/jsonl",
            }],
            root: DIGEST,
          },
        },
      );
    },
    policies: () => [{
      pack: "core",
      version: "1.0.0",
      rule: "core/T1",
      gate: "test-inventory",
      layer: "L1",
      mode: "enforce",
      description: "Every test that passed on base runs and passes on head",
    }],
    ready: () => Promise.resolve({ ok: true, detail: { store: "kv-memory" } }),
    metrics: () => ({ queueDepth: 2, commits: 5 }),
    close: () => Promise.resolve(),
  };
  return double;
}

/** A pull request of a run. */
export const pullOf = (run: string): PullRequest => ({
  number: 1,
  run,
  title: "Reject malformed addresses",
  body: "What changed\n\n<img src=x onerror=alert(1)>",
  branch: "forge/reject-1",
  base: "main",
  baseCommit: "d".repeat(40),
  commit: "e".repeat(40),
  url: "local:1",
  draft: false,
  createdAt: "2026-01-02T03:04:05.000Z",
});

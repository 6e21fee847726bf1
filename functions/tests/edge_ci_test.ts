import assert from "node:assert/strict";
import { openKvStore } from "../../kernel/mod.ts";
import { type Actor, err, type RunDocument, type VerifyFacts } from "../../specs/mod.ts";
import { readEvidenceKey } from "../../policies/evidence/mod.ts";
import { memoryBundle, verifyEvidence } from "../../policies/evidence/reading/mod.ts";
import { edgeApplication } from "../edge.ts";
import { edgeAttestor } from "../edge_attestor.ts";
import { replayWith } from "../replay.ts";
import { secretOf } from "../testing/secret_key.ts";
import type { Service } from "../service.ts";
import {
  BAD,
  CHECKS,
  type EdgeRoom,
  edgeRoom,
  FILES,
  gitlabRoom,
  GOOD,
  hookOf,
  SECRET,
  SPEC,
} from "./edge_room.ts";

const ANN: Actor = { kind: "user", id: "ann" };
const MAIN = new URL("../main.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const KEY = "forge_edge.0123456789abcdef0123456789abcdef";
const lacking = (["node", "git", "bash"] as const).filter((name) => {
  try {
    return !new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return true;
  }
});
const needs = lacking.length === 0 ? "" : ` (${lacking.join(", ")} not here)`;
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: `${name}${needs}`, ignore: lacking.length > 0, fn });

interface Host extends AsyncDisposable {
  service: Service;
  submits(patch: string, more?: { spec?: string }): Promise<string>;
  /** The document once the run stands as told. */
  until(run: string, is: (document: RunDocument) => boolean): Promise<RunDocument>;
}

async function host(
  room: Pick<EdgeRoom, "env" | "repo">,
  ci: { pollMs?: number; deadlineMs?: number },
): Promise<Host> {
  const service = await edgeApplication({
    store: await openKvStore(":memory:"),
    env: (name) => room.env[name],
    ci,
  });
  return {
    service,
    async submits(patch, { spec = SPEC } = {}) {
      const given = await service.submit({ spec, files: CHECKS, repo: room.repo, patch }, ANN);
      if (!given.ok) throw new Error(JSON.stringify(given.error));
      return given.value.run;
    },
    async until(run, is) {
      for (const end = performance.now() + 120_000; performance.now() < end;) {
        const document = await service.document(run);
        if (document !== null && is(document)) return document;
        await new Promise((wait) => setTimeout(wait, 25));
      }
      throw new Error(JSON.stringify(await service.document(run)));
    },
    [Symbol.asyncDispose]: () => service.close(),
  };
}

const isOver = ({ status, evidence }: RunDocument) =>
  ["completed", "denied", "failed", "cancelled", "escalated"].includes(status) && evidence !== null;

async function factsOf(service: Service, evidence: string): Promise<VerifyFacts> {
  const bytes = await service.evidenceFile(evidence, "artifacts/verify.json");
  return JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()));
}

test("without --allow-run a change goes from spec to pull request; the host may be killed while CI works", async () => {
  await using room = await edgeRoom();
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  room.actions.held = held;
  const start = async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["serve", "--no-prompt", "--no-check", "--no-lock", "--config", CONFIG, "--allow-net=127.0.0.1"],
        // The database is a file, so that it outlives the process; a hosted platform has its own.
        ...[
          "--allow-env",
          "--allow-read",
          `--allow-write=${room.dir}`,
          "--host=127.0.0.1",
          "--port=0",
          MAIN.pathname,
        ],
      ],
      env: { ...room.env, FORGE_KEY: KEY, FORGE_KV: `${room.dir}/kv`, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const said: string[] = [];
    const { promise: listening, resolve } = Promise.withResolvers<string>();
    const listen = async (stream: ReadableStream<Uint8Array>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        said.push(text);
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.join(""))?.[0];
        if (url !== undefined) resolve(url);
      }
    };
    const heard = Promise.all([listen(child.stdout), listen(child.stderr)]);
    const late = setTimeout(() => child.kill("SIGKILL"), 120_000);
    const ended = child.status.then(() => Promise.reject(new Error(`it ended: ${said.join("")}`)));
    ended.catch(() => {});
    const url = await Promise.race([listening, ended]);
    const ask = async (path: string, init: RequestInit = {}) =>
      await fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${KEY}`, ...init.headers } });
    const show = async (run: string): Promise<RunDocument> => await (await ask(`/v1/runs/${run}`)).json();
    return {
      url,
      said,
      ask,
      async until(run: string, is: (document: RunDocument) => boolean) {
        for (const end = performance.now() + 90_000; performance.now() < end;) {
          const document = await show(run);
          if (is(document)) return document;
          await new Promise((wait) => setTimeout(wait, 50));
        }
        throw new Error(`${JSON.stringify(await show(run))}\n${said.join("")}`);
      },
      async [Symbol.asyncDispose]() {
        clearTimeout(late);
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended by itself.
        }
        await child.status;
        await heard;
      },
    };
  };

  let run = "";
  {
    await using first = await start();
    const answer = await first.ask("/v1/runs", {
      method: "POST",
      // Nothing is fetched by git here: the URL only names the repository, and https is what loopback lacks.
      body: JSON.stringify({
        spec: SPEC,
        repo: "ssh://git@127.0.0.1/acme/tools.git",
        patch: GOOD,
        files: CHECKS,
      }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(answer.status, 202, first.said.join(""));
    run = (await answer.json()).run;
    const parked = await first.until(run, ({ status, phase }) => status === "parked" && phase === "ci-wait");
    assert.match(parked.waiting?.reason ?? "", /forge's CI/);
  }
  await using second = await start();
  let url = second.url;
  const answers: number[] = [];
  room.actions.over = async (over) => {
    const { body, headers } = await hookOf(over);
    for (const secret of ["x".repeat(20), undefined]) {
      const forged = secret === undefined ? headers : (await hookOf(over, secret)).headers;
      const answer = await fetch(`${url}/hooks/github`, { method: "POST", body, headers: forged });
      answers.push(answer.status);
      await answer.body?.cancel();
    }
  };
  letGo();
  const done = await second.until(run, isOver);
  assert.equal(done.status, "completed", JSON.stringify(done));
  assert.equal(done.pullRequest?.number, 1);
  assert.deepEqual(
    new Set(answers),
    new Set([401, 202]),
    "what is forged is refused, what is signed is taken",
  );
  url = "";

  // The pull request holds the change and nothing else.
  const { json } = await room.server.call("GET", `/repos/acme/tools/commits/${done.pullRequest?.commit}`);
  const { tree } = (json as { commit: { tree: { sha: string } } }).commit;
  const listed = await room.server.call("GET", `/repos/acme/tools/git/trees/${tree.sha}?recursive=1`);
  const paths = (listed.json as { tree: { path: string; type: string }[] }).tree.filter(({ type }) =>
    type === "blob"
  );
  assert.deepEqual(paths.map(({ path }) => path).sort(), Object.keys(FILES).sort());
  // Nothing of the throw-away branches is left.
  assert.equal(room.actions.deleted.length, room.actions.runs.length);
  assert.ok(room.actions.runs.length >= 2, "what is planted is tried in a round of its own");
  for (const { branch } of room.actions.runs) {
    const ref = await room.server.call("GET", `/repos/acme/tools/git/ref/heads/${branch}`);
    assert.equal(ref.status, 404, branch);
  }
  const bundle = await (await second.ask(`/v1/evidence/${done.evidence?.id}`)).json();
  assert.match(JSON.stringify(bundle), /observed as its API tells/);
});

test("a change that CI refuses is denied, whatever it prints; a lost webhook is made up for by asking", async () => {
  await using room = await edgeRoom();
  await using at = await host(room, { pollMs: 50 });
  // It says what the script would say of a command that went well, on every stream that it has.
  const lying = BAD.replace("@@ -1 +1 @@", "@@ -1 +1,3 @@").replace(
    "+export",
    "+const line = `forge-verify/1 ${process.env.FORGE_COMMIT} e001 done 0 by-itself user 1 none ${'0'.repeat(64)} /tmp`;\n" +
      "+for (let n = 0; n < 3; n++) { console.log(line); console.error(line); console.log('slot 1 over 0'); }\n+export",
  );
  const run = await at.submits(lying);
  const done = await at.until(run, isOver);
  assert.equal(done.status, "denied", JSON.stringify(done));
  assert.ok(done.denials.some(({ rule }) => rule === "core/T1"), JSON.stringify(done.denials));
  assert.equal(done.pullRequest, null);
  assert.equal(room.actions.deleted.length, room.actions.runs.length);
  const facts = await factsOf(at.service, done.evidence?.id ?? "");
  assert.equal(facts.sandbox.level, "ci");
  assert.deepEqual(facts.commands[0]?.base?.report?.passed, 1);
  assert.deepEqual(facts.commands[0]?.head.report?.failed, 1);
  assert.deepEqual([facts.checks[0]?.base.exitCode, facts.checks[0]?.head.exitCode], [1, 1]);
  assert.equal(facts.ci?.workflow.shipped, true);
  assert.equal(facts.ci?.rounds[0]?.commit, room.actions.runs[0]?.sha);
});

test("CI that never answers ends at a human, and its branch goes; a retry asks anew, a cancelled run leaves nothing", async () => {
  await using room = await edgeRoom();
  room.actions.on = false;
  await using at = await host(room, { pollMs: 20, deadlineMs: 400 });
  const run = await at.submits(GOOD);
  const asked = await at.until(run, isOver);
  assert.equal(asked.status, "escalated", JSON.stringify(asked));
  assert.match(
    `${asked.failure?.class}: ${asked.failure?.message}`,
    /^timeout: The forge's CI has not begun a run/,
  );
  assert.equal(room.actions.deleted.length, 1);
  const answered = await at.service.act(run, { action: "answer", choice: "retry", comment: "" }, ANN);
  assert.ok(answered.ok, JSON.stringify(answered));
  const again = await at.until(run, ({ phase, status }) => phase === "ci-wait" && status === "parked");
  assert.match(again.waiting?.reason ?? "", /has not begun/);
  assert.ok((await at.service.act(run, { action: "cancel" }, ANN)).ok);
  const over = await at.until(run, ({ status }) => status === "cancelled" && room.actions.deleted.length > 1);
  assert.equal(over.status, "cancelled");
  assert.deepEqual(room.actions.deleted.map((branch) => branch.slice(-2)), ["-1", "-2"]);
});

test("the same on GitLab: pipelines of the branch, woken by their webhook, a merge request at the end", async () => {
  await using room = await gitlabRoom();
  const keys = { FORGE_SIGNING_KEY: await secretOf("evidence"), FORGE_LOG_KEY: await secretOf("log") };
  // Nobody asks in between: only the webhook can have woken it.
  await using at = await host({ ...room, env: { ...room.env, ...keys } }, { pollMs: 400_000 });
  const answers: (string | undefined)[] = [];
  room.pipelines.over = async ({ id, sha, ref }) => {
    const body = JSON.stringify({
      object_kind: "pipeline",
      object_attributes: { id, ref, sha, status: "success" },
      project: { path_with_namespace: room.project.path, web_url: room.repo.replace(/\.git$/, "") },
    });
    for (const secret of ["another", SECRET]) {
      const headers = new Headers({
        "x-gitlab-token": secret,
        "x-gitlab-event": "Pipeline Hook",
        "idempotency-key": `p-${id}`,
      });
      answers.push((await at.service.hooks?.gitlab(headers, new TextEncoder().encode(body)))?.outcome);
    }
  };
  const done = await at.until(await at.submits(GOOD), isOver);
  assert.equal(done.status, "completed", JSON.stringify(done));
  assert.deepEqual(new Set(answers), new Set(["unproved", "accepted"]));
  assert.equal(done.pullRequest?.number, 1);
  const branches = await room.project.repository.git(
    "for-each-ref",
    "--format=%(refname:short)",
    "refs/heads",
  );
  assert.deepEqual(branches.trim().split("\n"), [done.pullRequest?.branch, "main"]);
  const held = await room.project.repository.git(
    "ls-tree",
    "-r",
    "--name-only",
    done.pullRequest?.branch ?? "",
  );
  assert.doesNotMatch(held, /checks|\.forge-verify/);
  const facts = await factsOf(at.service, done.evidence?.id ?? "");
  assert.equal(facts.ci?.forge, "gitlab");
  assert.equal(facts.ci?.rounds.length, room.project.pipelines.length);

  // Who has the public halves can verify the evidence.
  const attestor = await edgeAttestor(
    await openKvStore(":memory:"),
    (name) => keys[name as keyof typeof keys],
  );
  const bundle = await at.service.evidenceBundle?.(done.evidence?.id ?? "");
  assert.ok(attestor && bundle);
  const key = await readEvidenceKey(attestor.publicKey);
  const report = await verifyEvidence(memoryBundle(bundle), {
    trust: { keys: key === null ? [] : [key], logs: [attestor.logSigner.key], witnesses: [] },
    replay: replayWith(() => Promise.resolve(err({ code: "none", message: "none", remedy: "" }))),
  });
  assert.deepEqual(report.checks.filter(({ ok }) => !ok), []);
});

test("a run is refused before it begins where the base has no workflow, or nobody could work on it here", async () => {
  const { ".github/workflows/forge-verify.yml": _, ...files } = FILES;
  await using room = await edgeRoom(files);
  await using at = await host(room, {});
  const given = (more: Record<string, unknown>) =>
    at.service.submit({ spec: SPEC, files: CHECKS, repo: room.repo, patch: GOOD, ...more }, ANN);
  const codeOf = (answer: Awaited<ReturnType<typeof given>>) => answer.ok ? "taken" : answer.error.code;
  assert.equal(codeOf(await given({})), "no-ci-workflow");
  assert.equal(codeOf(await given({ implementer: "cli", patch: undefined })), "no-agent");
  assert.equal(codeOf(await given({ pr: "per-task" })), "usage");
  assert.equal(codeOf(await given({ base: "nowhere" })), "base-not-found");
  assert.equal(
    codeOf(await given({ repo: "https://git.example/a.git" })),
    "taken",
    "it waits for another host",
  );
});

import assert from "node:assert/strict";
import type { Decision, Json, ListedWaiver, ScanDocument } from "../../specs/mod.ts";
import { judgeTransition } from "../../policies/code/mod.ts";
import { inputText, storedInput } from "../../policies/code/mod.ts";
import { compose } from "../compose.ts";
import { type Room, room } from "./samples.ts";

/**
 * The honest patch of the sample, under a spec that leaves one of its files out of the scope: core/C2 fails, and nothing else at the
 * gate to verify. Its command runs no tests, so that a run that gets through there ends soon behind it.
 */
const SPEC = `---
title: Refuse malformed addresses
intent: { type: UPDATE, scope: ["src/auth/email.ts"] }
verify: { run: [["true"]] }
---
Support sees broken accounts
`;
const REASON = "the sign-up tests follow the address rules, ticket 12";

interface House {
  at: Room;
  repo: string;
  run(spec?: string): ReturnType<Room["forge"]>;
}

async function house(): Promise<House & AsyncDisposable> {
  const at = await room();
  const repo = await at.repository("deno-signup");
  await at.forge("init", "--user", "ada");
  await at.forge("init", "--user", "bea");
  const spec = await at.write("spec.md", SPEC);
  return {
    at,
    repo,
    run: (path = spec) =>
      at.forge(
        "run",
        path,
        "--repo",
        repo,
        "--user",
        "ada",
        "--patch",
        at.beside("deno-signup", "honest.patch"),
      ),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

const json = (document: unknown) => document as Record<string, Json>;
const waivers = async (
  at: Room,
  ...more: string[]
) => (json((await at.forge("policy", "waivers", ...more)).document).waivers as unknown as ListedWaiver[]);

async function decisions(at: Room, run: string): Promise<Decision[]> {
  const service = await compose({ data: at.data, sandbox: "none", workers: false });
  try {
    return await service.decisions(run);
  } finally {
    await service.close();
  }
}

/** Where a blob lies, whatever the layout of the folder is. */
async function blobPath(at: Room, digest: string): Promise<string> {
  const name = digest.slice("sha256:".length);
  const walk = async (dir: string): Promise<string | null> => {
    for await (const entry of Deno.readDir(dir)) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory) {
        const found = await walk(path);
        if (found !== null) return found;
      } else if (path.replaceAll("/", "").endsWith(name) || entry.name.startsWith(name)) return path;
    }
    return null;
  };
  const found = await walk(`${at.data}/blobs`);
  if (found === null) throw new Error(`no blob ${digest}`);
  return found;
}

Deno.test("a denied finding is requested by one, approved by another, and the run goes through as fail(waived); once each run", async () => {
  await using all = await house();
  const { at, run } = all;
  const denied = await run();
  assert.equal(denied.document.status, "denied");
  const [denial, ...others] = denied.document.denials;
  assert.deepEqual([denial?.rule, others.length], ["core/C2", 0]);
  assert.match(denial?.fingerprint ?? "", /^sha256:[0-9a-f]{64}$/);

  const late = await at.forge(
    "policy",
    "waive",
    denied.document.run,
    "--reason",
    REASON,
    "--expires",
    "91d",
    "--as",
    "ada",
  );
  assert.deepEqual([late.exit, late.document.error?.code], [1, "waiver-cap"]);
  const asked = await at.forge(
    "policy",
    "waive",
    denied.document.run,
    "--reason",
    REASON,
    "--expires",
    "30d",
    "--uses",
    "1",
    "--as",
    "ada",
  );
  assert.equal(asked.exit, 0, asked.stderr);
  const digest = String(json(asked.document).digest);
  const own = await at.forge("policy", "waive", "approve", digest, "--as", "ada");
  assert.deepEqual([own.exit, own.document.error?.code], [1, "self-approved"]);

  const alone = await run();
  assert.equal(alone.document.status, "denied");
  assert.ok(alone.document.notes.some((note) => /does not count: nobody but ada has signed it/.test(note)));

  const approved = await at.forge("policy", "waive", "approve", digest, "--as", "bea");
  assert.deepEqual([approved.exit, json(approved.document).state], [0, "active"], approved.stderr);
  const scan = await at.forge(
    "scan",
    "--patch",
    at.beside("deno-signup", "honest.patch"),
    "--repo",
    all.repo,
    "--spec",
    `${at.dir}/spec.md`,
  );
  const scanned = scan.document as unknown as ScanDocument;
  assert.deepEqual([scan.exit, scanned.totals.waived], [0, 1]);

  const through = await run();
  const taken = await decisions(at, through.document.run);
  const waived = taken.filter((decision) => decision.waivers?.some(({ state }) => state === "used"));
  assert.deepEqual(waived.map(({ transition }) => transition.to), ["verify"]);
  const rule = waived[0]?.rules.find(({ rule, gate }) => rule === "core/C2" && gate === "scope");
  assert.deepEqual([rule?.verdict, rule?.waived, waived[0]?.verdict], ["fail", [digest], "allow"]);
  assert.equal(waived[0]?.layers.find(({ layer }) => layer === "L1")?.waived, 1);
  const finding = scanned.findings.find(({ waived }) => waived !== undefined);
  assert.deepEqual([finding?.verdict, finding?.action, finding?.fingerprint], [
    "fail",
    "note",
    denial?.fingerprint,
  ]);

  // Judged again from what was kept, each decision is the same.
  for (const decision of waived) {
    const kept = await Deno.readTextFile(await blobPath(at, decision.inputDigest));
    const stored = await storedInput(kept);
    assert.ok(stored.ok && stored.value.kind === "change");
    assert.deepEqual(await judgeTransition(stored.value.input), decision);
    assert.equal(inputText(stored.value.input), kept);
  }
  const [listed] = await waivers(at);
  assert.deepEqual([listed?.state, listed?.uses, listed?.unused], ["exhausted", 1, false]);
  const second = await run();
  assert.equal(second.document.status, "denied");
  assert.ok(second.document.notes.some((note) => /used 1 times, which is all it allows/.test(note)));
  const audit = await Deno.readTextFile(`${at.data}/audit.jsonl`);
  assert.deepEqual(audit.match(/"waiver\.\w+"/g), ['"waiver.request"', '"waiver.approve"']);
});

Deno.test("a waiver in the repository counts from the base on, never from the change; of another repository never", async () => {
  await using all = await house();
  const { at, repo, run } = all;
  await at.git(repo, "remote", "add", "origin", "git@github.com:acme/signup.git");
  const denied = await run();
  const fingerprint = denied.document.denials[0]?.fingerprint ?? "";
  const make = async (name: string, repository: string) => {
    const file = `${at.dir}/new/${name}.json`;
    const asked = await at.forge(
      "policy",
      "waive",
      "--rule",
      "core/C2",
      "--finding",
      fingerprint,
      "--repo",
      repository,
      "--path",
      "src/auth/**",
      "--reason",
      REASON,
      "--expires",
      "2w",
      "--as",
      "ada",
      "--out",
      file,
    );
    assert.equal(asked.exit, 0, asked.stderr);
    assert.equal((await at.forge("policy", "waive", "approve", file, "--as", "bea")).exit, 0);
    return file;
  };
  const other = await make("other", "github.com/acme/other");
  const right = await make("right", "github.com/acme/signup");
  const commit = async (file: string) => {
    await Deno.mkdir(`${repo}/.forge/waivers`, { recursive: true });
    await Deno.copyFile(file, `${repo}/.forge/waivers/scope.json`);
    await at.git(repo, "add", "-A");
    await at.git(repo, "commit", "-q", "-m", "Waive");
  };
  // In the work tree alone it is nobody's word yet.
  await Deno.mkdir(`${repo}/.forge/waivers`, { recursive: true });
  await Deno.copyFile(right, `${repo}/.forge/waivers/scope.json`);
  assert.equal((await run()).document.status, "denied");
  await commit(other);
  const foreign = await run();
  assert.equal(foreign.document.status, "denied");
  assert.ok(foreign.document.notes.some((note) => /it is for github\.com\/acme\/other/.test(note)));
  await commit(right);
  const scanArguments = [
    "--patch",
    at.beside("deno-signup", "honest.patch"),
    "--repo",
    repo,
    "--spec",
    `${at.dir}/spec.md`,
  ];
  const scan = await at.forge("scan", ...scanArguments);
  assert.deepEqual([scan.exit, (scan.document as unknown as ScanDocument).totals.waived], [0, 1]);
  // Elsewhere nobody is known, unless the operator says so.
  const elsewhere = await at.forge("scan", ...scanArguments, "--data", `${at.dir}/none`);
  assert.equal(elsewhere.exit, 1);
  const root = `${at.dir}/root`;
  await Deno.mkdir(root);
  for (const name of ["ada", "bea"]) {
    await Deno.copyFile(`${at.data}/keys/${name}.pub.pem`, `${root}/${name}.pub.pem`);
  }
  const bare = await at.forge("scan", ...scanArguments, "--data", `${at.dir}/none`, "--trust-root", root);
  assert.equal(bare.exit, 1, "a key without a role approves nothing");
  await Deno.writeTextFile(
    `${root}/trust.yaml`,
    "version: 1\nkeys:\n  - { file: ada.pub.pem, name: ada, roles: [attestor] }\n" +
      "  - { file: bea.pub.pem, name: bea, roles: [waiver-approver] }\n",
  );
  const trusted = await at.forge("scan", ...scanArguments, "--data", `${at.dir}/none`, "--trust-root", root);
  assert.equal(trusted.exit, 0, JSON.stringify(trusted.document).slice(0, 2000));
  const listed = await waivers(at, "--repo", repo);
  assert.deepEqual(listed.map(({ source, state, unused }) => [source, state, unused]), [
    [".forge/waivers/scope.json", "expiring", true],
  ]);
  const last = await decisions(at, (await run()).document.run);
  assert.ok(last.some(({ transition, verdict }) => transition.to === "verify" && verdict === "allow"));
});

Deno.test("what cannot be waived is refused when it is asked for, and a request says what it lacks", async () => {
  await using at = await room();
  await at.forge("init", "--user", "ada");
  const asked = (...args: string[]) => at.forge("policy", "waive", ...args);
  const finding = `sha256:${"a".repeat(64)}`;
  const spelled = (rule: string, ...more: string[]) =>
    asked(
      "--rule",
      rule,
      "--finding",
      finding,
      "--repo",
      "github.com/acme/shop",
      "--path",
      "src/**",
      "--reason",
      REASON,
      "--expires",
      "30d",
      ...more,
    );
  for (const rule of ["core/O5", "core/E2", "core/T7", "core/X1", "core/F2P"]) {
    const { exit, document } = await spelled(rule);
    assert.deepEqual([exit, document.error?.code], [1, "not-waivable"], rule);
  }
  for (
    const [args, told] of [
      [["--rule", "core/T3"], /what to waive/],
      [["--rule", "core/T3", "--finding", finding, "--reason", REASON], /--expires is missing/],
      [["--rule", "core/T3", "--finding", finding, "--expires", "30d"], /reason|repo/],
      [
        ["--rule", "core/*", "--finding", finding, "--reason", REASON, "--expires", "30d", "--repo", "r"],
        /rule/,
      ],
      [
        ["--rule", "core/T3", "--finding", "sha256:*", "--reason", REASON, "--expires", "30d", "--repo", "r"],
        /finding/,
      ],
      [
        ["--rule", "core/T3", "--finding", finding, "--reason", REASON, "--expires", "yesterday"],
        /no time to come/,
      ],
      [["run_00000000000"], /no run/],
    ] as const
  ) {
    const { exit, document } = await asked(...args);
    assert.equal(exit, 2, args.join(" "));
    assert.match(document.error?.message ?? "", told);
  }
  const stranger = await spelled("core/T3", "--as", "mallory");
  assert.equal(stranger.exit, 2);
  const made = await spelled("core/T3");
  assert.equal(made.exit, 0, made.stderr);
  const digest = String(json(made.document).digest);
  assert.deepEqual((await waivers(at)).map(({ state }) => state), ["requested"]);
  assert.equal((await at.forge("policy", "waive", "withdraw", digest)).exit, 0);
  assert.deepEqual(await waivers(at), []);
  assert.equal((await at.forge("policy", "waive", "withdraw", digest)).exit, 2);
  assert.equal((await at.forge("policy", "waive", "approve", await at.write("no.json", "{}"))).exit, 1);
});

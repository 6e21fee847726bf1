import assert from "node:assert/strict";
import { join } from "node:path";
import { openKvStore } from "../../kernel/mod.ts";
import { type Room, room } from "./samples.ts";

const SPEC = `---
title: Nothing
intent: { type: UPDATE, scope: ["src/**"] }
operations: []
implementer: codemod
---
Nothing is asked.
`;

type Answer = Record<string, unknown> & {
  exit: number;
  problem?: string;
  checkpoint: string;
  proof: string[];
};

const forge = async (at: Room, ...args: string[]): Promise<Answer> => {
  const { exit, document } = await at.forge(...args);
  const problem = document.error?.message;
  return { ...(problem === undefined ? {} : { problem }), ...document as unknown as Answer, exit };
};

/** A run that ends at once: its decisions and its bundle are leaves. */
async function leaves(at: Room, repo: string, ...where: string[]): Promise<void> {
  const { document } = await at.forge("run", await at.write("nothing.md", SPEC), "--repo", repo, ...where);
  assert.equal(document.status, "denied");
}

async function copyOf(from: string, to: string): Promise<string> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyOf(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
  return to;
}

Deno.test("what is done to a log is found from outside: by older checkpoints, a repository's notes, a witness", async (t) => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await leaves(at, repo);
  const first = await forge(at, "log", "checkpoint");
  const early = await at.write("early", first.checkpoint);
  const fork = await copyOf(at.data, `${at.dir}/fork`);
  await leaves(at, repo);
  const second = await forge(at, "log", "checkpoint");
  const late = await at.write("late", second.checkpoint);
  const proof = await forge(at, "log", "prove", "--from", String(first.size));
  const path = await at.write("proof", proof.proof.join("\n"));

  await t.step(
    "a later checkpoint continues an earlier one by its proof; the other way round is a replay",
    async () => {
      assert.equal((await forge(at, "log", "verify", late, "--old", early, "--proof", path)).exit, 0);
      const replayed = await forge(at, "log", "verify", early, "--old", late, "--proof", path);
      assert.deepEqual([replayed.exit, /does not continue/.test(replayed.problem ?? "")], [1, true]);
      assert.equal((await forge(at, "log", "verify", late, "--old", early)).exit, 1);
      assert.equal((await forge(at, "log", "verify", late, "--witnesses", "1")).exit, 1);
    },
  );

  const elsewhere = ["--data", `${at.dir}/witness`];
  await t.step(
    "a witness cosigns a log that goes on, and neither one that went back nor a fork",
    async () => {
      const key = join(at.data, "signing", "log.vkey");
      assert.equal((await forge(at, "log", "witness", "--of", early, ...elsewhere)).exit, 1);
      assert.equal((await forge(at, "log", "witness", "--add", key, ...elsewhere)).exit, 0);
      const cosigned = join(at.dir, "cosigned");
      assert.equal((await forge(at, "log", "witness", "--of", early, ...elsewhere)).exit, 0);
      assert.equal((await forge(at, "log", "witness", "--of", late, ...elsewhere)).exit, 1);
      const seen = await forge(
        at,
        "log",
        "witness",
        "--of",
        late,
        "--proof",
        path,
        "--out",
        cosigned,
        ...elsewhere,
      );
      assert.deepEqual([seen.exit, seen.cosigned, seen.size], [0, true, second.size]);
      const back = await forge(at, "log", "witness", "--of", early, ...elsewhere);
      assert.deepEqual([back.exit, back.cosigned, back.status, back.seen], [1, false, 400, undefined]);
      const { key: witness } = await forge(at, "log", "witness", ...elsewhere);
      const root = `${at.dir}/root`;
      assert.equal((await forge(at, "evidence", "keys", root)).exit, 0);
      const policy = { v: 1, required: 1, witnesses: [{ key: witness }] };
      await Deno.writeTextFile(`${root}/witnesses.json`, JSON.stringify(policy));
      assert.equal((await forge(at, "log", "verify", cosigned, "--trust-root", root)).exit, 0);
      const alone = await forge(at, "log", "verify", late, "--trust-root", root);
      assert.match(alone.problem ?? "", /cosigned by 0 of the 1 witnesses/);
      await leaves(at, repo, "--data", fork);
      await leaves(at, repo, "--data", fork);
      const other = await at.write(
        "other",
        (await forge(at, "log", "checkpoint", "--data", fork)).checkpoint,
      );
      assert.equal((await forge(at, "log", "witness", "--of", other, "--proof", path, ...elsewhere)).exit, 1);
    },
  );

  await t.step(
    "checkpoints in a repository's notes find an older log, another history, and nothing in an honest one",
    async () => {
      assert.equal((await forge(at, "log", "verify", "--anchor", repo)).exit, 1);
      const head = await at.git(repo, "rev-parse", "HEAD");
      const branches = await at.git(repo, "for-each-ref", "refs/heads");
      const anchored = await forge(at, "log", "anchor", "--repo", repo);
      assert.deepEqual([anchored.exit, anchored.ref], [0, "refs/notes/edgeforge-log"]);
      assert.equal((await forge(at, "log", "anchor", "--repo", repo)).existed, true);
      assert.match(await at.git(repo, "notes", "--ref=edgeforge-log", "show", "HEAD"), /^edgeforge\.local\//);
      assert.equal(await at.git(repo, "rev-parse", "HEAD"), head);
      assert.equal(await at.git(repo, "for-each-ref", "refs/heads"), branches);
      assert.equal((await forge(at, "log", "verify", "--anchor", repo)).exit, 0);
      await leaves(at, repo);
      const honest = await forge(at, "log", "verify", "--anchor", repo);
      assert.deepEqual([honest.exit, honest.anchors], [0, 1]);
      const stale = await forge(at, "log", "verify", early, "--anchor", repo);
      assert.match(stale.problem ?? "", /it is an older one, or leaves are gone/);
      const forked = await forge(at, "log", "verify", "--anchor", repo, "--data", fork);
      assert.deepEqual(
        [forked.exit, /another history/.test(forked.problem ?? "")],
        [1, true],
        forked.problem,
      );
      assert.equal((await forge(at, "log", "anchor", "--repo", `${at.dir}/nothing`)).exit, 2);
    },
  );

  await t.step(
    "a swapped tile and a truncated log are not signed any more, and no anchor is met",
    async () => {
      const change = async (
        name: string,
        edit: (store: Awaited<ReturnType<typeof openKvStore>>) => Promise<void>,
      ) => {
        const data = await copyOf(at.data, `${at.dir}/${name}`);
        const store = await openKvStore(join(data, "state.db"));
        await edit(store);
        await store.close();
        const signed = await forge(at, "log", "checkpoint", "--data", data);
        assert.deepEqual([signed.exit, (signed.error as { code: string }).code], [1, "log-conflict"], name);
        assert.equal((await forge(at, "log", "verify", "--anchor", repo, "--data", data)).exit, 1, name);
      };
      await change("swapped", async (store) => {
        const tile = (await store.get(["tlog", "tile", 0, 0]))?.value as Uint8Array;
        const swapped = tile.slice();
        swapped.set(tile.subarray(32, 64), 0);
        swapped.set(tile.subarray(0, 32), 32);
        await store.commit({ checks: [], sets: [{ key: ["tlog", "tile", 0, 0], value: swapped }] });
      });
      await change("truncated", async (store) => {
        const head = (await store.get(["tlog", "head"]))?.value as { size: number };
        await store.commit({ checks: [], sets: [{ key: ["tlog", "head"], value: { ...head, size: 2 } }] });
      });
    },
  );
});

Deno.test("log verify answers in JSON and with 0, 1 or 2, whatever it is given", async () => {
  await using at = await room();
  const repo = await at.repository("deno-signup");
  await leaves(at, repo);
  const good = await forge(at, "log", "checkpoint");
  const leaf = await forge(at, "log", "prove", "0");
  const entry = await at.write("entry", String(leaf.entry));
  const proof = String(leaf.proof);
  const [origin = "", size, root = "", , signature = ""] = good.checkpoint.split("\n");
  await at.write("good", good.checkpoint);
  const cases: [string, number, string | Uint8Array][] = [
    ["as it is", 0, good.checkpoint],
    ["CRLF", 1, good.checkpoint.replaceAll("\n", "\r\n")],
    ["without the last newline", 1, good.checkpoint.slice(0, -1)],
    ["a line more behind", 1, `${good.checkpoint}x\n`],
    ["an empty line more", 1, `${good.checkpoint}\n`],
    ["a leading zero", 1, good.checkpoint.replace(`\n${size}\n`, `\n0${size}\n`)],
    ["a plus", 1, good.checkpoint.replace(`\n${size}\n`, `\n+${size}\n`)],
    ["another origin", 1, good.checkpoint.replaceAll(origin, "log.example/other")],
    ["an unsigned extension", 1, good.checkpoint.replace(root, `${root}\nextension`)],
    ["loose bits of base64", 1, good.checkpoint.replace(root, `${root.slice(0, -2)}B=`)],
    ["URL base64", 1, good.checkpoint.replace(root, root.replaceAll("/", "_").replace(/.=$/, "-="))],
    [
      "a signature of another kind and key beside it",
      0,
      `${good.checkpoint}\u2014 other.example AAAAAAAAAAAA\n`,
    ],
    ["the signature twice", 0, `${good.checkpoint}${signature}\n`],
    ["a signature without a dash", 1, good.checkpoint.replace("\u2014 ", "- ")],
    ["only a text", 1, good.checkpoint.slice(0, good.checkpoint.indexOf("\n\n") + 1)],
    ["nothing", 1, ""],
    ["bytes", 1, new Uint8Array([0xff, 0xfe, 0, 1])],
    ["a mark in front", 1, `\ufeff${good.checkpoint}`],
    ["a proof of nothing", 1, "c2sp.org/tlog-proof@v1\n"],
    ["another version of proofs", 1, proof.replace("@v1", "@v2")],
    ["a proof", 0, proof],
    ["a proof with an extra", 0, proof.replace("\nindex", "\nextra AAAA\nindex")],
    ["a proof with an extra that is no base64", 1, proof.replace("\nindex", "\nextra A\nindex")],
    ["a proof of another leaf", 1, proof.replace("\nindex 0\n", "\nindex 1\n")],
    ["a proof of a negative leaf", 1, proof.replace("\nindex 0\n", "\nindex -1\n")],
    ["a proof with CRLF", 1, proof.replaceAll("\n", "\r\n")],
    ["a proof with more behind", 1, `${proof}more\n`],
    ["JSON that is none", 2, "{"],
    ["an empty list", 2, "[]"],
    ["a list of nothing", 2, "[null]"],
    ["a number in a list", 2, "[1]"],
    ["an object of something else", 2, "{}"],
    ["counts of other kinds", 1, '{"leafIdx":null,"treeSize":[1],"root":{},"leafHash":7,"proof":"x"}'],
    [
      "the only leaf of a log",
      0,
      JSON.stringify({
        leafIdx: 0,
        treeSize: 1,
        root: "ab".repeat(32),
        leafHash: "ab".repeat(32),
        proof: null,
      }),
    ],
    [
      "no index",
      1,
      JSON.stringify({
        leafIdx: null,
        treeSize: 1,
        root: "ab".repeat(32),
        leafHash: "ab".repeat(32),
        proof: [],
      }),
    ],
  ];
  // As other software's sets of vectors have them: Go's checksum database, and proofs of equal sizes.
  const sum = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
  await at.write(
    "sum",
    "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 sum.golang.org " +
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
  );
  const named = ["--origin", "go.sum database tree"];
  assert.equal((await forge(at, "log", "verify", "sum", "--key", sum, ...named)).exit, 0);
  assert.equal((await forge(at, "log", "verify", "sum", "--key", sum)).exit, 1);
  assert.equal((await forge(at, "log", "verify", "sum", ...named)).exit, 2);
  const text = "ZG9uJ3QgY2FyZSAx";
  for (const size of [0, 1]) {
    const equal = { size1: size, size2: size, root1: text, root2: text, proof: [], wantErr: false };
    await at.write("vector", JSON.stringify(equal));
    assert.equal((await forge(at, "log", "verify", "vector")).exit, 0);
  }
  await at.write("vector", JSON.stringify({ leafIndex: 0, treeSize: 1, root, leafHash: root, proof: null }));
  assert.equal((await forge(at, "log", "verify", "vector")).exit, 0);
  for (const [name, exit, content] of cases) {
    const file = await at.write("case", content);
    const answer = await forge(at, "log", "verify", file, "--entry", entry);
    assert.equal(answer.exit, exit, `${name}: ${JSON.stringify(answer)}`);
    if (exit < 2) assert.equal(answer.verified, exit === 0, name);
    else assert.ok((answer.error as { remedy?: string }).remedy, name);
  }
  for (
    const args of [[], ["absent"], ["good", "--key", "x"], ["good", "--witnesses", "many"], [
      "good",
      "--trust-root",
      "absent",
    ]]
  ) {
    assert.equal((await forge(at, "log", "verify", ...args)).exit, 2, args.join(" "));
  }
  for (
    const args of [[], ["-1"], ["1e3"], ["99999999999999999999"], ["--from", "x"], [
      "--from",
      "2",
      "--to",
      "1",
    ], ["0", "--from", "1"]]
  ) {
    assert.equal((await forge(at, "log", "prove", ...args)).exit, 2, args.join(" "));
  }
});

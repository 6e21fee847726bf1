/** Cases that the specifications and other software have: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof, RFC 6962 and 9162. */
import assert from "node:assert/strict";
import { toBase64 } from "./base64.ts";
import { openCheckpoint, parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { EMPTY_ROOT, leafHash } from "./merkle.ts";
import { parseNote, signatureLine, verifyNote } from "./note.ts";
import { formatProof, parseProof, verifyProof } from "./proof_file.ts";
import { testSigner } from "./testing/tree.ts";
import { parseVerifierKey, type VerifierKey } from "./verifier_key.ts";
import { verifyConsistency, verifyInclusion } from "./verify.ts";

const key = (line: string): VerifierKey => parseVerifierKey(line) ?? assert.fail(line);
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const BY_PETER =
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const BY_ENOCH =
  "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

async function signers(note: string, keys: readonly string[]): Promise<string[] | string> {
  const parsed = parseNote(note);
  if ("problem" in parsed) return "malformed";
  assert.equal(parsed.text, TEXT);
  const result = await verifyNote(parsed, keys.map(key));
  return "problem" in result
    ? (result.isForged ? "forged" : "unknown")
    : result.verified.map((one) => one.key.name);
}

Deno.test("notes as Go's note package opens them: one of two known, both, none, twice, too many, mangled", async () => {
  const both = `${TEXT}\n${BY_PETER}${BY_ENOCH}`;
  assert.deepEqual(await signers(both, [PETER]), ["PeterNeumann"]);
  assert.deepEqual(await signers(both, [PETER, ENOCH]), ["PeterNeumann", "EnochRoot"]);
  assert.deepEqual(await signers(both, []), "unknown");
  assert.deepEqual(await signers(`${TEXT}\n${BY_PETER}${BY_PETER}${BY_ENOCH}`, [PETER]), ["PeterNeumann"]);
  assert.deepEqual(await signers(`${TEXT}\n${BY_PETER.repeat(100)}`, [PETER]), ["PeterNeumann"]);
  assert.deepEqual(await signers(`${TEXT}\n${BY_PETER.repeat(101)}`, [PETER]), "malformed");
  assert.deepEqual(
    await signers(`${TEXT}\n${BY_PETER.slice(0, 60)}ABCD${BY_PETER.slice(60)}`, [PETER]),
    "forged",
  );
  // A name or an id alone does not make a key known.
  for (const [from, to] of [["PeterNeumann", "CarmenSandiego"], ["x08g", "xxxx"]] as const) {
    assert.deepEqual(await signers(`${TEXT}\n${BY_PETER.replace(from, to)}`, [PETER]), "unknown");
  }
  for (
    const note of [
      TEXT,
      `${TEXT}\n`,
      `${TEXT}\n${BY_PETER.slice(0, -1)}`,
      `\x01${TEXT}\n${BY_PETER}`,
      `${TEXT}\n${BY_PETER.replace("PeterNeumann", "Bad Name")}`,
      `${TEXT}\n${BY_PETER.replace("PeterNeumann", "Bad+Name")}`,
      `${TEXT}\n${BY_PETER.replace("PeterNeumann", "Bad\u00a0Name")}`,
      `${TEXT}\n${BY_PETER.replace("PeterNeumann", "Bad\u0085Name")}`,
      `${TEXT}\n${BY_PETER.replace("PeterNeumann ", "")}`,
      `${TEXT}\n${BY_PETER}Unexpected line.\n`,
      `${TEXT}\n${BY_PETER}\n`,
      `${TEXT}\n${BY_PETER}`.replaceAll("\n", "\r\n"),
      `${TEXT}\n${BY_PETER.replace("\u2014", "-")}`,
      `${TEXT}\n${BY_PETER.replace("nAM=", "nAN=")}`,
      `${TEXT}\n${BY_PETER.replace("nAM=", "nAM")}`,
      `${TEXT}\n${BY_PETER.replace("nAM=", "nAM==")}`,
      `${TEXT}\n${BY_PETER.replace("/Z", "_Z")}`,
      `${TEXT}\n${BY_PETER.replace("x08go/", "x08g o/")}`,
    ]
  ) assert.deepEqual(await signers(note, [PETER]), "malformed", JSON.stringify(note));
});

Deno.test("no part of a verifier key is one, nor is it with any character raised", () => {
  for (let from = 0; from <= PETER.length; from++) {
    for (let to = from + 1; to <= PETER.length; to++) {
      if (from !== 0 || to !== PETER.length) assert.equal(parseVerifierKey(PETER.slice(from, to)), null);
    }
    const next = String.fromCharCode(PETER.charCodeAt(from) + 1);
    if (from < PETER.length) {
      assert.equal(parseVerifierKey(PETER.slice(0, from) + next + PETER.slice(from + 1)), null);
    }
  }
  // Its hash fits, and its length or kind does not.
  assert.equal(
    parseVerifierKey("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="),
    null,
  );
  assert.equal(parseVerifierKey("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), null);
});

Deno.test("a text may hold empty lines, and lines that look like signatures: the last empty line parts it", async () => {
  const signer = await testSigner("a.example/log");
  for (const text of ["\n", "a\n\nb\n", `a\n\n${BY_PETER}`, "\n\n\n", "\u2014 a b\n"]) {
    const note = parseNote(`${text}\n${await signatureLine(text, signer, 0)}`);
    assert.ok(!("problem" in note), JSON.stringify(text));
    assert.equal(note.text, text);
    assert.ok("verified" in await verifyNote(note, [signer.key]));
  }
});

Deno.test("sixteen signatures of five thousand bytes by keys of unknown kinds are passed over", async () => {
  const signer = await testSigner("a.example/log");
  const text = "a\n";
  const unknown = Array.from(
    { length: 16 },
    (_, at) => `\u2014 w${at}.example ${toBase64(new Uint8Array(5000).fill(at + 1))}\n`,
  ).join("");
  const note = parseNote(`${text}\n${unknown}${await signatureLine(text, signer, 0)}`);
  assert.ok(!("problem" in note));
  assert.ok("verified" in await verifyNote(note, [signer.key]));
});

// The Go checksum database, whose key has another name than what stands in the first line.
const SUM = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const SUM_HEAD = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
  "\u2014 sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

Deno.test("a checkpoint of the Go checksum database opens where its origin is named, and under no other one", async () => {
  const log = [key(SUM)];
  const opened = await openCheckpoint(SUM_HEAD, { log, origin: "go.sum database tree" });
  assert.ok("checkpoint" in opened && opened.checkpoint.size === 20_852_163);
  assert.ok("problem" in await openCheckpoint(SUM_HEAD, { log }));
  assert.ok("problem" in await openCheckpoint(SUM_HEAD, { log, origin: "sum.golang.org" }));
  assert.ok("problem" in await openCheckpoint(SUM_HEAD, { log: [], origin: "go.sum database tree" }));
  for (let at = 0; at < SUM_HEAD.length; at++) {
    const changed = SUM_HEAD.slice(0, at) + (SUM_HEAD[at] === "A" ? "B" : "A") + SUM_HEAD.slice(at + 1);
    assert.ok(
      "problem" in await openCheckpoint(changed, { log, origin: "go.sum database tree" }),
      String(at),
    );
  }
});

Deno.test("extension lines are signed with the rest, and cannot be empty; a log of no leaves has the root of nothing", async () => {
  const signer = await testSigner("a.example/log");
  const head = {
    origin: "a.example/log",
    size: 3,
    root: leafHash(new Uint8Array()),
    extensions: ["one", "two"],
  };
  const signed = await signCheckpoint(head, signer);
  const opened = await openCheckpoint(signed, { log: [signer.key] });
  assert.ok("checkpoint" in opened);
  assert.deepEqual(opened.checkpoint.extensions, ["one", "two"]);
  for (
    const changed of [
      signed.replace("one\n", ""),
      signed.replace("two", "owt"),
      signed.replace("one\n", "one\nmore\n"),
    ]
  ) {
    assert.ok("problem" in await openCheckpoint(changed, { log: [signer.key] }));
  }
  assert.equal(parseCheckpoint(`a\n3\n${toBase64(head.root)}\n\nmore\n`), null);
  const empty = { ...head, size: 0, root: EMPTY_ROOT, extensions: [] };
  assert.ok("checkpoint" in await openCheckpoint(await signCheckpoint(empty, signer), { log: [signer.key] }));
  const other = await signCheckpoint({ ...empty, root: head.root }, signer);
  assert.ok("problem" in await openCheckpoint(other, { log: [signer.key] }));
});

Deno.test("times of cosignatures reach to 2^63 - 1 and are signed; a cosigner's name is not, and its key is", async () => {
  const [log, seen, other] = await Promise.all([
    testSigner("a.example/log"),
    testSigner("w.example", "cosignature"),
    testSigner("w.example", "cosignature"),
  ]);
  const head = { origin: "a.example/log", size: 0, root: EMPTY_ROOT, extensions: [] };
  const signed = await signCheckpoint(head, log);
  const text = signed.slice(0, signed.indexOf("\n\n") + 1);
  const open = (line: string, witnesses = [seen.key]) =>
    openCheckpoint(signed + line, { log: [log.key], witnesses });
  for (const seconds of [0, 1, 1_700_000_000, Number.MAX_SAFE_INTEGER]) {
    const opened = await open(await signatureLine(text, seen, seconds));
    assert.ok("checkpoint" in opened);
    assert.deepEqual(opened.checkpoint.witnesses, [{ name: "w.example", seconds }]);
  }
  const line = await signatureLine(text, seen, 5);
  const bytes = Uint8Array.from(atob(line.split(" ")[2]?.trim() ?? ""), (char) => char.charCodeAt(0));
  const late = (at: number, value: number) => `\u2014 w.example ${toBase64(bytes.with(at, value))}\n`;
  assert.ok("problem" in await open(late(11, 6)), "another time was not signed");
  assert.ok("problem" in await open(late(4, 0x80)), "above 2^63");
  assert.ok("problem" in await open(`\u2014 w.example ${toBase64(bytes.slice(0, -1))}\n`), "cut");
  const unknown = await open(await signatureLine(text, other, 5));
  assert.ok("checkpoint" in unknown && unknown.checkpoint.witnesses.length === 0);
  // The same key as a log's signs nothing as a witness.
  assert.ok(
    "problem" in
      await openCheckpoint(signed.replace(/\u2014.*\n$/, line), { log: [log.key], witnesses: [seen.key] }),
  );
});

Deno.test("a proof's lines have one form each", async () => {
  const signer = await testSigner("a.example/log");
  const leaf = leafHash(new Uint8Array([1]));
  const checkpoint = await signCheckpoint(
    { origin: "a.example/log", size: 1, root: leaf, extensions: [] },
    signer,
  );
  const text = formatProof({ index: 0, proof: [], checkpoint, extra: null });
  assert.ok("checkpoint" in await verifyProof(text, leaf, { log: [signer.key] }));
  for (
    const [from, to] of [
      ["index 0", "index 00"],
      ["index 0", "index +0"],
      ["index 0", "index 0 "],
      ["index 0", "index  0"],
      ["index 0", "Index 0"],
      ["index 0", "index 1"],
      ["index 0", "index 18446744073709551615"],
      ["@v1", "@v1 "],
      ["index 0\n", `index 0\n${toBase64(leaf)}\n`],
      ["index 0\n", "index 0\nAAAA\n"],
      ["index 0\n", "index 0\nextra AAAA\n"],
      ["index 0\n", "extra AAAA\nextra AAAA\nindex 0\n"],
      ["index 0\n", "extra  AAAA\nindex 0\n"],
      ["index 0\n\n", "index 0\n"],
      ["index 0\n\n", "index 0\n\n\n"],
    ] as const
  ) {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    assert.ok("problem" in await verifyProof(changed, leaf, { log: [signer.key] }), `${from} as ${to}`);
  }
  const extra = parseProof(text.replace("index 0", "extra \nindex 0"));
  assert.ok("problem" in extra || extra.extra?.length === 0);
});

Deno.test("sizes of nothing and one: what is proven without a proof, and what never is", () => {
  const [one, other] = [leafHash(new Uint8Array()), leafHash(new Uint8Array([1]))];
  const text = new TextEncoder().encode("don't care");
  const consistent = (
    first: number,
    second: number,
    firstRoot: Uint8Array,
    secondRoot: Uint8Array,
    proof: Uint8Array[] = [],
  ) => verifyConsistency({ first, firstRoot, second, secondRoot, proof });
  // A tree continues itself, whatever its root is said to be.
  for (const root of [one, EMPTY_ROOT, text]) {
    assert.ok(consistent(0, 0, root, root) && consistent(1, 1, root, root));
  }
  for (const [first, second] of [[0, 0], [1, 1]] as const) {
    assert.ok(!consistent(first, second, one, other));
    assert.ok(!consistent(first, second, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]));
  }
  assert.ok(!consistent(1, 0, one, EMPTY_ROOT) && !consistent(2, 1, one, one));
  assert.ok(!consistent(1, 2, one, other));
  assert.ok(!consistent(0, 1, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]));
  assert.ok(
    !consistent(0, 1, text, text) && !consistent(0, 1, EMPTY_ROOT, text) && !consistent(0, 1, one, one),
  );
  const included = (index: number, size: number, root: Uint8Array, proof: Uint8Array[] = []) =>
    verifyInclusion({ leaf: one, index, size, root, proof });
  assert.ok(included(0, 1, one));
  for (
    const [index, size, root, proof] of [
      [0, 0, one, []],
      [0, 0, EMPTY_ROOT, []],
      [1, 1, one, []],
      [0, 1, EMPTY_ROOT, []],
      [
        0,
        1,
        one,
        [one],
      ],
      [0, 2, one, []],
      [2 ** 64 - 1, 1, one, []],
    ] as [number, number, Uint8Array, Uint8Array[]][]
  ) {
    assert.ok(!included(index, size, root, proof), `${index} of ${size}`);
  }
});

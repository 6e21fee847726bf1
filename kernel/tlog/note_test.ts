import assert from "node:assert/strict";
import { openCheckpoint, parseCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { EMPTY_ROOT } from "./merkle.ts";
import { parseNote, signatureLine, verifyNote } from "./note.ts";
import { testSigner } from "./testing/tree.ts";
import { formatVerifierKey, parseVerifierKey, verifierKey } from "./verifier_key.ts";

// The example of the Go package golang.org/x/mod/sumdb/note.
const NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const QUOTE = "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

function noteOf(text: string) {
  const note = parseNote(text);
  if ("problem" in note) throw new Error(note.problem);
  return note;
}

function keyOf(line: string) {
  const key = parseVerifierKey(line);
  if (key === null) throw new Error(`no key: ${line}`);
  return key;
}

Deno.test("a note and keys made by other software are read and verified", async () => {
  const result = await verifyNote(noteOf(QUOTE), [keyOf(NEUMANN)]);
  assert.ok("verified" in result && result.verified.length === 1);
  for (const line of [NEUMANN, "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"]) {
    assert.equal(formatVerifierKey(keyOf(line)), line);
  }
});

Deno.test("a changed character of the text, the name or the signature is found", async () => {
  const keys = [keyOf(NEUMANN)];
  for (const changed of [QUOTE.replace("answer", "Answer"), QUOTE.replace("ZJkuBS", "ZJkuBT")]) {
    const result = await verifyNote(noteOf(changed), keys);
    assert.ok("problem" in result && result.isForged, changed);
  }
  const renamed = await verifyNote(noteOf(QUOTE.replace("PeterNeumann x", "PeterNeuman x")), keys);
  assert.deepEqual(renamed, { problem: "no key that is trusted has signed it", isForged: false });
});

Deno.test("keys with another hash, kind, length or name are none", () => {
  for (
    const line of [
      NEUMANN.replace("c74f20a3", "c74f20a4"),
      NEUMANN.replace("+ARpc", "+AhpC"),
      NEUMANN.slice(0, -4),
      NEUMANN.replace("PeterNeumann", "Peter Neumann"),
      NEUMANN.replace("PeterNeumann", ""),
      "",
    ]
  ) assert.equal(parseVerifierKey(line), null, line);
  assert.throws(() => verifierKey("a b", new Uint8Array(32)), RangeError);
  assert.throws(() => verifierKey("a", new Uint8Array(31)), RangeError);
});

Deno.test("what is no note has a reason, and none makes the reader throw", () => {
  for (
    const text of [
      "",
      "text only\n",
      "text\n\nno signature\n",
      "text\n\n\u2014 name AAAA\n",
      "text\n\n\u2014 name not+base64!\n",
      "text\twith a tab\n\n\u2014 name AAAAAAAA\n",
      "half \ud800\n\n\u2014 name AAAAAAAA\n",
      "text\n\n\u2014 name AAAAAAAA",
      `${"x".repeat(270_000)}\n\n\u2014 name AAAAAAAA\n`,
      "text\n\n" + "\u2014 name AAAAAAAA\n".repeat(101),
    ]
  ) {
    const note = parseNote(text);
    assert.ok("problem" in note && note.problem.length > 0, JSON.stringify(text.slice(0, 40)));
  }
});

const CHECKPOINT = { origin: "log.example/one", size: 0, root: EMPTY_ROOT, extensions: [] };

Deno.test("a checkpoint counts when the log itself has signed it; cosignatures of witnesses are told with their time", async () => {
  const [log, other, seen] = await Promise.all([
    testSigner("log.example/one"),
    testSigner("log.example/two"),
    testSigner("witness.example", "cosignature"),
  ]);
  const signed = await signCheckpoint(CHECKPOINT, log);
  const text = signed.slice(0, signed.indexOf("\n\n") + 1);
  const cosigned = signed + await signatureLine(text, seen, 1_700_000_000);

  const opened = await openCheckpoint(cosigned, { log: [log.key], witnesses: [seen.key] });
  assert.ok("checkpoint" in opened);
  assert.deepEqual(opened.checkpoint.witnesses, [{ name: "witness.example", seconds: 1_700_000_000 }]);
  assert.equal(opened.checkpoint.size, 0);

  assert.ok("problem" in await openCheckpoint(signed, { log: [other.key] }));
  assert.ok("problem" in await openCheckpoint(signed, { log: [] }));
  assert.ok("problem" in await openCheckpoint(signed.replace("\n0\n", "\n1\n"), { log: [log.key] }));
  const later = cosigned.replace("\n0\n", "\n0\n");
  const forged = later.slice(0, -4) + "AA=\n";
  const refused = await openCheckpoint(forged, { log: [log.key], witnesses: [seen.key] });
  assert.ok("problem" in refused && /witness\.example/.test(refused.problem));
  // Another log's signature under this origin is none of this log.
  const foreign = await signCheckpoint(CHECKPOINT, other);
  assert.ok("problem" in await openCheckpoint(foreign, { log: [log.key, other.key] }));
});

Deno.test("a text that is no checkpoint is none", () => {
  const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  assert.ok(parseCheckpoint(`a\n0\n${root}\n`));
  assert.deepEqual(parseCheckpoint(`a\n0\n${root}\nmore\n`)?.extensions, ["more"]);
  for (
    const text of [
      `a\n00\n${root}\n`,
      `a\n-1\n${root}\n`,
      `a\n1e3\n${root}\n`,
      `a\n99999999999999999\n${root}\n`,
      `\n0\n${root}\n`,
      `a\n0\n${root.slice(0, -1)}\n`,
      `a\n0\n${root}`,
      `a\n0\n${root}\n\n`,
      "a\n0\n",
    ]
  ) assert.equal(parseCheckpoint(text), null, JSON.stringify(text));
});

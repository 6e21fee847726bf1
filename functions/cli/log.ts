import type { VerifierKey } from "../../kernel/tlog/mod.ts";
import type { OwnLog, Service } from "../service.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { notFound, withService } from "./session.ts";

const tlog = () => import("../../kernel/tlog/mod.ts");

/** The log of this installation. */
async function transparency(service: Service): Promise<OwnLog> {
  const found = await service.transparency?.();
  if (found) return found;
  throw new CommandError({
    code: "no-log",
    message: "There is no transparency log here yet",
    remedy: "It begins with the first run: forge run, forge demo",
  }, 2);
}

/** `forge log checkpoint`: signs the head of the transparency log, and prints it. */
export const checkpoint: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { log, logSigner } = await transparency(service);
    const { openCheckpoint, toBase64 } = await tlog();
    const signed = await log.checkpoint(logSigner);
    const opened = await openCheckpoint(signed, { log: [logSigner.key] });
    if ("problem" in opened) throw new Error(`Cannot read our own checkpoint: ${opened.problem}`);
    const { origin, size, root } = opened.checkpoint;
    return {
      exit: 0,
      document: { origin, size, root: toBase64(root), checkpoint: signed },
      text: signed.trimEnd(),
    };
  });

/** `forge log prove LEAF`: an index, `RUN/SEQ` of a decision, or a bundle's id; or `--from SIZE [--to SIZE]`, that one head continues another. */
export const prove: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const [leaf] = invocation.operands;
    const { log, logSigner } = await transparency(service);
    const { openCheckpoint, toBase64 } = await tlog();
    const size = await log.size();
    const { from, to } = invocation.options;
    if (from !== undefined) {
      if (leaf !== undefined) throw usage("A leaf and --from are two proofs", "Give one of them");
      const [first, second] = [
        countOf(from, "from", size),
        to === undefined ? size : countOf(to, "to", size),
      ];
      if (first > second) {
        throw usage("--from is above --to", `The log has ${size} leaves`, { value: String(from) });
      }
      const proof = (await log.consistency(first, second)).map(toBase64);
      return {
        exit: 0,
        document: {
          size1: first,
          size2: second,
          root1: toBase64(await log.root(first)),
          root2: toBase64(await log.root(second)),
          proof,
        },
        text: proof.join("\n"),
      };
    }
    if (leaf === undefined) {
      throw usage(
        "It was not said what to prove",
        "Give an index, RUN/SEQ of a decision, a bundle's id, or --from SIZE",
      );
    }
    const index = /^\d+$/.test(leaf) ? countOf(leaf, "leaf", size - 1) : await log.find(leaf);
    if (index === null || size === 0) {
      throw notFound("leaf of the log", leaf, "See: forge policy explain RUN; forge evidence list");
    }
    const signed = await log.checkpoint(logSigner);
    const opened = await openCheckpoint(signed, { log: [logSigner.key] });
    if ("problem" in opened) throw new Error(`Cannot read our own checkpoint: ${opened.problem}`);
    const proof = await log.prove(index, { size: opened.checkpoint.size, signed });
    const entry = await log.entry(index);
    return {
      exit: 0,
      document: {
        index,
        size: opened.checkpoint.size,
        entry: entry && new TextDecoder().decode(entry),
        proof,
      },
      text: proof.trimEnd(),
    };
  });

/**
 * `forge log verify FILE`: a proof of a leaf (`--entry FILE` or `--leaf-hash HEX|BASE64`), a signed checkpoint, or JSON with the fields
 * that vector sets of RFC 6962 use. Keys: `--key VKEY`, `--trust-root DIR`, else those of `--data`.
 */
export const verify: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const text = await textAt(invocation, given);
  if (text.trimStart().startsWith("{") || text.trimStart().startsWith("[")) return await vectors(text);
  const { leafHash, openCheckpoint, parseProof, toBase64, verifyConsistency, fromBase64, verifyProof } =
    await tlog();
  const keys = await keysOf(invocation);
  if (text.startsWith("c2sp.org/tlog-proof@")) {
    const { entry, "leaf-hash": hash } = invocation.options;
    const leaf = typeof entry === "string"
      ? leafHash(await Deno.readFile(pathOf(invocation.io, entry)).catch(() => unreadable(entry)))
      : typeof hash === "string"
      ? hashOf(hash, fromBase64)
      : null;
    if (leaf === null) {
      throw usage(
        "A proof is of a leaf",
        "Give the leaf's bytes by --entry FILE, or its hash by --leaf-hash",
      );
    }
    const result = await verifyProof(text, leaf, keys);
    const parsed = parseProof(text);
    return verdict("problem" in result ? result.problem : null, {
      index: "problem" in parsed ? null : parsed.index,
      ...("problem" in result ? {} : { size: result.checkpoint.size, origin: result.checkpoint.origin }),
    });
  }
  const opened = await openCheckpoint(text, keys);
  if ("problem" in opened) return verdict(opened.problem, {});
  const { origin, size, root, witnesses } = opened.checkpoint;
  const { old, proof } = invocation.options;
  const about = { origin, size, root: toBase64(root), witnesses: [...witnesses] };
  if (typeof old !== "string") return verdict(null, about);
  const before = await openCheckpoint(await textAt(invocation, old), keys);
  if ("problem" in before) return verdict(`the older checkpoint: ${before.problem}`, about);
  const lines = typeof proof === "string"
    ? (await textAt(invocation, proof)).split("\n").filter((line) => line !== "")
    : [];
  const hashes = lines.map((line) => fromBase64(line));
  if (hashes.some((one) => one === null)) return verdict("a line of the proof is no hash in base64", about);
  if (before.checkpoint.origin !== origin) return verdict("they are checkpoints of two logs", about);
  const holds = verifyConsistency({
    first: before.checkpoint.size,
    firstRoot: before.checkpoint.root,
    second: size,
    secondRoot: root,
    proof: hashes.flatMap((one) => one ?? []),
  });
  return verdict(
    holds ? null : `the log at ${size} does not continue the one at ${before.checkpoint.size}`,
    about,
  );
};

/** JSON as vector sets have it: one object or a list; roots, hashes and proofs in base64 or hex. */
async function vectors(text: string): Promise<Answer> {
  const { fromBase64, verifyConsistency, verifyInclusion } = await tlog();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usage(
      "The file is no JSON",
      "Give a proof, a checkpoint, or JSON with leafIdx, treeSize, root, leafHash, proof",
    );
  }
  const all = (Array.isArray(value) ? value : [value]) as Record<string, unknown>[];
  const hashes = (list: unknown) =>
    (Array.isArray(list) ? list : []).map((one) => hashOf(String(one), fromBase64));
  const results = all.map((one) => {
    const proof = hashes(one.proof);
    if ("leafIdx" in one || "leafHash" in one) {
      return verifyInclusion({
        leaf: hashOf(String(one.leafHash ?? ""), fromBase64),
        index: Number(one.leafIdx),
        size: Number(one.treeSize),
        root: hashOf(String(one.root ?? ""), fromBase64),
        proof,
      });
    }
    if ("size1" in one) {
      return verifyConsistency({
        first: Number(one.size1),
        firstRoot: hashOf(String(one.root1 ?? ""), fromBase64),
        second: Number(one.size2),
        secondRoot: hashOf(String(one.root2 ?? ""), fromBase64),
        proof,
      });
    }
    throw usage(
      "The JSON is no proof",
      "Inclusion: leafIdx, treeSize, root, leafHash, proof. Consistency: size1, size2, root1, root2, proof",
    );
  });
  const verified = results.every((holds) => holds);
  return {
    exit: verified ? 0 : 1,
    document: results.length === 1 && !Array.isArray(value) ? { verified } : { verified, results },
    text: verified ? "verified" : "NOT VERIFIED",
  };
}

/** A hash in hex or base64; bytes of another length are kept, and prove nothing. */
function hashOf(text: string, fromBase64: (text: string) => Uint8Array | null): Uint8Array {
  if (/^(?:[0-9a-f]{2})*$/i.test(text) && text.length === 64) return Uint8Array.fromHex(text);
  return fromBase64(text) ?? new Uint8Array();
}

function verdict(problem: string | null, about: Record<string, unknown>): Answer {
  return {
    exit: problem === null ? 0 : 1,
    document: { verified: problem === null, ...about, ...(problem === null ? {} : { problem }) },
    text: problem === null
      ? `verified\n${
        Object.entries(about).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`).join("\n")
      }`
      : `NOT VERIFIED: ${problem}`,
  };
}

async function keysOf(
  invocation: Invocation,
): Promise<{ log: readonly VerifierKey[]; witnesses: readonly VerifierKey[] }> {
  const { key, "trust-root": root } = invocation.options;
  const { parseVerifierKey } = await tlog();
  if (typeof key === "string") {
    const parsed = parseVerifierKey(key.trim());
    if (parsed === null) {
      throw usage("--key is no key of a log", "A line name+hash+base64, as in log.vkey", { value: key });
    }
    return { log: [parsed], witnesses: [parsed] };
  }
  const { readEvidenceTrust, trustFolders } = await import("../evidence_trust.ts");
  const trust = await readEvidenceTrust(
    typeof root === "string" ? [pathOf(invocation.io, root)] : trustFolders(dataDirectory(invocation)),
  );
  if (!trust.ok) throw new CommandError(trust.error, 2);
  return { log: trust.value.logs, witnesses: trust.value.witnesses };
}

async function textAt(invocation: Invocation, path: string): Promise<string> {
  return await Deno.readTextFile(pathOf(invocation.io, path)).catch(() => unreadable(path));
}

function unreadable(path: string): never {
  throw usage("Cannot read the file", "Give a file that exists", { value: path });
}

function countOf(given: string | boolean, name: string, most: number): number {
  const count = typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : NaN;
  if (count <= most) return count;
  throw usage(`--${name} is no place in the log`, `Give a number from 0 to ${most}`, {
    value: String(given),
  });
}

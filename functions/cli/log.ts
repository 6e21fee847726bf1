import { join } from "node:path";
import type { OpenedCheckpoint } from "../../kernel/tlog/mod.ts";
import type { CheckpointTrust } from "../../policies/evidence/mod.ts";
import type { OwnLog, Service } from "../service.ts";
import { type Answer, CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { notFound, withService } from "./session.ts";

const tlog = () => import("../../kernel/tlog/mod.ts");

/** The log of this installation. */
export async function transparency(service: Service): Promise<OwnLog> {
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
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const own = await transparency(service);
    const { log, logSigner } = own;
    const { openCheckpoint, toBase64 } = await tlog();
    if (invocation.options.cosign === true) return await cosigned(own, data);
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

/** Asks the witnesses, and says what each of them said. */
async function cosigned(own: OwnLog, data: string): Promise<Answer> {
  const { askWitnesses, witnessPolicy } = await import("../witness/cosigning.ts");
  const policy = await witnessPolicy(join(data, "signing"));
  if (policy.witnesses.length === 0) {
    throw usage("This log has no witnesses", "Name them in signing/witnesses.json: forge log witness --help");
  }
  const { signed, asked, cosigned } = await askWitnesses(own, policy);
  return {
    exit: cosigned >= policy.required ? 0 : 1,
    document: { checkpoint: signed, cosigned, required: policy.required, witnesses: asked },
    text: [
      signed.trimEnd(),
      "",
      ...asked.map(({ name, cosigned, why }) =>
        `${cosigned ? "cosigned" : "NOT"}  ${name}${why === null ? "" : `  ${why}`}`
      ),
      `${cosigned} of ${asked.length}, ${policy.required} wanted`,
    ].join("\n"),
  };
}

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
 * that vector sets of RFC 6962 use. Keys: `--key VKEY`, `--trust-root DIR`, else those of `--data`. With `--anchor DIR` and no FILE, this
 * log itself is held against the checkpoints of a repository; with `--ledger`, the runs and bundles here against the log.
 */
export const verify: Handler = async (invocation) => {
  const [given] = invocation.operands;
  const { anchor } = invocation.options;
  if (given === undefined) {
    if (typeof anchor === "string") return await ownAnchors(invocation, anchor);
    if (invocation.options.ledger === true) return await ownLedger(invocation);
    throw usage(
      "It was not said what to verify",
      "Give a file, --ledger to hold the runs here against the log, or --anchor DIR to compare the log with a repository",
    );
  }
  const text = await textAt(invocation, given);
  if (text === null) return verdict("it is no text in UTF-8", {});
  if (text.trimStart().startsWith("{") || text.trimStart().startsWith("[")) {
    return (await import("./log_vectors.ts")).vectors(text);
  }
  const { openTrusted } = await import("../../policies/evidence/reading/mod.ts");
  const trust = await trustOf(invocation);
  if (text.startsWith("c2sp.org/tlog-proof@")) return await verifyLeaf(invocation, text, trust);
  const { toBase64 } = await tlog();
  const opened = await openTrusted(text, trust);
  if ("problem" in opened) return verdict(opened.problem, {});
  const { origin, size, root, witnesses } = opened.checkpoint;
  const about = { origin, size, root: toBase64(root), witnesses: [...witnesses] };
  if (typeof anchor === "string") {
    const { compareAnchors } = await import("./log_anchor.ts");
    const { problem, compared } = await compareAnchors(invocation, anchor, trust, { ...opened, log: null });
    return verdict(problem, { ...about, anchors: compared });
  }
  return verdict(await continues(invocation, opened.checkpoint, trust), about);
};

/** A leaf, by its bytes or its hash, under the checkpoint that its proof holds. */
async function verifyLeaf(invocation: Invocation, text: string, trust: CheckpointTrust): Promise<Answer> {
  const { leafHash, parseProof, verifyProof } = await tlog();
  const { openTrusted } = await import("../../policies/evidence/reading/mod.ts");
  const { hashOf } = await import("./log_vectors.ts");
  const { entry, "leaf-hash": hash } = invocation.options;
  const leaf = typeof entry === "string"
    ? leafHash(await Deno.readFile(pathOf(invocation.io, entry)).catch(() => unreadable(entry)))
    : typeof hash === "string"
    ? hashOf(hash)
    : null;
  if (leaf === null) {
    throw usage("A proof is of a leaf", "Give the leaf's bytes by --entry FILE, or its hash by --leaf-hash");
  }
  const parsed = parseProof(text);
  if ("problem" in parsed) return verdict(parsed.problem, { index: null });
  const opened = await openTrusted(parsed.checkpoint, trust);
  if ("problem" in opened) {
    return verdict(`its checkpoint cannot be trusted: ${opened.problem}`, { index: parsed.index });
  }
  const { logs, witnesses, origin } = trust;
  const result = await verifyProof(text, leaf, { log: logs, witnesses, origin });
  return verdict("problem" in result ? result.problem : null, {
    index: parsed.index,
    size: opened.checkpoint.size,
    origin: opened.checkpoint.origin,
  });
}

/** Why a checkpoint does not continue the one of --old, or null; also when none is given. */
async function continues(
  invocation: Invocation,
  now: OpenedCheckpoint,
  trust: CheckpointTrust,
): Promise<string | null> {
  const { old, proof } = invocation.options;
  if (typeof old !== "string") return null;
  const { fromBase64, verifyConsistency } = await tlog();
  const { openTrusted } = await import("../../policies/evidence/reading/mod.ts");
  const [oldText, proofText] = [
    await textAt(invocation, old),
    typeof proof === "string" ? await textAt(invocation, proof) : "",
  ];
  if (oldText === null || proofText === null) return "the older checkpoint or the proof is no text in UTF-8";
  // How many witnesses the older one had was asked when it was taken.
  const before = await openTrusted(oldText, { ...trust, required: 0 });
  if ("problem" in before) return `the older checkpoint: ${before.problem}`;
  const hashes = proofText.split("\n").filter((line) => line !== "").map((line) => fromBase64(line));
  if (hashes.some((one) => one === null)) return "a line of the proof is no hash in base64";
  if (before.checkpoint.origin !== now.origin) return "they are checkpoints of two logs";
  const holds = verifyConsistency({
    first: before.checkpoint.size,
    firstRoot: before.checkpoint.root,
    second: now.size,
    secondRoot: now.root,
    proof: hashes.flatMap((one) => one ?? []),
  });
  return holds ? null : `the log at ${now.size} does not continue the one at ${before.checkpoint.size}`;
}

/** This log against the checkpoints of it in a repository. It is not signed for that: a log that was changed is not made good by looking. */
const ownAnchors = (invocation: Invocation, anchor: string): Promise<Answer> =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const { log, logSigner } = await transparency(service);
    const { toBase64 } = await tlog();
    const { compareAnchors } = await import("./log_anchor.ts");
    const size = await log.size();
    const root = await log.root(size);
    const origin = logSigner.key.name;
    const checkpoint = { origin, size, root, extensions: [], text: "", witnesses: [] };
    const trust = await trustOf(invocation);
    const { problem, compared } = await compareAnchors(invocation, anchor, trust, { checkpoint, log });
    return verdict(problem, { origin, size, root: toBase64(root), anchors: compared });
  });

/** The runs and the bundles of this installation against its log, and the log against its last checkpoint. Nothing is signed for it. */
const ownLedger = (invocation: Invocation): Promise<Answer> =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const own = await transparency(service);
    const { log, logSigner } = own;
    const { toBase64, verifyConsistency } = await tlog();
    const size = await log.size();
    const root = await log.root(size);
    const about = { origin: logSigner.key.name, size, root: toBase64(root) };
    const trust = await trustOf(invocation);
    const last = await log.latest();
    if (last !== null) {
      const { openTrusted } = await import("../../policies/evidence/reading/mod.ts");
      const opened = await openTrusted(last, { ...trust, required: 0 });
      if ("problem" in opened) return verdict(`its last checkpoint: ${opened.problem}`, about);
      const { checkpoint } = opened;
      const holds = checkpoint.size <= size && verifyConsistency({
        first: checkpoint.size,
        firstRoot: checkpoint.root,
        second: size,
        secondRoot: root,
        proof: await log.consistency(checkpoint.size, size),
      });
      if (!holds) {
        return verdict(
          `the log at ${size} does not continue its last checkpoint at ${checkpoint.size}`,
          about,
        );
      }
    }
    const { compareLedger } = await import("./log_ledger.ts");
    const { compared, differences } = await compareLedger(service, own, { size, root });
    const [first] = differences;
    const problem = first === undefined
      ? null
      : `${differences.length} of ${compared} records: leaf ${first.leaf}${
        first.run === "" ? "" : ` (${first.run})`
      }: ${first.problem}`;
    return verdict(problem, { ...about, compared, differences });
  });

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

/** Whom the caller believes: one key, a directory, or what the installation does. */
async function trustOf(invocation: Invocation): Promise<CheckpointTrust> {
  const { key, origin, "trust-root": root, witnesses } = invocation.options;
  if (origin !== undefined && key === undefined) {
    throw usage("--origin says whose name a key speaks for", "Give --key VKEY, too");
  }
  const wanted = witnesses === undefined ? null : countOf(witnesses, "witnesses", 64);
  const withWanted = (trust: CheckpointTrust) => wanted === null ? trust : { ...trust, required: wanted };
  if (typeof key === "string") {
    const { parseVerifierKey } = await tlog();
    const parsed = parseVerifierKey(key.trim());
    if (parsed === null) {
      throw usage("--key is no key of a log", "A line name+hash+base64, as in log.vkey", { value: key });
    }
    return withWanted({
      logs: [parsed],
      witnesses: [],
      ...(typeof origin === "string" ? { origin } : {}),
    });
  }
  if (
    typeof root === "string" &&
    !await Deno.stat(pathOf(invocation.io, root)).then((info) => info.isDirectory, () => false)
  ) {
    throw usage("The trust root is no directory", "Give a directory with public keys", { value: root });
  }
  const { readEvidenceTrust, trustFolders } = await import("../evidence_trust.ts");
  const trust = await readEvidenceTrust(
    typeof root === "string" ? [pathOf(invocation.io, root)] : trustFolders(dataDirectory(invocation)),
  );
  if (!trust.ok) throw new CommandError(trust.error, 2);
  return withWanted(trust.value);
}

/** A file's text as it is, or null when it is none in UTF-8: what is put in for wrong bytes was not signed. */
async function textAt(invocation: Invocation, path: string): Promise<string | null> {
  const bytes = await Deno.readFile(pathOf(invocation.io, path)).catch(() => unreadable(path));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function unreadable(path: string): never {
  throw usage("Cannot read the file", "Give a file that exists", { value: path });
}

function countOf(given: string | boolean, name: string, most: number): number {
  const count = typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : NaN;
  if (count <= most) return count;
  throw usage(`--${name} is no number that can be meant`, `Give a number from 0 to ${most}`, {
    value: String(given),
  });
}

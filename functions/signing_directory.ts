import { join } from "node:path";
import { LogConflict, type Store, type TransparencyLog, transparencyLog } from "../kernel/mod.ts";
import {
  formatVerifierKey,
  hex,
  type NoteSigner,
  parseVerifierKey,
  type VerifierKey,
  verifierKey,
} from "../kernel/tlog/mod.ts";
import type { Attestor } from "../pipelines/mod.ts";
import { canonicalBytesOf, signStatement, testKeyProblem } from "../policies/evidence/mod.ts";
import {
  type KeyPredicate,
  type KeyUse,
  type LogLeaf,
  PREDICATES,
  type SigningKeyRecord,
  type SigningKeys,
} from "../specs/attestation/mod.ts";
import { digestOf } from "../specs/mod.ts";
import { privateDirectory } from "./key_directory.ts";
import { chosenKey, formerHeldKey, namedKey, type SignerChoice } from "./signing/choice.ts";
import { dropFormerKey, textAt } from "./signing/file_keys.ts";
import { checkedKey, custodyNote, type HeldKey, SigningFailed } from "./signing/held_key.ts";
import { changeRing, enrolled, RING_FILE } from "./signing/key_ring.ts";
import { rawPublicKey } from "./signing/pem.ts";
import { publicKeysApart, type SignerProcess, signerProcess } from "./signing/process_keys.ts";

/** The public halves of `signing/` in the data directory, for whoever hands them out. */
const OPEN = { evidence: "evidence.pem", log: "log.vkey" } as const;

export const signingFolder = (data: string): string => join(data, "signing");

/** The keys that an installation signs with, wherever their private halves are. */
export interface InstalledKeys {
  readonly evidence: Pick<Attestor, "signer" | "publicKey" | "formerPublicKey"> & {
    readonly custody: HeldKey["custody"];
  };
  readonly note: NoteSigner;
  readonly ring: SigningKeys;
  /** What evidence says of who held the keys. */
  readonly caveats: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens the installation's own keys for evidence: ECDSA P-256 for statements, Ed25519 for the transparency log; made at the first
 * use where nobody else holds them. The log is named after its first key.
 */
export async function signingKeys(data: string, choice: SignerChoice = {}): Promise<InstalledKeys> {
  const folder = signingFolder(data);
  await privateDirectory(data);
  await privateDirectory(folder);
  const process = choice.apart ? await apart(folder, choice) : null;
  const [evidence, log] = process?.keys ?? await Promise.all([
    chosenKey(folder, "evidence", choice),
    chosenKey(folder, "log", choice),
  ]);
  const [own, note] = await Promise.all([checkedKey(evidence), checkedKey(log)]);
  const lines = await logKeys(folder);
  const key = await logKeyOf(note.publicKey, lines);
  const ring = await changeRing(folder, (before) => {
    const now = Date.now();
    const one = enrolled(before, recordOf("evidence", own.open.id, own.publicKey), now);
    return enrolled(one, recordOf("log", kidOf(key), formatVerifierKey(key)), now);
  });
  const former = formerLogKeys(ring, key);
  const active = { evidence: own.open.id, log: kidOf(key) };
  const [formerOwn, formerNote] = await Promise.all(
    (["evidence", "log"] as const).map((use) =>
      signsBeside(folder, ring, use, active[use], choice, process?.signer)
    ),
  );
  await keepOpen(join(folder, OPEN.evidence), own.publicKey);
  await keepOpen(
    join(folder, OPEN.log),
    [key, ...former.filter((one) => !isRevoked(ring, kidOf(one)))].map((one) => `${formatVerifierKey(one)}\n`)
      .join(""),
  );
  return {
    evidence: {
      publicKey: own.publicKey,
      custody: own.custody,
      signer: {
        keyId: own.open.id,
        sign: own.sign,
        ...(formerOwn ? { also: [{ keyId: formerOwn.open.id, sign: formerOwn.sign }] } : {}),
      },
      ...(formerOwn ? { formerPublicKey: formerOwn.publicKey } : {}),
    },
    note: {
      key,
      former,
      sign: note.sign,
      ...(formerNote
        ? {
          also: [{ key: verifierKey(key.name, rawPublicKey(formerNote.publicKey)), sign: formerNote.sign }],
        }
        : {}),
    },
    ring,
    caveats: [...new Set([own, note, formerOwn, formerNote].flatMap((one) => one ? [one.custody] : []))].map(
      custodyNote,
    ),
    close: async () => await process?.close(),
  };
}

/** The keys in a process of its own. Nothing that this process could read may hold them, too. */
async function apart(folder: string, choice: SignerChoice) {
  for (const use of ["evidence", "log"] as const) {
    if (await namedKey(folder, use, choice) !== null) {
      throw new SigningFailed(
        `Cannot start a signer of its own: the key for ${use} is held elsewhere (environment or signer.json)`,
        "Leave out --signer, or the variable",
      );
    }
  }
  const [pem, lines] = await Promise.all([textAt(join(folder, OPEN.evidence)), logKeys(folder)]);
  const made = pem === null || lines[0] === undefined ? await publicKeysApart(folder) : null;
  const open = made ?? { evidence: pem ?? "", log: pemOfLogKey(lines[0]) };
  const origin = (await logKeyOf(open.log, lines)).name;
  const signer = signerProcess(folder, origin);
  return {
    keys: [signer.key("evidence", open.evidence), signer.key("log", open.log)] as const,
    signer,
    close: signer.close,
  };
}

/** An attestor whose keys may be changed while it is used: it is opened again when they were. */
export function localAttestors(
  data: string,
  store: Store,
  choice: SignerChoice = {},
): { open(): Promise<Attestor>; close(): Promise<void> } {
  let opened: { text: string | null; keys: Promise<InstalledKeys>; attestor: Promise<Attestor> } | null =
    null;
  const ringText = () => textAt(join(signingFolder(data), RING_FILE));
  const close = async () => {
    const last = opened;
    opened = null;
    await (await last?.keys.catch(() => null))?.close();
  };
  return {
    async open() {
      const text = await ringText();
      if (opened !== null && opened.text !== text && opened.text !== null) await close();
      if (opened === null) {
        const keys = signingKeys(data, choice);
        opened = {
          text,
          keys,
          attestor: keys.then((found) => attestorOf(found, store, signingFolder(data))),
        };
        // A signer that could not be opened may be there the next time.
        opened.attestor.catch(() => opened = null);
        const attestor = await opened.attestor;
        if (opened !== null) opened.text = await ringText();
        return attestor;
      }
      return await opened.attestor;
    },
    close,
  };
}

/** The installation's attestor, opened once. */
export async function localAttestor(
  data: string,
  store: Store,
  choice: SignerChoice = {},
): Promise<Attestor> {
  return await attestorOf(await signingKeys(data, choice), store, signingFolder(data));
}

async function attestorOf(keys: InstalledKeys, store: Store, folder: string): Promise<Attestor> {
  const { evidence, note, ring } = keys;
  const log = transparencyLog({ store, origin: note.key.name });
  // Wanted when a bundle is sealed: loaded beside what comes before that.
  const cosigning = import("./witness/cosigning.ts");
  cosigning.catch(() => {});
  const attestor: Attestor = {
    signer: evidence.signer,
    publicKey: evidence.publicKey,
    ...(evidence.formerPublicKey === undefined ? {} : { formerPublicKey: evidence.formerPublicKey }),
    logSigner: note,
    log,
    caveats: keys.caveats,
    cosigned: async () => await (await cosigning).sealedCheckpoint(attestor, folder),
  };
  const active = [evidence.signer.keyId, kidOf(note.key)];
  for (const record of ring.keys.filter(({ kid }) => active.includes(kid))) {
    await logKeyRecord(attestor, {
      act: "issued",
      kid: record.kid,
      use: record.use,
      publicKey: record.publicKey,
      at: new Date().toISOString(),
      by: "installation",
      reason: null,
      follows: null,
    });
  }
  return attestor;
}

/** What is said of a key as a leaf of the log, once; its index. */
export async function logKeyRecord(
  { log, signer }: { log: TransparencyLog; signer: Attestor["signer"] },
  predicate: KeyPredicate,
): Promise<number> {
  const { kid, act, publicKey } = predicate;
  const sha256 = (await digestOf(publicKey)).slice("sha256:".length);
  const name = `key/${kid.length <= 60 ? kid : sha256}/${act}`;
  const there = await log.find(name);
  if (there !== null) return there;
  const subject = [{ name: kid, digest: { sha256 } }];
  const statement = await signStatement({ subject, predicateType: PREDICATES.key, predicate }, signer);
  const leaf: LogLeaf = { v: 1, kind: "key", kid, act, statement };
  try {
    const [index] = await log.add([{ name, entry: canonicalBytesOf(leaf) }]);
    if (index !== undefined) return index;
  } catch (error) {
    // Another process said it meanwhile.
    if (!(error instanceof LogConflict)) throw error;
  }
  const index = await log.find(name);
  if (index === null) throw new Error(`Cannot find the record of the key ${kid} in the log`);
  return index;
}

/** How a log's key is named in the ring. */
export const kidOf = ({ name, id }: VerifierKey): string => `${name}+${id}`;

function recordOf(
  use: SigningKeyRecord["use"],
  kid: string,
  publicKey: string,
): Omit<SigningKeyRecord, "notBefore" | "notAfter" | "revoked"> {
  return { kid, use, algorithm: use === "evidence" ? "ECDSA-P256" : "Ed25519", publicKey };
}

const isRevoked = ({ keys }: SigningKeys, kid: string) =>
  keys.some((one) => one.kid === kid && one.revoked !== undefined);

/** Keys that signed the same log before. */
function formerLogKeys({ keys }: SigningKeys, active: VerifierKey): VerifierKey[] {
  return keys.filter(({ use, kid }) => use === "log" && kid !== kidOf(active))
    .flatMap(({ publicKey }) => parseVerifierKey(publicKey) ?? [])
    .filter(({ name }) => name === active.name);
}

/**
 * The key before the one in use, until its overlap ends or it is revoked: then its private half is taken away. Where a process of its own
 * holds the keys, that one asks it.
 */
async function signsBeside(
  folder: string,
  { keys }: SigningKeys,
  use: KeyUse,
  active: string,
  choice: SignerChoice,
  process: SignerProcess | undefined,
): Promise<Awaited<ReturnType<typeof checkedKey>> | null> {
  const leaving = keys.filter((one) =>
    one.use === use && one.kid !== active && one.revoked === undefined && one.notAfter !== undefined &&
    Date.parse(one.notAfter) > Date.now()
  );
  if (leaving.length === 0) {
    await dropFormerKey(folder, use);
    return null;
  }
  const open = await process?.former();
  const publicKey = open?.[use];
  const held = process === undefined
    ? await formerHeldKey(folder, use, choice)
    : publicKey === undefined
    ? null
    : process.key(use, publicKey, true);
  if (held === null) return null;
  const key = await checkedKey(held);
  const origin = parseVerifierKey(keys.find(({ kid }) => kid === active)?.publicKey ?? "")?.name;
  const kid = use === "evidence"
    ? key.open.id
    : kidOf(verifierKey(origin ?? "", rawPublicKey(key.publicKey)));
  if (leaving.some((one) => one.kid === kid)) return key;
  await dropFormerKey(folder, use);
  return null;
}

async function logKeys(folder: string): Promise<VerifierKey[]> {
  const text = await textAt(join(folder, OPEN.log)) ?? "";
  return text.split("\n").flatMap((line) => parseVerifierKey(line) ?? []);
}

/** The log's key under the name that the log has, or under a new one made of the key. */
export async function logKeyOf(publicKey: string, known: readonly VerifierKey[]): Promise<VerifierKey> {
  const raw = rawPublicKey(publicKey);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
  const name = known[0]?.name ?? `edgeforge.local/${hex(digest.subarray(0, 8))}`;
  const problem = testKeyProblem({ id: "", name });
  if (problem !== null) {
    throw new SigningFailed(`Cannot sign the log ${name}: ${problem}`, "Begin a log under another name");
  }
  return verifierKey(name, raw);
}

function pemOfLogKey(key: VerifierKey | undefined): string {
  const der = new Uint8Array([...Uint8Array.fromHex("302a300506032b6570032100"), ...key?.publicKey ?? []]);
  return `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PUBLIC KEY-----\n`;
}

/** The public half beside the private one. */
async function keepOpen(path: string, text: string): Promise<void> {
  if (await textAt(path).catch(() => null) !== text) {
    await Deno.writeTextFile(path, text, { mode: 0o644 });
  }
}

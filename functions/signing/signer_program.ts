/**
 * The process of `forge serve --signer`: reads the private keys of the directory that it is started in, and signs what it is asked for on its standard input.
 * It imports nothing, may read that directory and do nothing else. One JSON document a line, in both directions.
 */

interface Question {
  readonly id: number;
  readonly use: "evidence" | "log";
  /** Asks the key on its way out. */
  readonly former?: boolean;
  readonly bytes: string;
}

/** What each key signs, and nothing else: DSSE's encoding of in-toto statements, and checkpoints of the log of this name. */
const STATEMENT = "DSSEv1 28 application/vnd.in-toto+json ";

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;

/** A key that others could have read or put there. */
class Exposed extends Error {}

if (import.meta.main) {
  const [origin = "", mode] = Deno.args;
  try {
    if (mode === "make") await make();
    else await serve(origin);
  } catch (error) {
    if (!(error instanceof Exposed)) throw error;
    await say({ refused: error.message });
  }
}

/** Makes the keys that are not there, and tells the public halves. */
async function make(): Promise<void> {
  const open: Record<string, string> = {};
  for (const [use, algorithm] of [["evidence", P256], ["log", "Ed25519"]] as const) {
    const path = `./${use}.key.pem`;
    if (await textOf(path) === null) await makeKey(path, algorithm);
    open[use] = await publicPem(await secretOf(path, algorithm));
  }
  await say(open);
}

async function serve(origin: string): Promise<void> {
  const keys = {
    evidence: await secretOf("./evidence.key.pem", P256),
    log: await secretOf("./log.key.pem", "Ed25519"),
  };
  const former: { evidence?: CryptoKey; log?: CryptoKey } = {};
  for (const [use, algorithm] of [["evidence", P256], ["log", "Ed25519"]] as const) {
    const path = `./${use}.former.key.pem`;
    if (await textOf(path) !== null) former[use] = await secretOf(path, algorithm);
  }
  const open: Record<string, string> = {};
  for (const [use, key] of Object.entries(former)) open[use] = await publicPem(key);
  await say({ ready: true, former: open });
  for await (const line of lines(Deno.stdin.readable)) {
    const { id, use, former: isFormer, bytes: encoded } = JSON.parse(line) as Question;
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    const start = new TextDecoder().decode(bytes.subarray(0, 400));
    if (use === "evidence" ? !start.startsWith(STATEMENT) : !start.startsWith(`${origin}\n`)) {
      await say({ id, refused: "it is no statement or checkpoint of this installation" });
      continue;
    }
    const key = isFormer ? former[use] : keys[use];
    if (key === undefined) {
      await say({ id, refused: "it has no former key" });
      continue;
    }
    const signature = use === "evidence"
      ? await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, bytes)
      : await crypto.subtle.sign("Ed25519", key, bytes);
    await say({ id, signature: btoa(String.fromCharCode(...new Uint8Array(signature))) });
  }
}

async function say(answer: unknown): Promise<void> {
  let rest = new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
  while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
}

/** As `privateText` of file_keys.ts, which this program does not import. */
async function mustBePrivate(path: string): Promise<void> {
  const { isFile, isSymlink, mode } = await Deno.lstat(path);
  const why = isSymlink || !isFile
    ? "it is a link, or no file: put the file itself there"
    : Deno.build.os !== "windows" && mode !== null && (mode & 0o077) !== 0
    ? `others may read or write it (mode ${(mode & 0o777).toString(8).padStart(4, "0")}): chmod 600`
    : null;
  if (why !== null) throw new Exposed(`cannot use the private key of ${path}: ${why}`);
}

async function secretOf(path: string, algorithm: "Ed25519" | EcKeyImportParams): Promise<CryptoKey> {
  await mustBePrivate(path);
  const base64 = (await Deno.readTextFile(path)).replace(/-----[A-Z ]+-----|\s/g, "");
  const der = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
}

/** Of two processes that make a key at once, the first one's is everybody's. */
async function makeKey(path: string, algorithm: "Ed25519" | EcKeyGenParams): Promise<void> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const draft = `${path}.${crypto.randomUUID()}`;
  const text = pem("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  await Deno.writeTextFile(draft, text, { createNew: true, mode: 0o600 });
  try {
    await Deno.link(draft, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(draft);
  }
}

/** A private key in WebCrypto gives its public half only as JWK. */
async function publicPem(secret: CryptoKey): Promise<string> {
  const { d: _, key_ops: __, ...open } = await crypto.subtle.exportKey("jwk", secret);
  const algorithm = open.kty === "EC" ? P256 : "Ed25519";
  const key = await crypto.subtle.importKey("jwk", open, algorithm, true, ["verify"]);
  return pem("PUBLIC KEY", await crypto.subtle.exportKey("spki", key));
}

function pem(label: string, der: ArrayBuffer): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(der)));
  return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)?.join("\n") ?? ""}\n-----END ${label}-----\n`;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = `${rest}${chunk}`.split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

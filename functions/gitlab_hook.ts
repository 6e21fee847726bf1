/**
 * The proof of a webhook of GitLab. A signing token (`whsec_…`) signs id, instant and the raw body, as Standard Webhooks has it; a
 * secret token is only sent along, and proves nothing about the body. Where a signing token is known, nothing less is taken.
 */

export interface GitLabSecrets {
  /** `GITLAB_WEBHOOK_SIGNING_TOKEN` */
  readonly signing: string;
  /** `GITLAB_WEBHOOK_SECRET` */
  readonly secret: string;
}

export type GitLabProof =
  /** The body's digest: an id that is not signed can be given anew by whoever sends again. */
  | { readonly ok: true; readonly id: string; readonly digest: string }
  | { readonly ok: false; readonly outcome: "closed" | "unproved" | "malformed"; readonly why: string };

/** A shorter one could be found by trying. */
const SHORTEST_SECRET = 16;
/** How far the instant of a signature may be off, by Standard Webhooks. */
const TOLERANCE_MS = 5 * 60_000;

const HMAC = { name: "HMAC", hash: "SHA-256" };
const utf8 = new TextEncoder();

export async function proveGitLab(
  { signing, secret }: GitLabSecrets,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  nowMs: number,
): Promise<GitLabProof> {
  const no = (outcome: "closed" | "unproved" | "malformed", why: string): GitLabProof => ({
    ok: false,
    outcome,
    why,
  });
  if (signing === "" && secret.length < SHORTEST_SECRET) {
    return no(
      "closed",
      `GITLAB_WEBHOOK_SIGNING_TOKEN is not set, and GITLAB_WEBHOOK_SECRET is not set or shorter than ${SHORTEST_SECRET} characters`,
    );
  }
  const id = headers.get(signing === "" ? "idempotency-key" : "webhook-id") ??
    headers.get("x-gitlab-event-uuid") ?? "";
  if (signing === "") {
    if (!await isSame(secret, headers.get("x-gitlab-token") ?? "")) {
      return no("unproved", "X-Gitlab-Token is missing or not the secret");
    }
  } else {
    const key = keyIn(signing);
    if (key === null) return no("closed", "GITLAB_WEBHOOK_SIGNING_TOKEN is not whsec_ and base64");
    const at = headers.get("webhook-timestamp") ?? "";
    if (!await isSigned(key, { id: headers.get("webhook-id") ?? "", at, headers, body })) {
      return no("unproved", "webhook-signature is missing or not that of the body");
    }
    if (Math.abs(Number(at) * 1000 - nowMs) > TOLERANCE_MS) {
      return no("unproved", "webhook-timestamp is more than five minutes off");
    }
  }
  if (!/^[\w-]{1,100}$/.test(id)) {
    return no("malformed", "Idempotency-Key, webhook-id or X-Gitlab-Event-UUID is missing");
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return {
    ok: true,
    id,
    digest: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}

/** Compared by the platform, in constant time, whatever the lengths. */
async function isSame(wanted: string, given: string): Promise<boolean> {
  const key = await crypto.subtle.generateKey(HMAC, false, ["sign", "verify"]) as CryptoKey;
  const mac = await crypto.subtle.sign("HMAC", key, utf8.encode(wanted));
  return await crypto.subtle.verify("HMAC", key, mac, utf8.encode(given));
}

/** The key of a signing token: GitLab makes 32 bytes. */
function keyIn(signing: string): Uint8Array<ArrayBuffer> | null {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(signing)?.[1];
  const key = text === undefined ? null : bytesIn(text);
  return key !== null && key.length >= SHORTEST_SECRET ? key : null;
}

function bytesIn(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  } catch {
    return null;
  }
}

/** One of the signatures is right: while a token is changed there are two. */
async function isSigned(
  key: Uint8Array<ArrayBuffer>,
  given: { id: string; at: string; headers: Headers; body: Uint8Array },
): Promise<boolean> {
  if (!/^\d{1,12}$/.test(given.at)) return false;
  const head = utf8.encode(`${given.id}.${given.at}.`);
  const text = new Uint8Array(head.length + given.body.length);
  text.set(head);
  text.set(given.body, head.length);
  const imported = await crypto.subtle.importKey("raw", key, HMAC, false, ["verify"]);
  for (const one of (given.headers.get("webhook-signature") ?? "").split(" ").slice(0, 10)) {
    const signature = /^v1,(.+)$/.exec(one)?.[1];
    const bytes = signature === undefined ? null : bytesIn(signature);
    if (bytes !== null && await crypto.subtle.verify("HMAC", imported, bytes, text)) return true;
  }
  return false;
}

/** Webhooks of forges: proved by their signature over the raw bytes before anything of them is read. */
import {
  githubEvent,
  type GitHubSettings,
  gitlabEvent,
  type GitLabSettings,
  isKnownGitHubEvent,
  isKnownGitLabEvent,
} from "../connectors/mod.ts";
import type { Problem, Result } from "../specs/mod.ts";
import type { ForgeInbox } from "./forge_inbox.ts";
import { proveGitLab } from "./gitlab_hook.ts";

export type HookAnswer =
  | { readonly outcome: "accepted" | "repeated" | "ignored"; readonly why?: string }
  | { readonly outcome: "closed" | "unproved" | "malformed"; readonly why: string };

export interface ForgeHooks {
  github(headers: Headers, body: Uint8Array<ArrayBuffer>): Promise<HookAnswer>;
  gitlab(headers: Headers, body: Uint8Array<ArrayBuffer>): Promise<HookAnswer>;
}

export interface ForgeHooksOptions {
  /** The secret behind a reference such as `GITHUB_WEBHOOK_SECRET`. */
  secret: (name: string) => string | undefined;
  github: () => Result<GitHubSettings, Problem>;
  gitlab: () => Result<GitLabSettings, Problem>;
  inbox: Pick<ForgeInbox, "deliver">;
  now: () => number;
}

const GITHUB_SECRET = "GITHUB_WEBHOOK_SECRET";
/** A shorter one could be found by trying. */
const SHORTEST_SECRET = 16;

export function forgeHooks(options: ForgeHooksOptions): ForgeHooks {
  return {
    async github(headers, body) {
      const secret = options.secret(GITHUB_SECRET)?.trim() ?? "";
      if (secret.length < SHORTEST_SECRET) {
        return {
          outcome: "closed",
          why: `${GITHUB_SECRET} is not set, or shorter than ${SHORTEST_SECRET} characters`,
        };
      }
      const digest = await proof(secret, headers.get("x-hub-signature-256") ?? "", body);
      if (digest === null) {
        return { outcome: "unproved", why: "the signature is missing or not that of the body" };
      }
      const [id, name] = [headers.get("x-github-delivery") ?? "", headers.get("x-github-event") ?? ""];
      if (!/^[\w-]{1,100}$/.test(id) || !/^[a-z_]{1,100}$/.test(name)) {
        return { outcome: "malformed", why: "X-GitHub-Delivery or X-GitHub-Event is missing" };
      }
      if (!isKnownGitHubEvent(name)) {
        return { outcome: "ignored", why: "nothing here waits for events of this kind" };
      }
      const settings = options.github();
      if (!settings.ok) return { outcome: "closed", why: settings.error.message };
      const payload = parse(body);
      const event = payload === undefined ? undefined : githubEvent(
        { id, name, payload, at: new Date(options.now()).toISOString() },
        settings.value.addresses,
      );
      if (event === undefined) return { outcome: "malformed", why: "the payload is not that of its event" };
      if (event === null) return { outcome: "ignored", why: "it is about no pull request" };
      const { repeated } = await options.inbox.deliver(event, digest);
      return { outcome: repeated ? "repeated" : "accepted" };
    },
    async gitlab(headers, body) {
      const given = (name: string) => options.secret(name)?.trim() ?? "";
      const proof = await proveGitLab(
        { signing: given("GITLAB_WEBHOOK_SIGNING_TOKEN"), secret: given("GITLAB_WEBHOOK_SECRET") },
        headers,
        body,
        options.now(),
      );
      if (!proof.ok) return proof;
      const name = headers.get("x-gitlab-event") ?? "";
      if (!/^[A-Za-z ]{1,100}$/.test(name)) {
        return { outcome: "malformed", why: "X-Gitlab-Event is missing" };
      }
      if (!isKnownGitLabEvent(name)) {
        return { outcome: "ignored", why: "nothing here waits for events of this kind" };
      }
      const settings = options.gitlab();
      if (!settings.ok) return { outcome: "closed", why: settings.error.message };
      const payload = parse(body);
      const event = payload === undefined ? undefined : gitlabEvent(
        { id: proof.id, name, payload, at: new Date(options.now()).toISOString() },
        settings.value.addresses,
      );
      if (event === undefined) return { outcome: "malformed", why: "the payload is not that of its event" };
      if (event === null) return { outcome: "ignored", why: "it is about no merge request" };
      const { repeated } = await options.inbox.deliver(event, proof.digest);
      return { outcome: repeated ? "repeated" : "accepted" };
    },
  };
}

/** The body's HMAC in hex when the signature is it; compared by the platform, in constant time. */
async function proof(
  secret: string,
  signature: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<string | null> {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
  const given = Uint8Array.from(hex?.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, [
    "verify",
  ]);
  return await crypto.subtle.verify("HMAC", key, given, body) && hex !== undefined ? hex : null;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

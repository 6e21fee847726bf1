/** Octokit, loaded at first use: routes, and who the requests are of. */
import type { GitHubPlace } from "./place.ts";
import type { GitHubCredential } from "./settings.ts";

export interface Octo {
  request(
    route: string,
    params: Record<string, unknown>,
  ): Promise<{ data: unknown; headers: Record<string, unknown> }>;
  endpoint(
    route: string,
    params: Record<string, unknown>,
  ): { url: string; method: string; headers: Record<string, string> };
  /** What requests that do not go through `request` are signed with. */
  token(): Promise<string>;
  /** Of an App's installation; null for tokens, which do not tell. */
  permissions(): Promise<Readonly<Record<string, string>> | null>;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Octokit with this credential. Whatever it sends goes through `fetch`. */
export async function openOctokit(options: {
  credential: GitHubCredential;
  api: string;
  userAgent: string;
  fetch: typeof fetch;
  place: GitHubPlace | null;
}): Promise<Octo> {
  const { credential, api, place } = options;
  const { Octokit } = await import("@octokit/core");
  const plain = {
    baseUrl: api,
    userAgent: options.userAgent,
    request: { fetch: options.fetch },
    log: silent,
  };
  if (credential.kind === "token") {
    const octokit = new Octokit({ ...plain, auth: credential.token });
    return face(octokit, () => Promise.resolve(credential.token), () => Promise.resolve(null));
  }
  const { createAppAuth } = await import("@octokit/auth-app");
  const app = { appId: credential.appId, privateKey: credential.privateKey };
  const installationId = credential.installationId ?? await installationOf(
    new Octokit({ ...plain, authStrategy: createAppAuth, auth: app }),
    place,
  );
  const octokit = new Octokit({ ...plain, authStrategy: createAppAuth, auth: { ...app, installationId } });
  const installation = async () =>
    await octokit.auth({ type: "installation" }) as { token: string; permissions?: Record<string, string> };
  return face(
    octokit,
    async () => (await installation()).token,
    async () => (await installation()).permissions ?? null,
  );
}

type Octokit = InstanceType<typeof import("@octokit/core").Octokit>;

function face(
  octokit: Octokit,
  token: Octo["token"],
  permissions: Octo["permissions"],
): Octo {
  return {
    request: async (route, params) => {
      const { data, headers } = await octokit.request(route, params);
      return { data, headers };
    },
    endpoint: (route, params) => {
      const { url, method, headers } = octokit.request.endpoint(route, params);
      const text = Object.entries(headers).filter((one): one is [string, string] =>
        typeof one[1] === "string"
      );
      return { url, method, headers: Object.fromEntries(text) };
    },
    token,
    permissions,
  };
}

/** The App's installation that may work on this repository. */
async function installationOf(app: Octokit, place: GitHubPlace | null): Promise<number> {
  if (place === null) throw new Error("Cannot look up an App's installation without a repository");
  const { data } = await app.request("GET /repos/{owner}/{repo}/installation", { ...place });
  return data.id;
}

/** What the environment says of GitHub: where it answers, and by which credential. Values stay in memory. */
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { type GitHubAddresses, githubAddresses } from "./place.ts";

export type GitHubCredential =
  | { readonly kind: "token"; readonly token: string; readonly name: string }
  | {
    readonly kind: "app";
    readonly appId: string;
    readonly privateKey: string;
    /** Looked up by the repository when it is not given. */
    readonly installationId: string | null;
    readonly name: string;
  };

export interface GitHubSettings {
  readonly addresses: GitHubAddresses;
  /** Null: none is at hand. */
  readonly credential: GitHubCredential | null;
  /** The owner of this installation named the host: it may be on a private network. */
  readonly named: boolean;
}

const PUBLIC_API = "https://api.github.com";

/**
 * `GITHUB_TOKEN` or `GH_TOKEN`; or an App: `GITHUB_APP_ID` with `GITHUB_APP_PRIVATE_KEY` (PEM, line ends may be written `\n`) or
 * `GITHUB_APP_PRIVATE_KEY_FILE`, and `GITHUB_APP_INSTALLATION_ID` when it is not to be looked up. `GITHUB_API_URL` (and
 * `GITHUB_SERVER_URL`) for a GitHub of one's own. An App goes before a token: its commits are signed, and it may write check runs.
 */
export function githubSettings(
  env: (name: string) => string | undefined,
  readFile: (path: string) => string,
): Result<GitHubSettings, Problem> {
  const given = (name: string) => {
    const value = env(name)?.trim();
    return value === undefined || value === "" ? undefined : value;
  };
  const apiUrl = given("GITHUB_API_URL");
  const addresses = githubAddresses(apiUrl ?? PUBLIC_API, given("GITHUB_SERVER_URL"));
  if (!addresses.ok) return addresses;
  const named = apiUrl !== undefined && apiUrl.replace(/\/+$/, "") !== PUBLIC_API;
  const credential = credentialIn(given, readFile);
  if (!credential.ok) return credential;
  return ok({ addresses: addresses.value, credential: credential.value, named });
}

function credentialIn(
  given: (name: string) => string | undefined,
  readFile: (path: string) => string,
): Result<GitHubCredential | null, Problem> {
  const appId = given("GITHUB_APP_ID");
  const file = given("GITHUB_APP_PRIVATE_KEY_FILE");
  if (appId !== undefined) {
    let privateKey = given("GITHUB_APP_PRIVATE_KEY")?.replaceAll("\\n", "\n");
    if (privateKey === undefined && file !== undefined) {
      try {
        privateKey = readFile(file);
      } catch (error) {
        return err(
          unusable(`its private key cannot be read: ${error instanceof Error ? error.name : "error"}`),
        );
      }
    }
    if (privateKey === undefined) return err(unusable("there is no private key with it"));
    if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(privateKey.trim())) {
      return err(unusable("its private key is not a PEM text"));
    }
    const installationId = given("GITHUB_APP_INSTALLATION_ID") ?? null;
    if (!/^\d{1,15}$|^Iv[\w.]{4,40}$/.test(appId)) {
      return err(unusable("its id is not a number or client id"));
    }
    if (installationId !== null && !/^\d{1,15}$/.test(installationId)) {
      return err(unusable("GITHUB_APP_INSTALLATION_ID is not a number"));
    }
    return ok({ kind: "app", appId, privateKey, installationId, name: "GITHUB_APP_ID" });
  }
  for (const name of ["GITHUB_TOKEN", "GH_TOKEN"]) {
    const token = given(name);
    if (token === undefined) continue;
    if (!/^[\x21-\x7e]{4,1000}$/.test(token)) {
      return err({
        code: "forge-credential-invalid",
        message: `Cannot use ${name}: it has characters that no token has`,
        value: name,
        remedy: "Set it to the token alone.",
      });
    }
    return ok({ kind: "token", token, name });
  }
  return ok(null);
}

const unusable = (why: string): Problem => ({
  code: "forge-credential-invalid",
  message: `Cannot use the GitHub App of GITHUB_APP_ID: ${why}`,
  value: "GITHUB_APP_ID",
  remedy: "Set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (PEM) or GITHUB_APP_PRIVATE_KEY_FILE.",
});

/** Who wrote something, and what they may do in the repository. */
import { z } from "zod";
import { ForgeError } from "../failure.ts";
import type { ForgeAuthor, ForgePermission } from "../port.ts";
import type { GitHubClient } from "./client.ts";
import type { GitHubPlace } from "./place.ts";

const Permission = z.object({ permission: z.string(), role_name: z.string().optional() });
const WORDS: readonly ForgePermission[] = ["admin", "maintain", "write", "triage", "read", "none"];

export interface Authors {
  author(
    user: { login: string; type?: string | undefined } | null,
    association: string | undefined,
  ): Promise<ForgeAuthor>;
  /** The account of the credential; null when GitHub does not tell. */
  own(): Promise<string | null>;
}

/** Each person is asked about once. */
export function authorsOf(client: GitHubClient, place: GitHubPlace): Authors {
  const known = new Map<string, Promise<ForgePermission | null>>();
  let own: Promise<string | null> | undefined;
  const permissionOf = async (login: string): Promise<ForgePermission | null> => {
    try {
      const found = await client.maybe(
        Permission,
        "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
        {
          ...place,
          username: login,
        },
      );
      // A role of an organization's own making says what it rests on in `permission`.
      return found === null
        ? null
        : WORDS.find((one) => one === found.role_name) ?? WORDS.find((one) => one === found.permission) ??
          null;
    } catch (error) {
      // Who may not ask is told nothing, and concludes nothing.
      if (error instanceof ForgeError && error.status === 403) return null;
      throw error;
    }
  };
  return {
    async author(user, association) {
      if (user === null) return { name: "ghost", bot: false, permission: null, association: "" };
      const bot = user.type === "Bot" || user.login.endsWith("[bot]");
      if (!bot && !known.has(user.login)) known.set(user.login, permissionOf(user.login));
      return {
        name: user.login,
        bot,
        permission: await known.get(user.login) ?? null,
        association: association ?? "",
      };
    },
    own: () => own ??= ownLogin(client),
  };
}

async function ownLogin(client: GitHubClient): Promise<string | null> {
  try {
    if (client.isApp) return `${(await client.call(z.object({ slug: z.string() }), "GET /app")).slug}[bot]`;
    return (await client.call(z.object({ login: z.string() }), "GET /user")).login;
  } catch (error) {
    if (!(error instanceof ForgeError) || (error.status !== 403 && error.status !== 404)) throw error;
    // The token of a workflow's run is an installation's, and may not ask who it is.
    const { credential } = client.settings;
    return credential?.kind === "token" && credential.token.startsWith("ghs_") ? "github-actions[bot]" : null;
  }
}

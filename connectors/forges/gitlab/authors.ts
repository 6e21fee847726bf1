/** Who wrote something, and what they may do in the project. */
import { ForgeError } from "../failure.ts";
import type { ForgeAuthor, ForgePermission } from "../port.ts";
import { MemberAnswer, type Person, UserAnswer } from "./answers.ts";
import type { GitLabClient } from "./client.ts";
import { type GitLabPlace, projectPath } from "./place.ts";

export interface Authors {
  author(person: Person | null | undefined): Promise<ForgeAuthor>;
  /** The account of the credential; null when GitLab does not tell. */
  own(): Promise<{ id: number; username: string; isAdmin: boolean } | null>;
}

/** Role -> what it may do, and how GitLab calls it; the highest that is reached counts. */
const ROLES: readonly (readonly [number, ForgePermission, string])[] = [
  [60, "admin", "ADMIN"],
  [50, "admin", "OWNER"],
  [40, "maintain", "MAINTAINER"],
  [30, "write", "DEVELOPER"],
  [20, "triage", "REPORTER"],
  [15, "read", "PLANNER"],
  [10, "read", "GUEST"],
];

/** Service users of GitLab's own making, whose accounts may not be shown. */
const BOT = /^(?:project|group)_\d+_bot(?:_|\d|$)|^service_account_|(?:^|[-_.])bot\d*$/i;

/** Each person is asked about once. */
export function authorsOf(client: GitLabClient, place: GitLabPlace): Authors {
  const known = new Map<number, Promise<ForgeAuthor>>();
  let own: ReturnType<Authors["own"]> | undefined;
  async function ask(person: Person): Promise<ForgeAuthor> {
    const user = await tolerant(() => client.maybe(UserAnswer, `/users/${person.id}`));
    const bot = user?.bot ?? BOT.test(person.username);
    const level = await accessLevel(client, place, person.id);
    const role = ROLES.find(([least]) => (level ?? 0) >= least);
    return {
      name: person.username,
      bot,
      permission: level === undefined ? null : role?.[1] ?? "none",
      association: role?.[2] ?? "",
    };
  }
  return {
    author(person) {
      if (person === null || person === undefined) {
        return Promise.resolve({ name: "ghost", bot: false, permission: null, association: "" });
      }
      const found = known.get(person.id) ?? ask(person);
      known.set(person.id, found);
      return found;
    },
    own: () => own ??= ownAccount(client),
  };
}

/** By membership in the project or a group above it, invited groups too; null: no member, undefined: it is not told. */
export async function accessLevel(
  client: GitLabClient,
  place: GitLabPlace,
  user: number,
): Promise<number | null | undefined> {
  const member = await tolerant(() =>
    client.maybe(MemberAnswer, `${projectPath(place)}/members/all/${user}`)
  );
  return member === undefined ? undefined : member?.access_level ?? null;
}

async function ownAccount(client: GitLabClient): ReturnType<Authors["own"]> {
  const user = await tolerant(() => client.maybe(UserAnswer, "/user"));
  // The token of a job may not ask who it is.
  return user === undefined || user === null
    ? null
    : { id: user.id, username: user.username, isAdmin: user.is_admin === true };
}

/** Who may not ask is told nothing, and concludes nothing. */
export async function tolerant<T>(
  ask: () => Promise<T>,
  statuses: readonly number[] = [403],
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ForgeError && statuses.includes(error.status ?? 0)) return undefined;
    throw error;
  }
}

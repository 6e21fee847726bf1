import type { Forge, Repository } from "../../connectors/mod.ts";
import { err, ok, type Problem, type Result } from "../../specs/mod.ts";
import type { FactoryPorts } from "./ports.ts";

export const FORGES = ["local", "github", "gitlab"] as const;
export type ForgeName = typeof FORGES[number];

/** The forge of that name; null where it is not wired. Absent, as in runs of before: the local one. */
export function forgeNamed(
  ports: Pick<FactoryPorts, "forge" | "forges">,
  name: string | undefined,
): Forge | null {
  if (name === undefined || name === "local") return ports.forge;
  return name === "github" || name === "gitlab" ? ports.forges?.[name] ?? null : null;
}

export interface ChosenForge {
  readonly name: ForgeName;
  readonly forge: Forge;
  /** The repository's page on a forge with a server. */
  readonly remote?: string;
}

/**
 * Where the pull request will be opened: where the request says; of a directory the local forge; of a URL the forge whose host it is.
 * A run that opens none needs no forge.
 */
export async function chooseForge(
  ports: Pick<FactoryPorts, "forge" | "forges">,
  given: { readonly repo: string; readonly forge?: string },
  opens: boolean,
): Promise<Result<ChosenForge, Problem>> {
  const local: ChosenForge = { name: "local", forge: ports.forge };
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(given.repo);
  if (given.forge === undefined) {
    if (!isUrl || !opens) return ok(local);
    for (const name of ["github", "gitlab"] as const) {
      const forge = ports.forges?.[name];
      const page = await forge?.locate?.(given.repo);
      if (forge !== undefined && page?.ok) return ok({ name, forge, remote: page.value });
    }
    return err({
      code: "forge-needed",
      value: shown(given.repo),
      message: `Cannot tell where the pull request for ${
        shown(given.repo)
      } is to be opened: no forge that is known here has that host`,
      remedy:
        "Set GITHUB_API_URL for a GitHub Enterprise or GITLAB_URL for a GitLab of your own, or clone it and name the directory.",
    });
  }
  if (given.forge === "local") {
    return isUrl && opens
      ? err({
        code: "forge-needed",
        value: shown(given.repo),
        message: "Cannot open a pull request by the local forge: the repository is a URL, not a directory",
        remedy: "Leave --forge out, or clone the repository and name the directory.",
      })
      : ok(local);
  }
  const name = FORGES.find((one) => one === given.forge);
  const forge = forgeNamed(ports, name ?? "");
  if (name === undefined || forge === null) {
    return err({
      code: name === undefined ? "usage" : "not-in-this-version",
      value: given.forge,
      message: name === undefined
        ? `There is no forge '${given.forge}'`
        : `Cannot open a pull request on '${given.forge}': that forge is not wired here`,
      remedy: `One of: local${Object.keys(ports.forges ?? {}).map((one) => `, ${one}`).join("")}`,
    });
  }
  const page = await forge.locate?.(given.repo);
  if (page !== undefined && !page.ok) return page;
  return ok({ name, forge, ...(page === undefined ? {} : { remote: page.value }) });
}

/** Why the forge opens no pull request there; asked before the repository is read, and again with its base. */
export async function forgeRefuses(
  chosen: ChosenForge,
  repository: Pick<Repository, "location" | "gitDir"> & Partial<Repository>,
): Promise<Problem | null> {
  return await chosen.forge.refuses?.({
    ...repository,
    ...(chosen.remote === undefined ? {} : { remote: chosen.remote }),
  }) ?? null;
}

/** Whatever stands before the host of a URL may be a credential. */
const shown = (text: string): string => text.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200);

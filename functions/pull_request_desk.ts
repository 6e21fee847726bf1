/** Pull requests that this installation opened, wherever that was. */
import type { Forge, PullRequest, PullRequestState } from "../connectors/mod.ts";
import type { FactoryPorts } from "../pipelines/factory/mod.ts";

export interface PullRequestDesk {
  /** Newest first; of one repository by its directory, its URL or its page. */
  list(location?: string): Promise<PullRequest[]>;
  /** By number: of the local forge first, then of one with a server when only one has it. */
  show(number: number, location?: string): Promise<PullRequest | null>;
  /** How it stands on its forge now; null for one of a forge without a server. */
  state(pull: PullRequest): Promise<PullRequestState | null>;
  /** The forge that a repository's URL is of, with the repository's page there; null when it is of none that is known here. */
  forgeOf(location: string): Promise<{ forge: Forge; page: string } | null>;
}

export function pullRequestDesk(ports: Pick<FactoryPorts, "forge" | "forges">): PullRequestDesk {
  const remotes = Object.values(ports.forges ?? {}).filter((forge): forge is Forge => forge !== undefined);
  const pageOf = async (forge: Forge, location: string): Promise<string | null> => {
    const page = await forge.locate?.(location);
    return page?.ok ? page.value : null;
  };
  async function onRemotes(location?: string): Promise<PullRequest[]> {
    const all: PullRequest[] = [];
    for (const forge of remotes) {
      const page = location === undefined ? undefined : await pageOf(forge, location);
      if (page !== null) all.push(...await forge.list(page));
    }
    return all;
  }
  return {
    async list(location) {
      const all = [...await ports.forge.list(location), ...await onRemotes(location)];
      return all.sort((a, b) => a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0);
    },
    async show(number, location) {
      const local = await ports.forge.show(number, location);
      if (local !== null) return local;
      const [found, ...others] = (await onRemotes(location)).filter((one) => one.number === number);
      if (found === undefined || others.length > 0) return null;
      for (const forge of remotes) {
        const whole = await forge.show(number, found.repository);
        if (whole?.url === found.url) return whole;
      }
      return found;
    },
    async forgeOf(location) {
      for (const forge of remotes) {
        const page = await pageOf(forge, location);
        if (page !== null) return { forge, page };
      }
      return null;
    },
    async state(pull) {
      const { repository, number } = pull;
      for (const forge of remotes) {
        if (repository === undefined || !await pageOf(forge, repository)) continue;
        return await forge.state?.({ repository, number }) ?? null;
      }
      return null;
    },
  };
}

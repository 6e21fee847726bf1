import type { Forge, PullRequest, PullRequestRequest } from "./port.ts";
import type { RemoteRecords } from "./remote_records.ts";

/** Looks for what a request has opened, and opens it, on the forge itself. */
export interface Delivers {
  find(): Promise<PullRequest | null>;
  open(): Promise<PullRequest>;
}

/** What forges with a server do alike: what was opened is kept, found again by its key, and listed without asking the forge. */
export function recordedPulls(
  records: RemoteRecords,
  delivers: (request: PullRequestRequest) => Promise<Delivers>,
): Pick<Forge, "find" | "open" | "list" | "show"> {
  const kept = async ({ key, body }: PullRequestRequest): Promise<PullRequest | null> => {
    const found = await records.get(key);
    return found === null ? null : { ...found, body };
  };
  return {
    async find(request) {
      const known = await kept(request);
      if (known !== null) return known;
      const found = await (await delivers(request)).find();
      if (found !== null) await records.put(request.key, found);
      return found;
    },
    async open(request) {
      const known = await kept(request);
      if (known !== null) return known;
      const { find, open } = await delivers(request);
      const pull = await find() ?? await open();
      await records.put(request.key, pull);
      return pull;
    },
    list: (location) => records.list(location),
    async show(number, location) {
      const repository = location ?? (await records.list()).find((one) => one.number === number)?.repository;
      return repository === undefined ? null : await records.show({ repository, number });
    },
  };
}

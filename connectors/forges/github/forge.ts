/** Pull requests on GitHub, or on a GitHub Enterprise: everything by API, nothing by push. What speaks HTTP is loaded at first use. */
import type { Clock } from "../../../kernel/mod.ts";
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import type { HttpPool } from "../../net/pool.ts";
import type { FetchAccess } from "../../workspace/fetch.ts";
import { repositoryPlaces } from "../../workspace/origin.ts";
import { ForgeError } from "../failure.ts";
import type { Forge, ForgeRepository, PullRequestAt } from "../port.ts";
import { recordedPulls } from "../recorded_pulls.ts";
import type { RemoteRecords } from "../remote_records.ts";
import { answerCache } from "./answer_cache.ts";
import type { GitHubClient } from "./client.ts";
import { type GitHubPlace, githubPlace, pageOf } from "./place.ts";
import type { GitHubSettings } from "./settings.ts";

export interface GitHubForgeOptions {
  /** Read at each use: what is wrong with the environment is a problem of those who need it. */
  readonly settings: () => Result<GitHubSettings, Problem>;
  readonly records: RemoteRecords;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Longest wait for GitHub's limits within one request, 30 s unless told; beyond it the failure says until when. */
  readonly waitMs?: number;
  /** Certificates (PEM) that are trusted beside the machine's. */
  readonly ca?: readonly string[];
}

export interface GitHubForge extends Required<Forge> {
  /** How git fetches a repository of this GitHub; null for a URL of another host. */
  access(location: string): Promise<FetchAccess | null>;
}

/** Most requests of one call of the port: a change of 3000 files still fits, an endless list does not. */
const REQUESTS = 4000;
const WAIT_MS = 30_000;

/**
 * The forge of one GitHub.
 *
 * ```ts
 * const forge = githubForge({ settings: () => githubSettings(Deno.env.get, Deno.readTextFileSync), records, clock, userAgent });
 * const page = await forge.locate("https://github.com/acme/tools.git");
 * ```
 */
export function githubForge(options: GitHubForgeOptions): GitHubForge {
  const { records } = options;
  const cache = answerCache();
  let pool: Promise<HttpPool> | undefined;

  const settingsNow = (): GitHubSettings => {
    const settings = options.settings();
    if (settings.ok) return settings.value;
    throw new ForgeError(settings.error, {
      failure: { class: "external", source: "user-environment", retryable: false },
    });
  };
  async function clientFor(place: GitHubPlace): Promise<GitHubClient> {
    const settings = settingsNow();
    const { githubClient } = await import("./client.ts");
    pool ??= import("../../net/pool.ts").then(({ httpPool }) =>
      httpPool({ clock: options.clock, ...(options.ca === undefined ? {} : { ca: options.ca }) })
    );
    return githubClient({
      pool: await pool,
      settings,
      userAgent: options.userAgent,
      place,
      requests: REQUESTS,
      waitMs: options.waitMs ?? WAIT_MS,
      cache,
    });
  }
  const placeOf = (repository: string): GitHubPlace => {
    const place = githubPlace(repository, settingsNow().addresses);
    if (place !== null) return place;
    throw new ForgeError(notHere(repository, settingsNow()));
  };
  const remoteOf = async (repository: Pick<ForgeRepository, "location" | "remote">): Promise<GitHubPlace> => {
    if (repository.remote !== undefined) return placeOf(repository.remote);
    const page = await locate(repository.location);
    if (!page.ok) throw new ForgeError(page.error);
    return placeOf(page.value);
  };
  const at = async (pull: PullRequestAt): Promise<[GitHubClient, GitHubPlace]> => {
    const place = placeOf(pull.repository);
    return [await clientFor(place), place];
  };
  async function locate(location: string): Promise<Result<string, Problem>> {
    const settings = options.settings();
    if (!settings.ok) return settings;
    const { addresses } = settings.value;
    for (const one of await repositoryPlaces(location)) {
      const place = githubPlace(one, addresses);
      if (place !== null) return ok(pageOf(place, addresses));
    }
    return err(notHere(location, settings.value));
  }

  return {
    kind: "github",
    locate,
    async access(location) {
      const settings = options.settings();
      const place = settings.ok ? githubPlace(location, settings.value.addresses) : null;
      if (!settings.ok || place === null) return null;
      const { addresses, credential, named } = settings.value;
      const token = credential === null ? null : await (await clientFor(place)).token();
      const { origin, port, protocol } = new URL(addresses.web);
      return {
        ...(token === null ? {} : { authorization: `Basic ${btoa(`x-access-token:${token}`)}` }),
        // Who runs this installation named the host.
        ...(named ? { allowPrivate: true } : {}),
        ...(port === "" ? {} : { ports: [22, 443, 8443, Number(port)] }),
        ...(protocol === "http:" ? { plain: [origin] } : {}),
      };
    },
    ...recordedPulls(records, async (request) => {
      const place = await remoteOf(request.repository);
      const one = await clientFor(place);
      const { findPull, openPull } = await import("./delivery.ts");
      return { find: () => findPull(one, place, request), open: () => openPull(one, place, request) };
    }),
    async refuses(repository) {
      const settings = options.settings();
      if (!settings.ok) return settings.error;
      const page = repository.remote === undefined
        ? await locate(repository.location)
        : ok<string>(repository.remote);
      if (!page.ok) return page.error;
      if (settings.value.credential === null) return missing(page.value);
      const place = placeOf(page.value);
      const { refusal } = await import("./acceptance.ts");
      return await refusal(await clientFor(place), place, repository);
    },
    async branchHead(repository, branch) {
      const place = placeOf(repository);
      const { branchAt } = await import("./objects.ts");
      return await branchAt(await clientFor(place), place, branch.replace(/^refs\/heads\//, ""));
    },
    async update(update) {
      const { updatePull } = await import("./delivery.ts");
      return await updatePull(...await at(update.pull), update);
    },
    async state(pull) {
      const { pullState } = await import("./state.ts");
      return await pullState(...await at(pull), pull.number);
    },
    async comments(pull, since) {
      const { pullComments } = await import("./comments.ts");
      return await pullComments(...await at(pull), pull.number, since ?? null);
    },
    async comment(pull, written) {
      const { keepComment } = await import("./comments.ts");
      return await keepComment(...await at(pull), pull.number, written);
    },
    async reply(pull, answer) {
      const { replyTo } = await import("./comments.ts");
      return await replyTo(...await at(pull), pull.number, answer);
    },
    async publishChecks(report) {
      const place = placeOf(report.repository);
      const { publish } = await import("./checks.ts");
      return await publish(await clientFor(place), place, report);
    },
    async logs(repository, check, maxBytes) {
      const place = placeOf(repository);
      const { checkLog } = await import("./checks.ts");
      return await checkLog(await clientFor(place), place, check, maxBytes);
    },
    async ready(pull) {
      const { makeReady } = await import("./lifecycle.ts");
      return await makeReady(...await at(pull), pull.number);
    },
    async merge(pull, request) {
      const { mergePull } = await import("./lifecycle.ts");
      return await mergePull(...await at(pull), pull.number, request);
    },
    async labels(pull, change) {
      const { relabel } = await import("./lifecycle.ts");
      await relabel(...await at(pull), pull.number, change);
    },
    async requestReviews(pull, reviewers) {
      const { askReviewers } = await import("./lifecycle.ts");
      return await askReviewers(...await at(pull), pull.number, reviewers);
    },
    async source(repository) {
      const place = placeOf(repository);
      const { githubSource } = await import("./source.ts");
      return githubSource(await clientFor(place), place);
    },
    ci: {
      async find(order) {
        const place = placeOf(order.repository);
        const { findOrder } = await import("./ci.ts");
        return await findOrder(await clientFor(place), place, order);
      },
      async send(order) {
        const place = placeOf(order.repository);
        const { sendOrder } = await import("./ci.ts");
        return await sendOrder(await clientFor(place), place, order);
      },
      async look(at) {
        const place = placeOf(at.repository);
        const { lookAt } = await import("./ci.ts");
        return await lookAt(await clientFor(place), place, at);
      },
      async log(repository, job, maxBytes) {
        const place = placeOf(repository);
        const { actionsLog } = await import("./checks.ts");
        return await actionsLog(await clientFor(place), place, job, maxBytes);
      },
      async drop(repository, branch) {
        const place = placeOf(repository);
        const { dropBranch } = await import("./ci.ts");
        return await dropBranch(await clientFor(place), place, branch);
      },
    },
    async retarget(pull, base) {
      const { retargetPull } = await import("./lifecycle.ts");
      await retargetPull(...await at(pull), pull.number, base);
    },
    async end() {
      (await pool)?.close();
      pool = undefined;
    },
    async close(pull, why) {
      const { closePull } = await import("./lifecycle.ts");
      await closePull(...await at(pull), pull.number, why);
    },
  };
}

const missing = (page: string): Problem => ({
  code: "forge-credential-missing",
  message: `Cannot open pull requests in ${page}: there is no credential for GitHub`,
  value: "GITHUB_TOKEN",
  remedy: "Set GITHUB_TOKEN (or GH_TOKEN), or GITHUB_APP_ID with GITHUB_APP_PRIVATE_KEY.",
});

const notHere = (location: string, settings: GitHubSettings): Problem => {
  const shown = location.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200);
  return {
    code: "forge-elsewhere",
    message:
      `Cannot open pull requests on ${settings.addresses.host}: ${shown} is no repository there, by its URL or its remote origin`,
    value: shown,
    remedy: "Name a repository of that host (GITHUB_API_URL for a GitHub Enterprise), or use --forge local.",
  };
};

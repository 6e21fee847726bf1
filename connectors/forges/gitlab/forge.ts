/** Merge requests on GitLab, gitlab.com or one's own: everything by API, nothing by push. What speaks HTTP is loaded at first use. */
import type { Clock } from "../../../kernel/mod.ts";
import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import type { HttpPool } from "../../net/pool.ts";
import type { FetchAccess } from "../../workspace/fetch.ts";
import { repositoryPlaces } from "../../workspace/origin.ts";
import { ForgeError } from "../failure.ts";
import type { Forge, ForgeRepository, PullRequestAt } from "../port.ts";
import { recordedPulls } from "../recorded_pulls.ts";
import type { RemoteRecords } from "../remote_records.ts";
import type { GitLabClient } from "./client.ts";
import { type GitLabPlace, gitlabPlace, pageOf } from "./place.ts";
import { gitAuthorization, type GitLabSettings } from "./settings.ts";

export interface GitLabForgeOptions {
  /** Read at each use: what is wrong with the environment is a problem of those who need it. */
  readonly settings: () => Result<GitLabSettings, Problem>;
  readonly records: RemoteRecords;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Longest wait for GitLab's limits within one request, 30 s unless told; beyond it the failure says until when. */
  readonly waitMs?: number;
  /** Certificates (PEM) that are trusted beside the machine's. */
  readonly ca?: readonly string[];
}

export interface GitLabForge extends Required<Forge> {
  /** How git fetches a project of this GitLab; null for a URL of another host. */
  access(location: string): Promise<FetchAccess | null>;
}

/** Most requests of one call of the port: a change of many directories still fits, an endless list does not. */
const REQUESTS = 4000;
const WAIT_MS = 30_000;

/**
 * The forge of one GitLab.
 *
 * ```ts
 * const forge = gitlabForge({ settings: () => gitlabSettings(Deno.env.get), records, clock, userAgent });
 * const page = await forge.locate("https://gitlab.com/group/subgroup/project.git");
 * ```
 */
export function gitlabForge(options: GitLabForgeOptions): GitLabForge {
  const { records } = options;
  let pool: Promise<HttpPool> | undefined;

  const settingsNow = (): GitLabSettings => {
    const settings = options.settings();
    if (settings.ok) return settings.value;
    throw new ForgeError(settings.error, {
      failure: { class: "external", source: "user-environment", retryable: false },
    });
  };
  async function client(): Promise<GitLabClient> {
    const settings = settingsNow();
    const { gitlabClient } = await import("./client.ts");
    pool ??= import("../../net/pool.ts").then(({ httpPool }) =>
      httpPool({ clock: options.clock, ...(options.ca === undefined ? {} : { ca: options.ca }) })
    );
    return gitlabClient({
      pool: await pool,
      settings,
      userAgent: options.userAgent,
      requests: REQUESTS,
      waitMs: options.waitMs ?? WAIT_MS,
    });
  }
  const placeOf = (repository: string): GitLabPlace => {
    const place = gitlabPlace(repository, settingsNow().addresses);
    if (place !== null) return place;
    throw new ForgeError(notHere(repository, settingsNow()));
  };
  const remoteOf = async (repository: Pick<ForgeRepository, "location" | "remote">): Promise<GitLabPlace> => {
    if (repository.remote !== undefined) return placeOf(repository.remote);
    const page = await locate(repository.location);
    if (!page.ok) throw new ForgeError(page.error);
    return placeOf(page.value);
  };
  const at = async (pull: PullRequestAt): Promise<[GitLabClient, GitLabPlace, number]> => {
    const place = placeOf(pull.repository);
    return [await client(), place, pull.number];
  };
  async function locate(location: string): Promise<Result<string, Problem>> {
    const settings = options.settings();
    if (!settings.ok) return settings;
    const { addresses } = settings.value;
    for (const one of await repositoryPlaces(location)) {
      const place = gitlabPlace(one, addresses);
      if (place !== null) return ok(pageOf(place, addresses));
    }
    return err(notHere(location, settings.value));
  }

  return {
    kind: "gitlab",
    locate,
    access(location) {
      const settings = options.settings();
      const place = settings.ok ? gitlabPlace(location, settings.value.addresses) : null;
      if (!settings.ok || place === null) return Promise.resolve(null);
      const { addresses, credential, named } = settings.value;
      const { origin, port, protocol } = new URL(addresses.web);
      return Promise.resolve({
        ...(credential === null ? {} : { authorization: gitAuthorization(credential) }),
        // Who runs this installation named the host.
        ...(named ? { allowPrivate: true } : {}),
        ...(port === "" ? {} : { ports: [22, 443, 8443, Number(port)] }),
        ...(protocol === "http:" ? { plain: [origin] } : {}),
      });
    },
    ...recordedPulls(records, async (request) => {
      const place = await remoteOf(request.repository);
      const one = await client();
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
      return await refusal(await client(), place, repository);
    },
    async branchHead(repository, branch) {
      const place = placeOf(repository);
      const { branchAt } = await import("./trees.ts");
      return await branchAt(await client(), place, branch.replace(/^refs\/heads\//, ""));
    },
    async update(update) {
      const place = placeOf(update.pull.repository);
      const { updatePull } = await import("./delivery.ts");
      return await updatePull(await client(), place, update);
    },
    async state(pull) {
      const { pullState } = await import("./state.ts");
      return await pullState(...await at(pull));
    },
    async comments(pull, since) {
      const { pullComments } = await import("./comments.ts");
      return await pullComments(...await at(pull), since ?? null);
    },
    async comment(pull, written) {
      const { keepNote } = await import("./comments.ts");
      const { url } = await keepNote(...await at(pull), written);
      return { id: `comment:${url.split("#note_").at(-1)}`, url };
    },
    async reply(pull, answer) {
      const { replyTo } = await import("./comments.ts");
      return await replyTo(...await at(pull), answer);
    },
    async publishChecks(report) {
      const place = placeOf(report.repository);
      const { publish } = await import("./checks.ts");
      return await publish(await client(), place, report);
    },
    async logs(repository, check, maxBytes) {
      const place = placeOf(repository);
      const { checkLog } = await import("./checks.ts");
      return await checkLog(await client(), place, check, maxBytes);
    },
    async ready(pull) {
      const { makeReady } = await import("./lifecycle.ts");
      return await makeReady(...await at(pull));
    },
    async merge(pull, request) {
      const { mergePull } = await import("./lifecycle.ts");
      return await mergePull(...await at(pull), request);
    },
    async labels(pull, change) {
      const { relabel } = await import("./lifecycle.ts");
      await relabel(...await at(pull), change);
    },
    async requestReviews(pull, reviewers) {
      const { askReviewers } = await import("./lifecycle.ts");
      return await askReviewers(...await at(pull), reviewers);
    },
    async source(repository) {
      const place = placeOf(repository);
      const { gitlabSource } = await import("./source.ts");
      return gitlabSource(await client(), place);
    },
    ci: {
      async find(order) {
        const { findOrder } = await import("./ci.ts");
        return await findOrder(await client(), placeOf(order.repository), order);
      },
      async send(order) {
        const { sendOrder } = await import("./ci.ts");
        return await sendOrder(await client(), placeOf(order.repository), order);
      },
      async look(at) {
        const { lookAt } = await import("./ci.ts");
        return await lookAt(await client(), placeOf(at.repository), at);
      },
      async log(repository, job, maxBytes) {
        const { jobLog } = await import("./ci.ts");
        return await jobLog(await client(), placeOf(repository), job, maxBytes);
      },
      async drop(repository, branch) {
        const { dropBranch } = await import("./ci.ts");
        return await dropBranch(await client(), placeOf(repository), branch);
      },
    },
    async retarget(pull, base) {
      const { retargetPull } = await import("./lifecycle.ts");
      await retargetPull(...await at(pull), base);
    },
    async end() {
      (await pool)?.close();
      pool = undefined;
    },
    async close(pull, why) {
      const { closePull } = await import("./lifecycle.ts");
      await closePull(...await at(pull), why);
    },
  };
}

const missing = (page: string): Problem => ({
  code: "forge-credential-missing",
  message: `Cannot open merge requests in ${page}: there is no credential for GitLab`,
  value: "GITLAB_TOKEN",
  remedy: "Set GITLAB_TOKEN to an access token with the scope api and the role Developer in the project.",
});

const notHere = (location: string, settings: GitLabSettings): Problem => {
  const shown = location.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200);
  return {
    code: "forge-elsewhere",
    message:
      `Cannot open merge requests on ${settings.addresses.host}: ${shown} is no project there, by its URL or its remote origin`,
    value: shown,
    remedy: "Name a project of that host (GITLAB_URL for a GitLab of one's own), or use --forge local.",
  };
};

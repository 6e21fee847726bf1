import { ForgeError, type PullRequestState } from "../../connectors/mod.ts";
import type { PullReview } from "../../specs/mod.ts";
import { ReviewTier } from "../../specs/code/mod.ts";
import { publishReview } from "../pull_review/publish.ts";
import { pullReview } from "../pull_review/review.ts";
import type { Scanned } from "../scan.ts";
import type { Service } from "../service.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { oneLine, paint } from "./paint.ts";
import { exitOf, ofChange, outputOf, rendered, targetOf, write } from "./scan.ts";
import { scanText } from "./scan_text.ts";
import { withService } from "./session.ts";

const PULL =
  /^(https?:\/\/\S+?)(?:\/(pull)|\/-\/(merge_requests))\/([1-9]\d{0,8})(?:\/(?:files|commits|diffs))?\/?$/;

interface Reviewed {
  readonly scanned: Scanned;
  readonly review: PullReview;
}

/** `forge pr review URL|RANGE` */
export const reviewPull: Handler = async (invocation) => {
  const { options, operands: [operand = ""] } = invocation;
  const tier = ReviewTier.safeParse(options.tier ?? "observe");
  if (!tier.success) {
    throw usage(`--tier ${String(options.tier)} is not known`, `One of: ${ReviewTier.options.join(", ")}`);
  }
  const publishes = options.publish === true;
  if (publishes && tier.data === "observe") {
    throw usage(
      "--publish and the tier observe contradict each other",
      "Give --tier advise, converse or govern",
    );
  }
  const output = outputOf(invocation);
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(operand);
  if (!isUrl && publishes) {
    throw usage("--publish needs a pull request to publish to", "Give its URL in place of a range");
  }
  if (!isUrl && options.base !== undefined) {
    throw usage("--base is the branch of a URL", "Name both ends of a range: BASE...HEAD");
  }
  const { scanned, review } = isUrl
    ? await ofUrl(invocation, operand, tier.data, publishes)
    : await ofRange(invocation, tier.data);
  const text = reviewText(review, invocation.io.outColor === true);
  const file = output.file === null ? null : await write(
    invocation,
    output.file,
    output.format === "json"
      ? `${JSON.stringify(review, null, 2)}\n`
      : await rendered(scanned, output.format),
  );
  const exit = exitOf(review.status, false);
  if (!invocation.json && file === null && output.format !== "text") {
    invocation.io.out(
      output.format === "json"
        ? `${JSON.stringify(review, null, 2)}\n`
        : await rendered(scanned, output.format),
    );
    return { exit, document: undefined, text: "" };
  }
  return { exit, document: review, text: file === null ? text : `${text}\nwritten to ${file}` };
};

async function ofRange(invocation: Invocation, tier: ReviewTier): Promise<Reviewed> {
  const target = await targetOf(invocation);
  if (target.kind === "repository") {
    throw usage(
      "A review is of a change",
      "Name a range (BASE...HEAD), a commit, or the URL of a pull request",
    );
  }
  const scanned = await ofChange(invocation, target);
  return { scanned, review: pullReview({ scan: scanned.document, tier, pull: null, notes: [], at: now() }) };
}

async function ofUrl(
  invocation: Invocation,
  url: string,
  tier: ReviewTier,
  publishes: boolean,
): Promise<Reviewed> {
  const named = PULL.exec(url);
  if (named === null) {
    throw usage("The URL is not that of a pull request", "For example https://github.com/acme/tools/pull/7", {
      value: url.replace(/\/\/[^/@]*@/, "//***@").slice(0, 200),
    });
  }
  const [, home = "", isGithub] = named;
  const number = Number(named[4]);
  return await withService(invocation, { workers: false, only: "code", sandbox: "none" }, async (service) => {
    const { external } = service;
    const fetchChange = external?.fetchChange;
    if (external === undefined || fetchChange === undefined) {
      throw new CommandError({ code: "not-here", message: "Cannot fetch anything on this host" }, 1);
    }
    const found = await external.forgeOf(home);
    const repository = found?.page ?? home;
    const asked = await standing(found, { repository, number }, publishes);
    const { state } = asked;
    const base = typeof invocation.options.base === "string" ? invocation.options.base : state?.base;
    if (state !== null && state.baseHead === null && base === state.base) {
      throw new CommandError({
        code: "base-not-found",
        message: `Cannot judge pull request ${number}: the branch ${state.base} that it goes into is gone`,
        value: state.base,
        remedy: "Say against which branch it is to be judged: --base main",
      }, 1);
    }
    const fetched = await fetchChange(`${repository}.git`, {
      head: isGithub === undefined ? `refs/merge-requests/${number}/head` : `refs/pull/${number}/head`,
      ...(base === undefined ? {} : { base }),
    });
    if (!fetched.ok) {
      // Of a pull request that is not there, and of one that may not be seen, forges say the same.
      throw new CommandError(
        fetched.error.code === "base-not-found" && fetched.error.message.includes(`/${number}/head`) &&
          state === null
          ? {
            code: "not-found",
            message:
              `Cannot judge pull request ${number}: ${repository} has none, or shows it to nobody without a right to it`,
            value: String(number),
            remedy: "Check the number; for one that is not public set GITHUB_TOKEN or GITLAB_TOKEN",
          }
          : fetched.error,
        1,
      );
    }
    const { gitDir, head, branch, dispose } = fetched.value;
    try {
      if (state !== null && state.head !== head) {
        throw new CommandError({
          code: "head-moved",
          message: `Cannot judge pull request ${number}: its head is ${state.head}, and ${head} was fetched`,
          remedy: "Somebody has pushed meanwhile: try again",
        }, 1);
      }
      const scanned = await ofChange(invocation, {
        kind: "change",
        location: gitDir,
        request: { kind: "range", base: fetched.value.base, head, symmetric: true },
      });
      const review = pullReview({
        // Where it was fetched to is nobody's business, and is gone when this is read.
        scan: { ...scanned.document, repository },
        tier,
        pull: state === null ? null : { repository, state },
        notes: [
          ...asked.notes,
          ...(base === undefined
            ? [`the branch that it goes into is not known: judged against ${branch}`]
            : []),
        ],
        at: now(),
      });
      if (publishes && found !== null) {
        review.published.push(
          ...await onForge(() => publishReview(found.forge, { repository, number }, review)),
        );
      }
      return { scanned: { ...scanned, document: review.scan }, review };
    } finally {
      await dispose();
    }
  });
}

type Found = Awaited<ReturnType<NonNullable<Service["external"]>["forgeOf"]>>;

/** How it stands on its forge. Who does not publish can do without; then the review says that nobody was asked. */
async function standing(
  found: Found,
  at: { repository: string; number: number },
  needed: boolean,
): Promise<{ state: PullRequestState | null; notes: string[] }> {
  if (found === null && needed) {
    throw new CommandError({
      code: "forge-needed",
      value: at.repository,
      message: "Cannot publish: no forge that is known here has that host",
      remedy:
        "Give its credential (GITHUB_TOKEN, GITLAB_TOKEN) and, for a server of your own, its URL (GITHUB_API_URL, GITLAB_URL)",
    }, 1);
  }
  if (found === null) {
    return { state: null, notes: ["the forge is not known here: checks and reviews were not asked for"] };
  }
  try {
    return { state: await found.forge.state?.(at) ?? null, notes: [] };
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    if (needed) throw new CommandError(error.problem, 1);
    return { state: null, notes: [`checks and reviews could not be asked for: ${error.problem.message}`] };
  }
}

async function onForge<T>(does: () => Promise<T>): Promise<T> {
  try {
    return await does();
  } catch (error) {
    if (error instanceof ForgeError) throw new CommandError(error.problem, 1);
    throw error;
  }
}

const now = (): string => new Date().toISOString();
const MOST_POINTS = 20;

function reviewText(review: PullReview, color: boolean): string {
  const score = (name: string, one: PullReview["readiness"]) => [
    `${name} ${one.score}/100`,
    ...one.points.slice(0, MOST_POINTS).map(({ points, reason }) =>
      `  ${points > 0 ? "+" : ""}${points}  ${oneLine(reason, 200)}`
    ),
  ];
  return [
    ...(review.pull === null ? [] : [
      `#${review.pull.number} ${
        oneLine(review.pull.title, 120)
      } (${review.pull.state}, ${review.pull.mergeable})`,
    ]),
    scanText(review.scan, paint(color)),
    "",
    ...score("readiness", review.readiness),
    ...score("risk", review.risk),
    ...review.notes.map((note) => `note: ${oneLine(note, 300)}`),
    ...review.published.map(({ what, url, id }) => `published: ${what} ${url ?? id}`),
    ...(review.published.length === 0 ? ["nothing was published"] : []),
  ].join("\n");
}

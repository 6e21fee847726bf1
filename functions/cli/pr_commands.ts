import type { Command } from "./command.ts";
import { scanCommand } from "./scan_command.ts";
import { trainCommands } from "./train_commands.ts";

const { spec, pack, format, out } = scanCommand.options;

/** `forge pr watch`, `forge pr review` and `forge pr train`. */
export const pullCommands: readonly Command[] = [
  {
    path: ["pr", "watch"],
    summary: "watch a pull request that was opened from here until it is merged, closed, or the time is over",
    operands: ["N|URL"],
    options: {
      repo: { type: "string", value: "DIR|URL", summary: "when numbers of several repositories collide" },
      once: { type: "boolean", summary: "look once, wait for the run that follows, and stop" },
      hours: { type: "string", value: "H", summary: "how long (default and at most 72)" },
      user: { type: "string", value: "NAME", summary: "the principal who asks (default: the only key)" },
      sandbox: {
        type: "string",
        value: "bwrap|none",
        summary: "how the repository's own tests are shut in (default bwrap)",
      },
    },
    examples: ["forge pr watch 7", "forge pr watch https://github.com/acme/tools/pull/7 --once --json"],
    more:
      `A watch is a run of its own, linked to the one that opened the pull request; one that is under way is joined, and goes on
after a restart. Webhooks at /hooks wake it (forge serve), and it looks by itself every half minute up to every half hour.

Only people who may write to the repository are obeyed: a change that they ask for, and a check of CI that fails, becomes a run
that begins with the change as it is, passes every gate, and ends as one more commit on the same branch (at most 3 for each, 10 in all, paid
from what is left of the budget). That needs an implementer that can follow words: model or cli. Questions are answered once, from the records. When
the base moves, the change is judged again on the new base (at most 10 times; the
branch takes the base in only where the forge wants that). A closed pull request, and a branch that somebody else pushed
to, is never pushed to. It is merged only where the autonomy is A4, with an approval of that very head by somebody else, checks
passed and the base as judged; what was merged is compared with what was judged.

Exit codes: 0 it ended (merged as judged, closed, time over), 1 what was merged is not what was judged, or the forge could not be asked,
3 with --once: it goes on.`,
    load: async () => (await import("./pr_watch.ts")).watch,
  },
  {
    path: ["pr", "review"],
    summary: "judge any pull request, or a range, read only: gates, readiness, risk, what was not judged",
    operands: ["URL|RANGE"],
    options: {
      repo: { type: "string", value: "DIR", summary: "the repository of a range (default: here)" },
      base: {
        type: "string",
        value: "BRANCH",
        summary: "of a URL: the branch it goes into (default: asked)",
      },
      tier: {
        type: "string",
        value: "observe|advise|converse|govern",
        summary:
          "observe: nothing leaves (default); advise: a neutral check; converse: and one comment; govern: a check that fails",
      },
      publish: {
        type: "boolean",
        summary: "write what the tier says on the forge; without it nothing leaves",
      },
      ...(spec === undefined ? {} : { spec }),
      ...(pack === undefined ? {} : { pack }),
      ...(format === undefined ? {} : { format }),
      ...(out === undefined ? {} : { out }),
    },
    examples: [
      "forge pr review origin/main...HEAD",
      "forge pr review https://github.com/acme/tools/pull/7 --tier govern --publish",
      "forge pr review main...feature --repo ~/project --format sarif --out review.sarif",
    ],
    more:
      `The rules of forge scan judge; no code of the change is run and no test. A range needs no forge and no network. Of a URL both
ends are fetched into a directory that is removed again; the forge is asked how it stands (checks, reviews, conflicts) when there is a credential.
Readiness begins at 100 and risk at 0: each point names its reason and the record that it is taken from.

Published is one check for each head and, with converse, one comment that is brought up to date in place. govern fails for whatever is not
clean, so that branch protection can ask for "edgeforge review".

Exit codes, as of forge scan: 0 clean, 1 denied, 2 usage, 3 a human has to decide.`,
    load: async () => (await import("./pr_review.ts")).reviewPull,
  },
  ...trainCommands,
];

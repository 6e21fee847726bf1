import type { Command } from "./command.ts";

const user: Command["options"] = {
  user: { type: "string", value: "NAME", summary: "the principal who asks (default: the only key)" },
};
const sandbox: Command["options"] = {
  sandbox: {
    type: "string",
    value: "bwrap|none",
    summary: "how tests are shut in that a moved base asks for (default bwrap)",
  },
};

/** `forge pr train ...`: pull requests of several repositories, merged one after the other. */
export const trainCommands: readonly Command[] = [
  {
    path: ["pr", "train", "create"],
    summary: "put pull requests of several repositories in the order in which they are merged",
    operands: ["[URL...]"],
    options: {
      file: {
        type: "string",
        value: "FILE",
        summary: "name and cars (YAML): pull requests, runs and specs, with what each stands on",
      },
      name: {
        type: "string",
        value: "NAME",
        summary: "what it is called (default: the file's, or its pull requests)",
      },
      ...user,
      ...sandbox,
    },
    examples: [
      "forge pr train create https://github.com/acme/lib/pull/7 https://github.com/acme/app/pull/9",
      "forge pr train create --file release.yaml --json",
    ],
    more:
      `Of a list of URLs each stands on the one before it. A file says it for each, and may hold specs, whose runs are begun at once:

    name: accounts
    cars:
      - { id: lib, pull: https://github.com/acme/lib/pull/7 }
      - { id: api, spec: api.md, repo: https://gitlab.com/acme/api, after: [lib] }
      - { id: app, run: run_0j3k..., after: [lib, api] }

Nothing is merged before forge pr train run; from now on no watch merges one of them in another order. A circle, a pull request that is
closed or in another train, and one of the local forge are refused. Exit codes: 0, 1 another train has it, 2 it cannot be a train.`,
    load: async () => (await import("./train.ts")).create,
  },
  {
    path: ["pr", "train", "list"],
    summary: "the trains of this installation, newest first",
    operands: [],
    options: {},
    examples: ["forge pr train list"],
    load: async () => (await import("./train.ts")).list,
  },
  {
    path: ["pr", "train", "show"],
    summary: "how a train stands: each pull request, what it waits for, what was merged",
    operands: ["TRAIN"],
    options: {},
    examples: ["forge pr train show run_0j3k... --json"],
    load: async () => (await import("./train.ts")).show,
  },
  {
    path: ["pr", "train", "add"],
    summary: "add a pull request, or a run that opens one",
    operands: ["TRAIN", "URL|RUN"],
    options: {
      id: { type: "string", value: "ID", summary: "its name in the train (default: from the URL)" },
      after: { type: "string", value: "ID,ID", summary: "what it stands on (default: nothing)" },
      ...user,
      ...sandbox,
    },
    examples: ["forge pr train add run_0j3k... https://github.com/acme/docs/pull/3 --after lib"],
    load: async () => (await import("./train.ts")).add,
  },
  {
    path: ["pr", "train", "drop"],
    summary: "take one out that is not merged; what stood on it stands on what it stood on",
    operands: ["TRAIN", "ID"],
    options: { ...user, ...sandbox },
    examples: ["forge pr train drop run_0j3k... docs-3"],
    load: async () => (await import("./train.ts")).drop,
  },
  {
    path: ["pr", "train", "run"],
    summary: "merge a train, as far as policy allows, and stay until it is merged or stands still",
    operands: ["TRAIN"],
    options: {
      once: { type: "boolean", summary: "start it, look once, and stop" },
      ...user,
      ...sandbox,
    },
    examples: ["forge pr train run run_0j3k..."],
    more:
      `Each pull request that was opened from here is watched (forge pr watch --help): fixed, judged again when its base moves, and
merged where the autonomy is A4, with an approval of its head, checks passed, and everything that it stands on merged. One of others is
waited for: a person merges it. What fails stops what stands on it and nothing else. The state is in the ledger: run again, it goes on, also
after it had stopped; forge serve drives trains, too.

Exit codes: 0 all merged as judged, in order, 1 it stands still (each says why), 3 with --once: it goes on.`,
    load: async () => (await import("./train.ts")).run,
  },
];

import type { Command } from "./command.ts";

const user: Command["options"] = {
  user: { type: "string", value: "NAME", summary: "the principal who asks" },
};

/** `forge etl schedule ...`: the times at which registered pipelines run by themselves. */
export const scheduleCommands: readonly Command[] = [
  {
    path: ["etl", "schedule", "list"],
    summary: "schedules of the registered pipelines: next times, last runs, freshness",
    operands: [],
    options: {},
    examples: ["forge etl schedule list --json"],
    more: "forge serve --pipelines DIR registers what lies there and starts what is due, each minute.",
    load: async () => (await import("./etl_schedule.ts")).list,
  },
  {
    path: ["etl", "schedule", "next"],
    summary: "the next times of a schedule, in UTC: of a registered pipeline, or of a definition in a file",
    operands: ["PIPELINE"],
    options: { count: { type: "string", value: "N", summary: "how many (default 5, at most 1000)" } },
    examples: [
      "forge etl schedule next orders --count 10",
      "forge etl schedule next ./pipelines/orders.yaml",
    ],
    more: "A path (with a dot or a slash) is read as a definition; no server and no registration is needed.",
    load: async () => (await import("./etl_schedule.ts")).next,
  },
  {
    path: ["etl", "schedule", "pause"],
    summary: "start no runs by schedule until it is resumed",
    operands: ["PIPELINE"],
    options: { why: { type: "string", value: "TEXT", summary: "shown in the list" }, ...user },
    examples: ["forge etl schedule pause orders --why stocktaking"],
    load: async () => (await import("./etl_schedule.ts")).pause,
  },
  {
    path: ["etl", "schedule", "resume"],
    summary: "go on with a paused schedule; times that passed are not made up for",
    operands: ["PIPELINE"],
    options: user,
    examples: ["forge etl schedule resume orders"],
    load: async () => (await import("./etl_schedule.ts")).resume,
  },
  {
    path: ["etl", "schedule", "trigger"],
    summary: "run a scheduled pipeline now, paused or not",
    operands: ["PIPELINE"],
    options: user,
    examples: ["forge etl schedule trigger orders --json"],
    load: async () => (await import("./etl_schedule.ts")).trigger,
  },
];

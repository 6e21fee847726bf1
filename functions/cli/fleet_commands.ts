import type { Command } from "./command.ts";

const reason: Command["options"] = {
  reason: { type: "string", value: "TEXT", summary: "why, for those who read the log (required)" },
  user: { type: "string", value: "NAME", summary: "the principal who asks (default: the only key)" },
};

/** `forge fleet ...`: all runs together, how they do against their objectives and what holds them back. */
export const fleetCommands: readonly Command[] = [
  {
    path: ["fleet", "stats"],
    summary: "indicators against objectives, error budgets, mode, autonomy, gates, failures",
    operands: [],
    options: {
      window: { type: "string", value: "1h|7d|30d", summary: "only this window (default: 30d; --json: all)" },
      tier: { type: "string", value: "TIER", summary: "only best-effort, standard or critical" },
    },
    examples: ["forge fleet stats", "forge fleet stats --window 7d --tier critical --json"],
    more:
      `Windows are whole clock hours up to the one under way. Run success counts completed and escalated runs against those
that failed by the factory, a provider or the platform; a denial is a gate's work, a cancel a person's, and a failure of
the user's own environment is the user's: they are shown and spend no budget. Below a minimum of runs nothing is said.`,
    load: async () => (await import("./fleet.ts")).stats,
  },
  {
    path: ["fleet", "mode"],
    summary: "nominal, degraded or safe-mode: why, since when, and the log",
    operands: [],
    options: { limit: { type: "string", value: "N", summary: "entries of the log (default 10)" } },
    examples: ["forge fleet mode --json | jq -r .mode"],
    load: async () => (await import("./fleet.ts")).mode,
  },
  {
    path: ["fleet", "safe-mode"],
    summary: "hold every run at its next phase boundary, or let them go on",
    operands: [],
    options: {
      enter: { type: "boolean", summary: "autonomy A0: new runs are taken in and wait, runs at work pause" },
      exit: { type: "boolean", summary: "leave it, with a justification; the runs that it held go on" },
      ...reason,
    },
    examples: [
      'forge fleet safe-mode --enter --reason "the registry was tampered with"',
      'forge fleet safe-mode --exit --reason "mended in 4711, checked by ada"',
    ],
    more: "Runs that go on are driven by an engine that runs (forge serve), or by: forge workflow resume RUN",
    load: async () => (await import("./fleet_acts.ts")).safeMode,
  },
  {
    path: ["fleet", "stop"],
    summary: "emergency stop: safe-mode at once",
    operands: [],
    options: reason,
    examples: ['forge fleet stop --reason "an agent does what nobody asked for"'],
    more: "Left by: forge fleet safe-mode --exit --reason TEXT",
    load: async () => (await import("./fleet_acts.ts")).stop,
  },
  {
    path: ["fleet", "freeze", "list"],
    summary: "freeze windows of the installation",
    operands: [],
    options: {},
    examples: ["forge fleet freeze list --json"],
    load: async () => (await import("./fleet_acts.ts")).freezes,
  },
  {
    path: ["fleet", "freeze", "lift"],
    summary: "take a freeze window of the installation away",
    operands: ["ID"],
    options: reason,
    examples: ['forge fleet freeze lift frz_01m8abc --reason "the audit is over"'],
    load: async () => (await import("./fleet_acts.ts")).lift,
  },
  {
    path: ["fleet", "freeze"],
    summary: "publish nothing for a time: what is due then waits, or is denied",
    operands: [],
    options: {
      from: { type: "string", value: "TIME", summary: "2026-12-20T18:00 by the clock of --tz, or with Z" },
      to: { type: "string", value: "TIME", summary: "the end, likewise" },
      cron: {
        type: "string",
        value: "EXPR",
        summary: "instead of --from: five fields, when it begins, each time",
      },
      until: { type: "string", value: "EXPR", summary: "with --cron: five fields, when it ends" },
      hours: { type: "string", value: "N", summary: "with --cron: how long it lasts" },
      tz: { type: "string", value: "ZONE", summary: "IANA time zone (default UTC)" },
      deny: { type: "boolean", summary: "deny what is due inside, instead of letting it wait for the end" },
      "except-tier": { type: "string", value: "TIER[,TIER]", summary: "tiers that go on" },
      "except-intent": { type: "string", value: "INTENT[,INTENT]", summary: "intents that go on" },
      ...reason,
    },
    examples: [
      'forge fleet freeze --from 2026-12-20T18:00 --to 2027-01-04T08:00 --tz Europe/Berlin --reason "year end"',
      'forge fleet freeze --cron "0 16 * * 5" --until "0 8 * * 1" --except-tier best-effort --reason weekends',
    ],
    more: "A repository declares its own in .forge/policy.yaml (freeze:), read at the base.",
    load: async () => (await import("./fleet_acts.ts")).freeze,
  },
  {
    path: ["fleet", "autonomy"],
    summary: "levels by repository, intent and tier; --ceiling sets the operator's own",
    operands: [],
    options: {
      ceiling: { type: "string", value: "LEVEL", summary: "A0 to A4: the most that any run is granted here" },
      ...reason,
    },
    examples: ["forge fleet autonomy", 'forge fleet autonomy --ceiling A2 --reason "first week"'],
    more:
      "A fresh installation works at A3. A4 is earned by a long clean record and lost by any E-, X- or O-gate hit.",
    load: async () => (await import("./fleet_acts.ts")).autonomy,
  },
  {
    path: ["fleet", "rebuild"],
    summary: "make the figures from the ledgers again and compare them with those that are kept",
    operands: [],
    options: { repair: { type: "boolean", summary: "put the new ones in the place of those that differ" } },
    examples: ["forge fleet rebuild --json", "forge fleet rebuild --repair"],
    more:
      "Runs that ended before this version counted them are added by --repair. Exit 1 when something differs.",
    load: async () => (await import("./fleet.ts")).rebuild,
  },
];

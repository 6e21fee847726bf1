import { approvalCommands } from "./approval_commands.ts";
import { artifactCommands } from "./artifact_commands.ts";
import { chainCommands, workflowChain } from "./chain_commands.ts";
import type { Command } from "./command.ts";
import { etlCommands } from "./etl_commands.ts";
import { fleetCommands } from "./fleet_commands.ts";
import { evidenceCommands } from "./evidence_commands.ts";
import { modelCommands } from "./model_commands.ts";
import { pullCommands } from "./pr_commands.ts";
import { policyPackCommands } from "./policy_commands.ts";
import { waiverCommands } from "./policy_waive_commands.ts";
import { policyProofCommands } from "./policy_proof_commands.ts";
import { scanCommand } from "./scan_command.ts";
import { scheduleCommands } from "./etl_schedule_commands.ts";
import { logCommands } from "./log_commands.ts";
import { signingCommands } from "./signing_commands.ts";

/** What GitHub is reached by. */
const GITHUB_ENVIRONMENT =
  `GitHub: GITHUB_TOKEN (or GH_TOKEN) with contents and pull requests, read and write; or an App by GITHUB_APP_ID and
GITHUB_APP_PRIVATE_KEY (or GITHUB_APP_PRIVATE_KEY_FILE), whose installation is looked up unless GITHUB_APP_INSTALLATION_ID
names it. GITHUB_API_URL names a GitHub Enterprise (https://ghe.example.com/api/v3). Nothing is pushed: objects, branch and
pull request are made by the API, and the tree that GitHub made has to be the judged one.`;

/** And GitLab. */
const GITLAB_ENVIRONMENT =
  `GitLab: GITLAB_TOKEN, an access token (personal, project or group) or an OAuth token with the scope api, of an account with
the role Developer or above. GITLAB_URL names a GitLab of one's own, which may be below a path (https://example.com/gitlab).
Nothing is pushed: one commit by the API, and the tree that GitLab made has to be the judged one.`;

/** Options that every command takes. */
/** Whoever reads evidence may say why: it is audited. */
function withReason(command: Command): Command {
  const why = { type: "string", value: "TEXT", summary: "why it is read (or FORGE_WHY); audited" } as const;
  return { ...command, options: { ...command.options, why } };
}

export const commonOptions: Command["options"] = {
  json: { type: "boolean", summary: "one JSON document on stdout, nothing else there" },
  data: {
    type: "string",
    value: "DIR",
    summary: "where all local state lives (or FORGE_DATA; default ~/.local/state/edgeforge)",
  },
  verbose: { type: "boolean", summary: "stack traces with errors" },
  help: { type: "boolean", short: "h", summary: "this text" },
};

const sandbox: Command["options"] = {
  sandbox: {
    type: "string",
    value: "bwrap|none",
    summary: "how the repository's own tests are shut in (default bwrap)",
  },
};

const KEYS =
  `Keys: forge serve prints one that may do everything and ends with the server, or takes the one in
FORGE_KEY. It takes every key of 'forge key issue' over the same --data, too: 'Authorization: Bearer KEY', or the
dashboard's sign-in. Revoking one takes effect at once.`;

/** Every command of this version: help, parsing and dispatch read this table. */
export const commands: readonly Command[] = [
  {
    path: ["demo", "etl"],
    summary: "data from a filing to a ratio: two loads, a row set aside, a load held back; no network",
    operands: [],
    options: {},
    examples: ["forge demo etl", "forge demo etl --json | jq .ratios"],
    more: "Small files in the SEC's shapes, of two companies that do not exist, are served on this machine.",
    load: async () => (await import("./demo_etl.ts")).demoEtl,
  },
  {
    path: ["demo"],
    summary: "the main job on a bundled repository: an honest patch and a cheat, no key, no server",
    operands: [],
    options: { ...sandbox },
    examples: ["forge demo", "forge demo --json | jq .cheat.denials"],
    load: async () => (await import("./demo.ts")).demo,
  },
  {
    path: ["doctor"],
    summary: "what this machine can do, and what it cannot",
    operands: [],
    options: {},
    examples: ["forge doctor"],
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    path: ["init"],
    summary:
      "make the data directory and a signing key for a principal; or the workflow by which a forge's CI verifies",
    operands: [],
    options: {
      user: { type: "string", value: "NAME", summary: "the principal (default: the login name)" },
      ci: {
        type: "string",
        value: "FORGE",
        summary: "write the workflow into a repository: github or gitlab",
      },
      repo: { type: "string", value: "DIR", summary: "of --ci (default: this directory)" },
      force: { type: "boolean", summary: "of --ci: replace a workflow that is there" },
    },
    examples: ["forge init --user ada", "forge init --ci github"],
    load: async () => (await import("./init.ts")).init,
  },
  {
    path: ["run"],
    summary: "take a spec to a governed pull request",
    operands: ["SPEC"],
    options: {
      repo: { type: "string", value: "DIR|URL", summary: "the git repository to work on (required)" },
      base: { type: "string", value: "REF", summary: "branch, tag or commit to start from (default: HEAD)" },
      implementer: {
        type: "string",
        value: "codemod|patch|model|cli",
        summary: "who proposes the change (default: the spec's)",
      },
      agent: {
        type: "string",
        value: "claude|codex|gemini|opencode",
        summary:
          "whose program works, for the implementer cli (default: FORGE_AGENT, else the first that can)",
      },
      patch: {
        type: "string",
        value: "FILE",
        summary: "a unified diff as git diff prints it, for the implementer patch",
      },
      forge: {
        type: "string",
        value: "local|github|gitlab",
        summary:
          "where the pull request is opened (default: local for a directory, the URL's forge for a URL)",
      },
      pr: {
        type: "string",
        value: "one|per-task",
        summary: "one pull request, or one for each task of a model's plan, stacked (default one)",
      },
      param: {
        type: "string",
        value: "NAME=VALUE,...",
        summary: "values of the spec's parameters, such as rows=12,region=west",
      },
      watch: {
        type: "boolean",
        summary: "go on watching it on its forge: comments, CI, a base that moves (forge pr watch --help)",
      },
      user: {
        type: "string",
        value: "NAME",
        summary: "the principal who asks (default: the only key, else the login name)",
      },
      ...sandbox,
    },
    examples: [
      "forge run specs/change.md --repo . --patch change.patch",
      "forge run specs/rename.md --repo ~/project --base main --json",
      "forge run specs/rename.md --repo https://github.com/acme/tools",
      "forge run specs/rename.md --repo ~/project --forge github",
    ],
    more: `${GITHUB_ENVIRONMENT}\n\n${GITLAB_ENVIRONMENT}`,
    load: async () => (await import("./run.ts")).run,
  },
  scanCommand,
  {
    path: ["serve"],
    summary: "the HTTP API and the dashboard",
    operands: [],
    options: {
      port: { type: "string", value: "N", summary: "default 8787; 0 picks a free one" },
      host: { type: "string", value: "ADDRESS", summary: "default 127.0.0.1" },
      "repo-root": {
        type: "string",
        value: "DIR",
        summary: "path repositories only below it (default: any on loopback, none otherwise)",
      },
      "repo-allow": {
        type: "string",
        value: "[HOST/]OWNER/NAME[,...]",
        summary:
          "URL repositories only of this list, acme/* and gitlab.example/group/** too: without it whoever has a key for runs reaches every one that this server's credential reaches",
      },
      env: {
        type: "string",
        value: "FILE",
        summary:
          "the environment of pipelines that this server runs: base URLs, credentials by reference, sinks",
      },
      pipelines: {
        type: "string",
        value: "DIR",
        summary: "pipelines to register at start, and the only folder whose files pipelines may read",
      },
      "allow-host": { type: "string", value: "NAME[,NAME]", summary: "more Host names to answer to" },
      signer: {
        type: "boolean",
        summary: "a process of its own holds the keys of evidence and log; this one never reads them",
      },
      user: {
        type: "string",
        value: "NAME",
        summary: "the principal that the printed key speaks for (default: the only key, else the login name)",
      },
      ...sandbox,
    },
    examples: [
      "forge serve",
      "forge serve --port 0 --repo-root ~/projects --json",
      "forge serve --pipelines ~/pipelines --env ~/pipelines/env.yaml",
    ],
    more: KEYS,
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  {
    path: ["spec", "check"],
    summary: "check a spec, with errors that name path, value and remedy",
    operands: ["FILE"],
    options: {},
    examples: ["forge spec check specs/change.md"],
    load: async () => (await import("./spec.ts")).specCheck,
  },
  {
    path: ["workflow", "list"],
    summary: "runs, newest first",
    operands: [],
    options: {
      status: { type: "string", value: "STATUS", summary: "only runs with this status" },
      limit: { type: "string", value: "N", summary: "how many (default 20, at most 200)" },
      cursor: { type: "string", value: "CURSOR", summary: "continue where an earlier page ended" },
    },
    examples: ["forge workflow list --status escalated"],
    load: async () => (await import("./workflow.ts")).list,
  },
  {
    path: ["workflow", "show"],
    summary: "one run: status, phases, denials, pull request, evidence",
    operands: ["RUN"],
    options: {},
    examples: ["forge workflow show run_01m8abc --json"],
    load: async () => (await import("./workflow.ts")).show,
  },
  {
    path: ["workflow", "events"],
    summary: "the ledger of a run",
    operands: ["RUN"],
    options: {
      after: { type: "string", value: "SEQ", summary: "only events after this sequence number" },
      follow: { type: "boolean", short: "f", summary: "wait for more until the run ends" },
    },
    examples: ["forge workflow events run_01m8abc --follow"],
    load: async () => (await import("./workflow.ts")).events,
  },
  ...(["cancel", "pause", "resume"] as const).map((action): Command => ({
    path: ["workflow", action],
    summary: {
      cancel: "end a run; no new step starts",
      pause: "stop after the step in flight",
      resume: "go on with a paused, parked or cut-off run",
    }[
      action
    ],
    operands: ["RUN"],
    options: { why: { type: "string", value: "TEXT", summary: "recorded in the ledger" }, ...sandbox },
    examples: [`forge workflow ${action} run_01m8abc`],
    load: async () => (await import("./workflow_act.ts"))[action],
  })),
  {
    path: ["workflow", "retry"],
    summary: "try again a failed run, from the phase that failed or from another",
    operands: ["RUN"],
    options: { phase: { type: "string", value: "PHASE", summary: "start here" }, ...sandbox },
    examples: ["forge workflow retry run_01m8abc", "forge workflow retry run_01m8abc --phase verify"],
    load: async () => (await import("./workflow_act.ts")).retry,
  },
  {
    path: ["workflow", "fork"],
    summary:
      "a new run that keeps what was done before a phase and starts there; the original stays as it is",
    operands: ["RUN"],
    options: {
      phase: { type: "string", value: "PHASE", summary: "where the new run starts (required)" },
      ...sandbox,
    },
    examples: ["forge workflow fork run_01m8abc --phase verify"],
    load: async () => (await import("./workflow_act.ts")).fork,
  },
  workflowChain,
  {
    path: ["workflow", "answer"],
    summary: "answer an escalated run",
    operands: ["RUN"],
    options: {
      approve: {
        type: "boolean",
        summary: "let the transition through, for exactly the patch that was shown",
      },
      reject: { type: "boolean", summary: "end the run as denied" },
      retry: { type: "boolean", summary: "run the phase again" },
      phase: { type: "string", value: "PHASE", summary: "run again from this phase" },
      cancel: { type: "boolean", summary: "end the run as cancelled" },
      budget: {
        type: "string",
        value: "UNIT=N[,UNIT=N]",
        summary: "change limits (seconds, repairs, tokens, usd), then go on",
      },
      "re-plan": { type: "boolean", summary: "plan again from the spec" },
      comment: { type: "string", value: "TEXT", summary: "recorded with the answer" },
      as: {
        type: "string",
        value: "NAME",
        summary: "the principal who answers and signs (default: the only key)",
      },
      user: { type: "string", value: "NAME", summary: "the same as --as" },
      envelope: {
        type: "string",
        value: "FILE",
        summary: "an answer that was signed elsewhere (forge approval sign)",
      },
      ...sandbox,
    },
    examples: [
      'forge workflow answer run_01m8abc --approve --comment "read it, it is right"',
      "forge workflow answer run_01m8abc --budget seconds=3600,usd=5",
    ],
    load: async () => (await import("./workflow_act.ts")).answer,
  },
  ...chainCommands,
  {
    path: ["policy", "list"],
    summary: "the gates of this installation, and its packs",
    operands: [],
    options: {
      catalogue: {
        type: "boolean",
        summary: "the classes of failure, and the rules and checks that hold each",
      },
    },
    examples: ["forge policy list", "forge policy list --catalogue"],
    load: async () => (await import("./policy.ts")).list,
  },
  ...policyPackCommands,
  ...waiverCommands,
  ...policyProofCommands,
  {
    path: ["policy", "explain"],
    summary: "why each decision of a run was taken",
    operands: ["RUN"],
    options: {},
    examples: ["forge policy explain run_01m8abc"],
    load: async () => (await import("./policy.ts")).explainRun,
  },
  ...approvalCommands,
  {
    path: ["pr", "list"],
    summary: "pull requests that were opened from here",
    operands: [],
    options: { repo: { type: "string", value: "DIR|URL", summary: "only of this repository" } },
    examples: ["forge pr list --repo ."],
    load: async () => (await import("./pr.ts")).list,
  },
  {
    path: ["pr", "show"],
    summary: "one pull request: title, body, gates, evidence",
    operands: ["N"],
    options: {
      repo: { type: "string", value: "DIR|URL", summary: "when numbers of several repositories collide" },
      refresh: { type: "boolean", summary: "ask its forge how it stands now: checks, reviews, conflicts" },
    },
    examples: ["forge pr show 1", "forge pr show https://github.com/acme/tools/pull/7 --refresh"],
    load: async () => (await import("./pr.ts")).show,
  },
  ...pullCommands,
  // The longer words first: a command is found by how it begins.
  ...signingCommands,
  ...evidenceCommands.map(withReason),
  ...logCommands,
  ...artifactCommands.map(withReason),
  {
    path: ["key", "issue"],
    summary: "a key for the HTTP interface, of one principal, shown once and kept as a digest",
    operands: [],
    options: {
      user: {
        type: "string",
        value: "NAME",
        summary: "the principal that it speaks for (default: the only one)",
      },
      scope: {
        type: "string",
        value: "SCOPE[,SCOPE]",
        summary: "read, run (start and steer runs), approve (answer escalations); default read",
      },
      expires: { type: "string", value: "TIME", summary: "12h, 90d, 4w; default 90d, at most 366d" },
    },
    examples: [
      "forge key issue --scope read,run --expires 30d",
      'curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8787/v1/runs',
    ],
    more: KEYS,
    load: async () => (await import("./key.ts")).issue,
  },
  {
    path: ["key", "list"],
    summary: "the keys of the HTTP interface, without their secrets",
    operands: [],
    options: { all: { type: "boolean", summary: "also those that are revoked or expired" } },
    examples: ["forge key list --all"],
    load: async () => (await import("./key.ts")).list,
  },
  {
    path: ["key", "revoke"],
    summary: "end a key and its sessions, at once, also in servers that run",
    operands: ["ID"],
    options: {},
    examples: ["forge key revoke 7eb010566496"],
    load: async () => (await import("./key.ts")).revoke,
  },
  ...etlCommands,
  ...scheduleCommands,
  ...fleetCommands,
  ...modelCommands,
  {
    path: ["bench", "engine"],
    summary: "how fast the engine moves runs, nothing switched off",
    operands: [],
    options: {
      workflows: { type: "string", value: "N", summary: "default 5000" },
      steps: { type: "string", value: "S", summary: "default 5" },
      concurrency: { type: "string", value: "C", summary: "default 50" },
    },
    examples: ["forge bench engine --workflows 500 --json"],
    load: async () => (await import("./bench.ts")).benchEngineCommand,
  },
];

/** Names that the interface promises for later versions: calling one is exit 2 with these words, never a placeholder. */
export const LATER: readonly string[] = [
  "tui",
  "pack",
  "mcp",
  "lsp",
];

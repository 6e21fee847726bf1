import type { Command } from "./command.ts";

const sandbox: Command["options"] = {
  sandbox: {
    type: "string",
    value: "bwrap|none",
    summary: "how the repository's own tests are shut in (default bwrap)",
  },
};
const user: Command["options"] = {
  user: {
    type: "string",
    value: "NAME",
    summary: "the principal who asks (default: the only key, else the login name)",
  },
};
const given: Command["options"] = {
  repo: { type: "string", value: "DIR|URL", summary: "the repository of stages that name none" },
  spec: {
    type: "string",
    value: "FILE",
    summary: "the spec of the stage that names neither spec nor pipeline",
  },
  patch: { type: "string", value: "FILE", summary: "the change of that spec, for the implementer patch" },
};
const id: Command["options"] = {
  id: { type: "string", value: "NAME", summary: "goes on with the chain of this name; made up unless told" },
};
const why: Command["options"] = {
  why: { type: "string", value: "TEXT", summary: "the reason, kept in the ledger" },
};

const PORTS =
  `A chain is YAML: name, stages, and a budget that they share. A stage is a run of code (spec: FILE) or of data
(pipeline: FILE or the id of a registered one; env, mode, streams). 'with' binds an input to an output of another stage:
inputs   code: base, patch, params.NAME of the spec, file.PATH of a held-out file; data: params.NAME, dataset.TABLE
outputs  code: branch, commit, patch, patch-digest, pull-request, pull-request-number, pull-request-url, plan
         data, of a stream (its name before it unless it is the only one): dataset, manifest, schema, table, rows, accepted,
         quarantined, cursor; and report. Of both: run, status, evidence.
'expects' holds a dataset's columns against what they have to be, 'when: { STAGE: [failed] }' runs a stage after another end
than completed, 'secret' keeps an output out of texts. All of it is checked before anything runs, and again by value.`;

/** Commands about chains of runs. */
export const chainCommands: readonly Command[] = [
  {
    path: ["chain", "validate"],
    summary: "whether a chain holds together: specs, pipelines, ports, circles; with a picture of it",
    operands: ["CHAIN"],
    options: given,
    examples: ["forge chain validate chains/prices.yaml --repo ."],
    more: PORTS,
    load: async () => (await import("./chain.ts")).validate,
  },
  {
    path: ["chain", "run"],
    summary: "runs of code and of data one after the other, where one takes what another gives",
    operands: ["CHAIN"],
    options: { ...given, ...id, ...user, ...sandbox },
    examples: [
      "forge chain run chains/prices.yaml --repo .",
      "forge chain run release --repo . --spec change.md --id release-7",
    ],
    more: PORTS,
    load: async () => (await import("./chain.ts")).run,
  },
  {
    path: ["chain", "show"],
    summary: "a chain that was begun: its stages, their runs, what they took and gave",
    operands: ["RUN"],
    options: {},
    examples: ["forge chain show run_01m8abc"],
    load: async () => (await import("./chain.ts")).show,
  },
  {
    path: ["chain", "list"],
    summary: "chains that were begun, newest first, and those that a spec may name",
    operands: [],
    options: {
      repo: { type: "string", value: "DIR|URL", summary: "also those that this repository carries" },
      limit: { type: "string", value: "N", summary: "how many (default 20)" },
      status: { type: "string", value: "STATUS", summary: "only those that stand so" },
      cursor: { type: "string", value: "RUN", summary: "the page after this one" },
    },
    examples: ["forge chain list --repo ."],
    load: async () => (await import("./chain.ts")).list,
  },
  {
    path: ["chain", "cancel"],
    summary: "end a chain, and the runs of its stages with it",
    operands: ["RUN"],
    options: { ...why, ...user, ...sandbox },
    examples: ["forge chain cancel run_01m8abc"],
    load: async () => (await import("./chain.ts")).cancel,
  },
  {
    path: ["chain", "resume"],
    summary: "go on with a chain: look at once, or begin what is not completed",
    operands: ["RUN"],
    options: { ...why, ...user, ...sandbox },
    examples: ["forge chain resume run_01m8abc"],
    load: async () => (await import("./chain.ts")).resume,
  },
];

/** As it was called before chains had commands of their own. */
export const workflowChain: Command = {
  path: ["workflow", "chain"],
  summary: "the same as forge chain run",
  operands: ["FILE"],
  options: { ...given, ...id, ...user, ...sandbox },
  examples: ["forge workflow chain chains/split.yaml --repo . --id release-7"],
  load: async () => (await import("./chain.ts")).run,
};

import type { Command } from "./command.ts";

const trustRoot: Command["options"] = {
  "trust-root": {
    type: "string",
    value: "DIR",
    summary:
      "public keys (NAME.pub.pem), or a trust.yaml with roles, levels and validity (default: trust/ of the data directory, else its own keys)",
  },
};

const TRUST =
  `A pack is believed by its signature alone: every key that signed it is in the trust root, valid, not revoked
and allowed to publish packs of its name. The root never comes from a pack or a repository. trust.yaml:
  version: 1
  keys:
    - { file: ada.pub.pem, name: ada, roles: [pack-publisher], level: trusted, packs: ["acme/*"], notAfter: 2027-01-01T00:00:00Z }
A key of level untrusted may publish rules of the kinds cel, astgrep and secrets, and no code.`;

/** What is done with policy packs. */
export const policyPackCommands: readonly Command[] = [
  {
    path: ["policy", "show"],
    summary: "one pack: version, revision, signers, validity, rules",
    operands: ["PACK"],
    options: {},
    examples: ["forge policy show core", "forge policy show acme/house --json"],
    load: async () => (await import("./policy_packs.ts")).show,
  },
  {
    path: ["policy", "sign"],
    summary: "sign the pack of a directory: digests of its files, canonical manifest, DSSE signature",
    operands: ["DIR"],
    options: {
      out: {
        type: "string",
        value: "FILE",
        summary: "write the archive too, the same bytes on every machine",
      },
      user: {
        type: "string",
        value: "NAME",
        summary: "the principal whose key signs (default: the only one)",
      },
      untested: { type: "boolean", summary: "also rules that can block and that no examples prove" },
    },
    examples: ["forge policy sign packs/house --out house.tar"],
    more:
      `DIR holds pack.yaml (specs/schema/pack.schema.json) and the files that it names. The signature is written to
DIR/pack.dsse.json; a second signer adds his own. Rules that warn or enforce need examples that prove them (forge policy test);
those in the shadow may be without. In a repository a signed pack lies in .forge/packs/NAME/ and judges what is
based on that commit.`,
    load: async () => (await import("./policy_sign.ts")).sign,
  },
  {
    path: ["policy", "verify"],
    summary: "whether a pack, a directory or an archive, would be taken; nothing is installed",
    operands: ["PATH"],
    options: {
      ...trustRoot,
      at: { type: "string", value: "INSTANT", summary: "as of then (default: now)" },
    },
    examples: ["forge policy verify house.tar", "forge policy verify packs/house --trust-root keys --json"],
    more: TRUST,
    load: async () => (await import("./policy_packs.ts")).verify,
  },
  {
    path: ["policy", "install"],
    summary: "verify a pack and put it in the place of the release before; a refused one changes nothing",
    operands: ["PATH"],
    options: trustRoot,
    examples: ["forge policy install house.tar", "forge policy install packs/house --trust-root keys"],
    more: `${TRUST}
A lower revision than was installed is refused, and another content under the same one. A release that is looser than the one
before (a rule, a mode or an overlay is gone, or an example or a kept decision that was refused passes) needs two publishers. An installed pack judges the runs
whose spec, or whose repository's .forge/policy.yaml, names it: packs: [acme/house]`,
    load: async () => (await import("./policy_packs.ts")).install,
  },
];

/** What the commits of a range say: secrets and hidden text in their messages, sign-offs of people under the work of agents. */
import { hiddenCharacters } from "../specs/mod.ts";
import {
  type GitIdentity,
  isAgent,
  isMachine,
  sameIdentity,
  signOffs,
  signsAsBot,
} from "./facts/commit_identity.ts";
import { isSpelled, lettersFromRight } from "./facts/orthography.ts";
import { scanSecrets } from "./facts/secrets.ts";
import type { Unmarked } from "./scan_findings.ts";

export interface ScannedCommit {
  id: string;
  parents: number;
  author: GitIdentity;
  committer: GitIdentity;
  message: string;
}

const REMEDY = {
  secret: "Revoke it: it has been seen. Then write the message anew (git rebase -i, reword)",
  hidden: "Write the message anew without the character (git rebase -i, reword)",
  signed:
    "Take the line out; whoever takes responsibility signs off themselves, and Assisted-by: names the agent",
  posed: "Find out who made this commit; the bot commits by an address of its own",
};

/** What the rules over commits are, for what is told of them. */
export const COMMIT_RULES = [
  {
    rule: "core/X1",
    gate: "commit-secrets",
    layer: "L2",
    severity: "critical",
    description: "No commit of the range holds a secret in its message or its names",
    remediation: REMEDY.secret,
  },
  {
    rule: "core/X3",
    gate: "commit-hidden-text",
    layer: "L0",
    severity: "critical",
    description:
      "No commit of the range holds bidirectional or invisible characters in its message or its names",
    remediation: REMEDY.hidden,
  },
  {
    rule: "core/C5",
    gate: "commit-identity",
    layer: "L4",
    severity: "high",
    description: "No agent signs off for a person, and none poses as a bot",
    remediation: REMEDY.signed,
  },
] as const;

const MAX_A_COMMIT = 20;
/** So few slip in with a text that is pasted. */
const PASTED = 8;

type Place = { line?: number; where: string };

/** All findings of one commit. Deterministic, and linear in its length. */
export function scanCommit(commit: ScannedCommit): Unmarked[] {
  const findings = [...secrets(commit), ...hidden(commit), ...signatures(commit), ...posing(commit)];
  return findings.slice(0, MAX_A_COMMIT);
}

/** A commit, or a part of the range, that could not be read: anything could stand in it. */
export function unreadCommit({ id, why }: { id?: string; why: string }): Unmarked {
  return {
    gate: "commit-identity",
    rule: "core/C5",
    layer: "L4",
    verdict: "error",
    action: "escalate",
    severity: "high",
    message: id === undefined
      ? `Not all commits of the range were read: ${why}`
      : `The commit ${id.slice(0, 12)} was not read: ${why}`,
    ...(id === undefined ? {} : { commit: id }),
    remediation: "Scan a smaller range, or fetch the whole history (git fetch --unshallow)",
  };
}

function finding(
  rule: 0 | 1 | 2,
  commit: ScannedCommit,
  action: Unmarked["action"],
  what: string,
  { line, where }: Place,
  remediation: string,
): Unmarked {
  const { rule: id, gate, layer, severity } = COMMIT_RULES[rule];
  return {
    gate,
    rule: id,
    layer,
    verdict: "fail",
    action,
    severity: action === "note" ? "low" : severity,
    message: `${what} (commit ${commit.id.slice(0, 12)}, ${where}${
      line === undefined ? "" : ` line ${line}`
    })`,
    commit: commit.id,
    ...(line === undefined ? {} : { line }),
    remediation,
  };
}

function namesOf({ author, committer }: ScannedCommit): { where: string; text: string }[] {
  return [
    { where: "its author", text: `${author.name} <${author.email}>` },
    { where: "its committer", text: `${committer.name} <${committer.email}>` },
  ];
}

function secrets(commit: ScannedCommit): Unmarked[] {
  const tell = (rule: string, place: Place) =>
    finding(0, commit, "deny", `A secret was found (${rule})`, place, REMEDY.secret);
  return [
    ...scanSecrets(commit.message).map(({ rule, line }) =>
      tell(rule, { where: "message", ...(line === undefined ? {} : { line }) })
    ),
    ...namesOf(commit).flatMap(({ where, text }) =>
      scanSecrets(text).map(({ rule }) => tell(rule, { where }))
    ),
  ];
}

function hidden(commit: ScannedCommit): Unmarked[] {
  const found: { name: string; reorders: boolean; place: Place }[] = [];
  const look = (text: string, fromRight: boolean, place: Place) => {
    for (const { kind, name, offset } of hiddenCharacters(text, 1000)) {
      if (kind === "control" || kind === "surrogate") continue;
      if (isSpelled(text, offset, { quoted: true, fromRight })) continue;
      // So that nobody is called: bots write it into the names and numbers that they quote.
      if (name === "U+200B" && (text[offset - 1] === "@" || text[offset + 1] === "#")) continue;
      const reorders = kind === "tag" || (kind === "bidirectional" && !/^U\+(?:061C|200[EF])$/.test(name));
      found.push({ name, reorders, place });
    }
  };
  const fromRight = lettersFromRight(commit.message) >= 10;
  for (const [at, line] of commit.message.replace(/^\ufeff/, "").split("\n").entries()) {
    look(line, fromRight, { where: "message", line: at + 1 });
  }
  for (const { where, text } of namesOf(commit)) look(text, lettersFromRight(text) > 0, { where });
  const sure = found.length >= PASTED || found.some(({ reorders }) => reorders);
  const places = new Map(found.map((one) => [`${one.place.where}:${one.place.line}`, one]));
  return [...places.values()].map(({ name, place }) =>
    finding(
      1,
      commit,
      sure ? "deny" : "escalate",
      `A character that no reader sees stands here: ${name}`,
      place,
      REMEDY.hidden,
    )
  );
}

/**
 * A sign-off says that a person answers for the work (Developer Certificate of Origin): an agent cannot say it for them. Honest are: a
 * person who commits an agent's work and signs it off, a bot's own name, and what a bot only carries: merges, picks, rebases.
 */
function signatures(commit: ScannedCommit): Unmarked[] {
  const { author, committer, message } = commit;
  const agent = [author, committer].some(isAgent);
  if (!agent && !isMachine(author)) return [];
  return signOffs(message).flatMap(({ signer, line, trailer }): Unmarked[] => {
    if (signsAsBot(signer) || (isMachine(author) && sameIdentity(signer, author))) return [];
    if (!isMachine(committer) && sameIdentity(signer, committer)) return [];
    const action = judged(commit, agent, trailer);
    if (action === null) return [];
    const what = `${agent ? "An agent" : "A bot"} signs off for somebody else`;
    return [finding(2, commit, action, what, { where: "message", line }, REMEDY.signed)];
  });

  function judged(
    { parents }: ScannedCommit,
    agent: boolean,
    trailer: boolean,
  ): Unmarked["action"] | null {
    const carried = parents > 1 || /^\(cherry picked from commit [0-9a-f]{7,64}\)$/m.test(message);
    if (!isMachine(author)) {
      // Whoever moves a commit keeps its author's date; whoever writes one in another's name has only one.
      return agent && !carried && author.at !== null && author.at === committer.at ? "escalate" : null;
    }
    // The web interface signs off for the person who merges there.
    if (carried || /^noreply@github\.com$/i.test(committer.email)) return "note";
    return agent && trailer && sameIdentity(author, committer) ? "deny" : "escalate";
  }
}

/** The name of a bot that one host alone gives, under the address of somebody else. */
function posing(commit: ScannedCommit): Unmarked[] {
  return ([["author", commit.author], ["committer", commit.committer]] as const).flatMap((
    [role, { name, email }],
  ) =>
    /^dependabot\[bot\]$/i.test(name.trim()) && email !== "" && !/dependabot|github|noreply/i.test(email)
      ? [finding(2, commit, "escalate", `The ${role} has the name of a bot and another's address`, {
        where: `its ${role}`,
      }, REMEDY.posed)]
      : []
  );
}

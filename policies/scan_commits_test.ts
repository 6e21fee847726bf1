import assert from "node:assert/strict";
import { scanCommit, type ScannedCommit, unreadCommit } from "./scan_commits.ts";

const ANN = { name: "Ann", email: "ann@example.com", at: 1000 };
const BEN = { name: "Ben", email: "ben@example.com", at: 2000 };
const CLAUDE = { name: "Claude", email: "noreply@anthropic.com", at: 1000 };
const GITHUB = { name: "GitHub", email: "noreply@github.com", at: 2000 };
const DEPENDABOT = {
  name: "dependabot[bot]",
  email: "49699333+dependabot[bot]@users.noreply.github.com",
  at: 1000,
};
const SIGNED = "Fix it\n\nSigned-off-by: Ann <ann@example.com>\n";

const commit = (given: Partial<ScannedCommit>): ScannedCommit => ({
  id: "a".repeat(40),
  parents: 1,
  author: ANN,
  committer: ANN,
  message: "Fix it\n",
  ...given,
});
const actions = (given: Partial<ScannedCommit>) => scanCommit(commit(given)).map(({ action }) => action);

Deno.test("an agent that signs off for a person in a commit of its own is denied", () => {
  const identities = [
    CLAUDE,
    { name: "Copilot", email: "198982749+Copilot@users.noreply.github.com" },
    { name: "copilot-swe-agent[bot]", email: "198982749+copilot-swe-agent[bot]@users.noreply.github.com" },
    { name: "Cursor Agent", email: "cursoragent@cursor.com" },
    {
      name: "devin-ai-integration[bot]",
      email: "158243242+devin-ai-integration[bot]@users.noreply.github.com",
    },
  ];
  for (const agent of identities) {
    const [found, ...more] = scanCommit(commit({ author: agent, committer: agent, message: SIGNED }));
    assert.deepEqual([found?.rule, found?.gate, found?.action, found?.line, more], [
      "core/C5",
      "commit-identity",
      "deny",
      3,
      [],
    ], agent.email);
    assert.equal(found?.commit, "a".repeat(40));
  }
});

Deno.test("what an honest change can look like is asked: a bot that moved it, a quotation, a commit in another's name", () => {
  assert.deepEqual(actions({ author: DEPENDABOT, committer: DEPENDABOT, message: SIGNED }), ["escalate"]);
  assert.deepEqual(actions({ author: CLAUDE, committer: BEN, message: SIGNED }), ["escalate"]);
  assert.deepEqual(actions({ author: CLAUDE, committer: CLAUDE, message: `${SIGNED}\nMore text\n` }), [
    "escalate",
  ]);
  assert.deepEqual(actions({ author: ANN, committer: CLAUDE, message: SIGNED }), ["escalate"]);
});

Deno.test("honest histories raise nothing", () => {
  const coauthored = "Fix it\n\nCo-authored-by: Claude <noreply@anthropic.com>\n";
  const honest: Partial<ScannedCommit>[] = [
    { message: SIGNED },
    { message: `${SIGNED}Assisted-by: Claude:opus\n` },
    { message: coauthored },
    { author: CLAUDE, committer: CLAUDE, message: "Fix it\n\nCo-authored-by: Ann <ann@example.com>\n" },
    { author: CLAUDE, committer: CLAUDE, message: "Fix it\n\nAssisted-by: Claude:opus\n" },
    // A person who takes an agent's work and answers for it.
    { author: CLAUDE, committer: { ...ANN, at: 2000 }, message: SIGNED },
    // An agent moved a person's commit.
    { author: ANN, committer: { ...CLAUDE, at: 5000 }, message: SIGNED },
    { author: ANN, committer: GITHUB, message: `${SIGNED}Signed-off-by: Ben <ben@example.com>\n` },
    { author: ANN, committer: DEPENDABOT, message: SIGNED },
    {
      author: DEPENDABOT,
      committer: GITHUB,
      message: "Bump a\n\nSigned-off-by: dependabot[bot] <support@github.com>\n",
    },
    {
      author: { name: "renovate[bot]", email: "29139614+renovate[bot]@users.noreply.github.com" },
      committer: { name: "renovate[bot]", email: "29139614+renovate[bot]@users.noreply.github.com" },
      message: "Update a\n\nSigned-off-by: Renovate Bot <bot@renovateapp.com>\n",
    },
    // Quoted in a list of what was squashed.
    { author: CLAUDE, committer: CLAUDE, message: "Squash\n\n    Signed-off-by: Ann <ann@example.com>\n" },
    // A person's name.
    {
      author: { name: "Jan Bot", email: "jan@example.com" },
      committer: BEN,
      message: SIGNED.replaceAll("Ann", "Cem"),
    },
    { author: { ...ANN, at: 9000 }, committer: { ...BEN, at: 10 } },
    { message: "Merge 👨‍👩‍👧 and ❤️, thanks to @\u200bann, see \u200b#12, به‌روز\n" },
    { author: { name: "علی\u200fرضا", email: "a@example.com" }, message: "به‌روزرسانی\n" },
  ];
  for (const given of honest) assert.deepEqual(scanCommit(commit(given)), [], JSON.stringify(given));
});

Deno.test("what a bot or the web interface only carries is a note", () => {
  assert.deepEqual(actions({ author: CLAUDE, committer: GITHUB, message: SIGNED }), ["note"]);
  assert.deepEqual(actions({ author: DEPENDABOT, committer: DEPENDABOT, parents: 2, message: SIGNED }), [
    "note",
  ]);
  const picked = `${SIGNED}(cherry picked from commit ${"b".repeat(40)})\n`;
  assert.deepEqual(actions({ author: DEPENDABOT, committer: DEPENDABOT, message: picked }), ["note"]);
});

Deno.test("hidden characters: what reorders text or is a tag is denied, what a paste brings is asked", () => {
  assert.deepEqual(actions({ message: "Fix\n\nno \u202eyrteller\n" }), ["deny"]);
  assert.deepEqual(actions({ message: "Fix \u{e0041}\u{e0042}\n" }), ["deny"]);
  assert.deepEqual(actions({ message: "Fix \u200bit\n" }), ["escalate"]);
  assert.deepEqual(actions({ message: `Fix ${"\u200b\u2060".repeat(4)}it\n` }), ["deny"]);
  assert.deepEqual(actions({ author: { name: "A\u202enn", email: "ann@example.com" } }), ["deny"]);
});

Deno.test("the name of a bot under another's address is asked", () => {
  assert.deepEqual(actions({ author: { name: "dependabot[bot]", email: "x@evil.example" } }), ["escalate"]);
  assert.deepEqual(actions({ author: { name: "dependabot[bot]", email: "support@github.com" } }), []);
});

Deno.test("a commit that cannot be read is an error that a human has to look at", () => {
  const { action, verdict, message } = unreadCommit({ id: "b".repeat(40), why: "it has 9 bytes" });
  assert.deepEqual([action, verdict, message], [
    "escalate",
    "error",
    "The commit bbbbbbbbbbbb was not read: it has 9 bytes",
  ]);
});

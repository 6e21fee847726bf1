import type { PullJudgeInput } from "../pull_port.ts";

const sha = (digit: string) => digit.repeat(40);

/** An input of the judge of pull requests that every rule lets through: a merge at A4 that somebody else has approved. */
export const samplePullInput = (given: Partial<PullJudgeInput> = {}): PullJudgeInput => ({
  transition: { from: "look", to: "wait" },
  pull: {
    url: "https://git.example.com/acme/tools/pull/7",
    asks: "merge",
    judged: {
      run: "run_one",
      status: "completed",
      evidence: `sha256:${"a".repeat(64)}`,
      head: sha("1"),
      tree: sha("2"),
      base: sha("3"),
    },
    now: {
      state: "open",
      draft: false,
      head: sha("1"),
      baseHead: sha("3"),
      mergeable: "clean",
      cut: false,
      checks: [{ name: "build", state: "success" }],
      reviews: [{ by: "dana", bot: false, permission: "write", state: "approved", commit: sha("1") }],
    },
    account: "forge-bot",
    requests: 0,
    working: false,
    ended: null,
    merged: null,
  },
  train: null,
  budget: {},
  autonomy: { ceiling: "A4", granted: "A4" },
  approvals: [],
  principals: { requester: "ann", approvers: [], singleKey: false },
  policy: null,
  at: "2026-01-02T00:00:00.000Z",
  ...given,
});

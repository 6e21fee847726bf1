/** Gates over the run: O4, AUTONOMY, O5, E2, C9, X1 in what is published, SPEC, INTENT, plan and repository policy. */
import assert from "node:assert/strict";
import type { Autonomy, Decision } from "../../specs/mod.ts";
import { AT, DIGEST, judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";
import type { JudgeInput } from "../port.ts";

const verdict = async (gate: string, change: (input: JudgeInput) => void): Promise<string> => {
  const rule = ruleOf(await judgeSample(change), gate);
  return rule.verdict === "fail" && rule.escalates ? "asks" : rule.verdict;
};

Deno.test("O4: what is reserved counts as spent, the limit itself may be reached, and no budget is no budget", async () => {
  const one = (tokens: { limit: number; spent: number; reserved: number }) =>
    verdict("budget", (input) => input.budget = { usd: { limit: 1, spent: 0, reserved: 0 }, tokens });
  assert.equal(await one({ limit: 10, spent: 10, reserved: 0 }), "pass");
  assert.equal(await one({ limit: 10, spent: 9, reserved: 1 }), "pass");
  assert.equal(await one({ limit: 10, spent: 9, reserved: 2 }), "fail");
  assert.equal(await one({ limit: 10, spent: -5, reserved: 0 }), "fail");
  assert.equal(await verdict("budget", (input) => input.budget = {}), "fail");
});

// req: N7-08
Deno.test("AUTONOMY: the lowest of spec, installation and repository decides; A1 asks a human, A0 and A5 never release", async () => {
  const one = (ceiling: Autonomy, granted: Autonomy, policy: string | null = null) =>
    verdict("autonomy", (input) => {
      input.autonomy = { ceiling, granted };
      input.policy = policy;
    });
  assert.equal(await one("A3", "A3"), "pass");
  assert.equal(await one("A2", "A4"), "pass");
  assert.equal(await one("A1", "A4"), "asks");
  assert.equal(await one("A4", "A1"), "asks");
  assert.equal(await one("A4", "A4", "autonomy: A1\n"), "asks");
  assert.equal(await one("A0", "A4"), "fail");
  assert.equal(await one("A5", "A3"), "pass");
  assert.equal(await one("A5", "A5"), "fail");
});

// req: N7-09
Deno.test("AUTONOMY: at A0 and A1 everything is judged up to the release, and ending with patch and evidence is allowed", async () => {
  for (const granted of ["A0", "A1"] as const) {
    for (
      const [from, to] of [["implement", "verify"], ["verify", "review"], ["review", "@completed"]] as const
    ) {
      assert.equal(
        await verdict("autonomy", (input) => {
          input.autonomy.granted = granted;
          input.transition = { from, to };
        }),
        "pass",
      );
    }
  }
});

const approval = (input: JudgeInput, over: Partial<JudgeInput["approvals"][number]> = {}) => ({
  by: "ben",
  patch: input.patchFacts?.change?.patch ?? "",
  at: AT,
  selfApproved: false,
  verified: true,
  ...over,
});
const critical = (input: JudgeInput) => {
  input.spec = sampleSpec({ tier: "critical" });
  input.principals = { requester: "ana", approvers: ["ana", "ben"], singleKey: false };
};

Deno.test("O5: critical needs a second principal; the requester, a stranger, another patch or a later date do not count", async () => {
  assert.equal(await verdict("four-eyes", critical), "asks");
  const one = (over: Partial<JudgeInput["approvals"][number]>, singleKey = false) =>
    verdict("four-eyes", (input) => {
      critical(input);
      input.principals.singleKey = singleKey;
      input.approvals = [approval(input, over)];
    });
  assert.equal(await one({}), "pass");
  assert.equal(await one({ by: "ana" }), "asks");
  assert.equal(await one({ by: "ana" }, true), "asks");
  assert.equal(await one({ by: "mallory" }), "asks");
  assert.equal(await one({ patch: DIGEST }), "asks");
  assert.equal(await one({ at: "2027-01-01T00:00:00.000Z" }), "asks");
});

Deno.test("O5: an approval by the requester says what is wrong with it, and a valid one beside it counts", async () => {
  const decision = await judgeSample((input) => {
    critical(input);
    input.approvals = [approval(input, { by: "ana" }), approval(input)];
  });
  const rule = ruleOf(decision, "four-eyes");
  assert.equal(rule.verdict, "pass");
  assert.match(
    rule.findings.map(({ message }) => message).join("; "),
    /Approved by ben; The approval of ana does not count: at the tier critical/,
  );
});

Deno.test("O5: below critical the owner of the only key may answer, where there is a second principal not", async () => {
  const one = (singleKey: boolean, tier: string) =>
    verdict("four-eyes", (input) => {
      input.spec = sampleSpec({ tier });
      input.principals.singleKey = singleKey;
      input.approvals = [approval(input, { by: "ana", selfApproved: false, verified: true })];
    });
  assert.equal(await one(true, "standard"), "pass");
  assert.equal(await one(true, "best-effort"), "pass");
  assert.equal(await one(false, "standard"), "asks");
  assert.equal(await verdict("four-eyes", () => {}), "not_applicable");
});

Deno.test("O5: approvers of the base ref's policy count beside those of the trust root", async () => {
  assert.equal(
    await verdict("four-eyes", (input) => {
      critical(input);
      input.policy = "approvers: [cleo]\n";
      input.approvals = [approval(input, { by: "cleo" })];
    }),
    "pass",
  );
});

Deno.test("O5: a critical run is never completed without the second principal, whatever else passes", async () => {
  const decision = await judgeSample(critical);
  assert.equal(decision.verdict, "escalate");
  assert.deepEqual(decision.approvals, []);
});

Deno.test("E2: a verdict holds for one patch and one tree: what was verified and what was released must be them", async () => {
  const other = { patch: DIGEST, tree: "f".repeat(40) };
  assert.equal(await verdict("stale-verdict", (input) => input.binding.verified = other), "fail");
  const released = (change: (input: JudgeInput) => void) =>
    verdict("released-as-judged", (input) => {
      input.transition = { from: "release", to: "observe" };
      change(input);
    });
  assert.equal(await released(() => {}), "pass");
  assert.equal(await released((input) => input.binding.released = other), "fail");
  assert.equal(await released((input) => input.binding.verified = other), "fail");
  assert.equal(
    await released((input) => {
      if (input.binding.released) input.binding.released = { ...input.binding.released, tree: other.tree };
    }),
    "fail",
  );
});

Deno.test("C9: a claim that the diff does not hold, or a criterion called proven without a passing check, is refused", async () => {
  const one = (change: (review: NonNullable<JudgeInput["review"]>, input: JudgeInput) => void) =>
    verdict("claims", (input) => input.review && change(input.review, input));
  assert.equal(await one((review) => review.claims = [{ text: "changes src/email.ts", ok: true }]), "pass");
  assert.equal(await one((review) => review.claims = [{ text: "adds a cache", ok: false }]), "fail");
  assert.equal(await one((review) => review.criteria = [{ id: "AC1", proven: true, by: "x" }]), "fail");
  assert.equal(
    await one((review, input) => {
      input.spec = sampleSpec({ acceptance: [{ id: "AC1", text: "t" }] });
      review.criteria = [{ id: "AC1", proven: false, by: "nothing" }];
    }),
    "pass",
  );
  assert.equal(
    await one((review, input) => {
      input.spec = sampleSpec({ acceptance: [{ id: "AC1", text: "t" }] });
      review.criteria = [{ id: "AC1", proven: true, by: "x" }];
    }),
    "fail",
  );
});

// req: N4-15
Deno.test("X1: a secret in the title, the text, the message or the branch is refused", async () => {
  const token = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3gH5";
  for (const field of ["title", "body", "message", "branch"] as const) {
    const decision: Decision = await judgeSample((input) => {
      if (input.outgoing) input.outgoing[field] = `see ${token}`;
    });
    assert.equal(ruleOf(decision, "secrets-published").verdict, "fail", field);
    assert.ok(!JSON.stringify(decision).includes(token), field);
  }
});

const early = (spec: Record<string, unknown>, gate: string) =>
  verdict(gate, (input) => {
    input.transition = { from: "explore", to: "plan" };
    input.spec = sampleSpec(spec);
  });

Deno.test("SPEC: criteria are named once and their files lie beside the spec", async () => {
  const one = (...acceptance: { id: string; files?: string[] }[]) =>
    early({
      acceptance: acceptance.map(({ id, files }) => ({
        id,
        text: "t",
        ...(files ? { check: { files, run: ["x"] } } : {}),
      })),
    }, "spec-complete");
  assert.equal(await one({ id: "AC1", files: ["checks/a.ts"] }, { id: "AC2" }), "pass");
  assert.equal(await one({ id: "AC1" }, { id: "AC1" }), "fail");
  for (const file of ["/etc/passwd", "../a.ts", "a/../../b", "C:\\a", ".git/config"]) {
    assert.equal(await one({ id: "AC1", files: [file] }), "fail", file);
  }
});

Deno.test("INTENT: scopes must be globs that are understood, and DESTROY must say what", async () => {
  assert.equal(
    await early({ intent: { type: "UPDATE", scope: ["src/**", "{a,b}/*.ts"] } }, "intent-declared"),
    "pass",
  );
  for (const scope of ["../**", "/etc/**", "!src/**", "+(a|b)", "src/[a"]) {
    assert.equal(
      await early({ intent: { type: "UPDATE", scope: [scope] } }, "intent-declared"),
      "fail",
      scope,
    );
  }
  assert.equal(await early({ intent: { type: "DESTROY", scope: ["**"] } }, "intent-declared"), "fail");
  assert.equal(
    await early({ intent: { type: "DESTROY", scope: ["**"], removes: ["a"] } }, "intent-declared"),
    "pass",
  );
});

Deno.test("C2: a plan stays within the scopes of the spec and has a task", async () => {
  const one = (...scopes: string[][]) =>
    verdict("plan-in-scope", (input) => {
      input.transition = { from: "plan", to: "implement" };
      input.plan = { tasks: scopes.map((scope, at) => ({ id: `T${at}`, scope })) };
    });
  assert.equal(await one(["src/**"]), "pass");
  assert.equal(await one(["src/auth/a.ts"]), "pass");
  assert.equal(await one(["src/**"], ["src/auth/a.ts", "src/b.ts"]), "pass");
  assert.equal(
    await verdict("plan-in-scope", (input) => {
      input.transition = { from: "plan", to: "implement" };
      input.spec = sampleSpec({
        intent: [{ type: "UPDATE", scope: ["src/**"] }, { type: "CREATE", scope: ["lib/**"] }],
      });
      input.plan = { tasks: [{ id: "T1", scope: ["lib/new.ts"] }] };
    }),
    "pass",
  );
  assert.equal(await one(["src/**", "lib/**"]), "fail");
  assert.equal(await one(["**"]), "fail");
  assert.equal(await one(), "fail");
});

// req: N4-02
Deno.test("POLICY: a policy of the base ref that is not understood denies every transition", async () => {
  for (
    const [from, to] of [["explore", "plan"], ["implement", "verify"], ["review", "release"], [
      "release",
      "@completed",
    ]] as const
  ) {
    const decision = await judgeSample((input) => {
      input.transition = { from, to };
      input.policy = "approvers: [a\n";
    });
    assert.equal(decision.verdict, "deny");
    assert.match(
      ruleOf(decision, "repository-policy").findings[0]?.message ?? "",
      /Cannot read \.forge\/policy\.yaml/,
    );
  }
});

Deno.test("C9: what a reviewer found beside is kept with its place, and denies nothing", async () => {
  const decision = await judgeSample((input) => {
    if (input.review) {
      input.review.findings = [{
        message: "long function",
        path: "src/email.ts",
        line: 2,
        remediation: "split it",
      }, { message: "no place", remediation: "" }];
    }
  });
  const rule = ruleOf(decision, "claims");
  assert.equal(rule.verdict, "pass");
  assert.deepEqual(rule.findings, [{
    message: "long function",
    remediation: "split it",
    path: "src/email.ts",
    line: 2,
  }, { message: "no place", remediation: "" }]);
});

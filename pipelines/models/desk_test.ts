import assert from "node:assert/strict";
import { ask, RICH, two } from "./testing/ask.ts";
import {
  context,
  entry,
  fails,
  fakeProvider,
  meter,
  price,
  registryOf,
  says,
  testDesk,
  used,
} from "./testing/desk.ts";

Deno.test("an answer is paid by what the provider counted, and recorded without its text", async () => {
  const budget = meter(RICH);
  const one = fakeProvider("one", [says("done", { usage: used(100, 50), claimed: "a-2026" })]);
  const { desk } = testDesk(two, [one]);
  const ctx = context(budget);
  const answer = await desk.ask(ctx, ask());
  assert.ok(answer.ok);
  assert.equal(answer.value.reply.text, "done");
  assert.equal(answer.value.choice.model, "a");
  const [call] = answer.value.calls;
  assert.equal(answer.value.calls.length, 1);
  assert.equal(call?.costMicroUsd, 100 * 1 + 50 * 2);
  assert.equal(call?.claimed, "a-2026");
  assert.equal(call?.trouble, null);
  assert.ok((call?.reservedMicroUsd ?? 0) >= 1_000 * 2);
  assert.match(call?.prompt ?? "", /^sha256:/);
  assert.match(call?.reply ?? "", /^sha256:/);
  assert.equal(budget.spent("costMicroUsd"), 200);
  assert.equal(budget.spent("tokens"), 150);
  assert.equal(budget.open(), 0);
  assert.deepEqual(ctx.events.map(({ message }) => message), ["model.chosen", "model.called"]);
  assert.ok(!JSON.stringify(ctx.events).includes("Change it."));
});

Deno.test("nothing is sent that is not reserved first: tokens and cost, both or neither", async () => {
  for (
    const limits of [{ costMicroUsd: 2_500, tokens: 1_000_000 }, { costMicroUsd: 1_000_000, tokens: 1_050 }]
  ) {
    const one = fakeProvider("one", [says("done")]);
    const budget = meter(limits);
    const answer = await testDesk(registryOf(entry("a")), [one]).desk.ask(
      context(budget),
      ask({ messages: [{ role: "user", text: "x".repeat(1_000) }] }),
    );
    assert.ok(!answer.ok);
    assert.equal(answer.error.trouble, "budget");
    assert.deepEqual(
      [answer.error.failure.class, answer.error.failure.retryable],
      ["policy", false],
      "a human is asked",
    );
    assert.match(answer.error.failure.remedy ?? "", /--budget/);
    assert.equal(one.requests.length, 0);
    assert.equal(budget.spent("costMicroUsd") + budget.spent("tokens") + budget.open(), 0);
  }
});

Deno.test("usage that nobody told costs the whole reservation; a call that was refused at the door costs nothing", async () => {
  const budget = meter(RICH);
  const one = fakeProvider("one", [
    fails("cut-stream"),
    fails("overloaded"),
    says("done", { usageTold: false }),
  ]);
  const foreign = await testDesk(registryOf(entry("a")), [
    fakeProvider("one", [fails("unavailable", { worked: true })]),
  ]).desk.ask(context(meter(RICH)), ask());
  assert.ok(!foreign.ok);
  assert.deepEqual(
    foreign.error.calls.map((call) => [call.usage, call.costMicroUsd === call.reservedMicroUsd]),
    [[null, true]],
    "of another API nobody knows what it did",
  );
  const answer = await testDesk(registryOf(entry("a")), [one]).desk.ask(context(budget), ask());
  assert.ok(answer.ok);
  const costs = answer.value.calls.map((call) => [call.trouble, call.usage === null, call.costMicroUsd]);
  const whole = answer.value.calls[0]?.reservedMicroUsd;
  assert.deepEqual(costs, [["cut-stream", true, whole], ["overloaded", false, 0], [null, true, whole]]);
  assert.equal(budget.spent("costMicroUsd"), 2 * (whole ?? 0));
});

Deno.test("a model without a price is refused while the cost is capped; one on this machine costs nothing", async () => {
  const unpriced = registryOf(entry("a", { prices: [] }));
  const answer = await testDesk(unpriced, [fakeProvider("one", [says("done")])]).desk
    .ask(context(meter(RICH)), ask());
  assert.ok(!answer.ok);
  assert.equal(answer.error.trouble, "price-unknown");
  assert.match(answer.error.failure.remedy ?? "", /forge model update/);
  const local = registryOf(entry("a", { prices: [], locality: "local" }));
  const budget = meter({ costMicroUsd: 0, tokens: 100_000 });
  const free = await testDesk(local, [fakeProvider("one", [says("done", { usage: used(10, 5) })])]).desk
    .ask(context(budget), ask());
  assert.ok(free.ok);
  assert.equal(free.value.calls[0]?.costMicroUsd, 0);
  assert.equal(budget.spent("tokens"), 15);
});

Deno.test("a provider that throws has spent its reservation, and the bug is not hidden", async () => {
  const budget = meter(RICH);
  const one = fakeProvider("one", () => {
    throw new TypeError("a bug");
  });
  await assert.rejects(testDesk(registryOf(entry("a")), [one]).desk.ask(context(budget), ask()), /a bug/);
  assert.equal(budget.open(), 0);
  assert.ok(budget.spent("costMicroUsd") >= 2_000);
});

Deno.test("nothing that is kept holds a secret: not the prompt, nor the reply, nor what an error quotes", async () => {
  const canary = "sk-canary-0123456789";
  const kept: string[] = [];
  const ctx = context(meter(RICH));
  const blobs = {
    ...ctx.blobs,
    put: (bytes: Uint8Array | string) => {
      kept.push(typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes));
      return ctx.blobs.put(bytes);
    },
  };
  const one = fakeProvider("one", [
    says(`it is ${canary}`, {
      calls: [{ id: "1", tool: "read", args: { path: canary } }],
      stop: "tools",
      claimed: canary,
      requestId: canary,
    }),
  ]);
  const redact = async () => (text: string) => text.replaceAll(canary, "[redacted]");
  const answer = await testDesk(registryOf(entry("a")), [one], { redact }).desk.ask(
    { ...ctx, blobs },
    ask({
      system: canary,
      messages: [{ role: "user", text: canary }, {
        role: "assistant",
        text: "",
        calls: [{ id: "1", tool: "x", args: { [canary]: canary } }],
        opaque: { signed: canary },
      }, { role: "tool", call: "1", text: canary }],
    }),
  );
  assert.ok(answer.ok);
  assert.ok(!kept.join().includes(canary), kept.join("\n"));
  assert.ok(!JSON.stringify(ctx.events).includes(canary));
  assert.ok(!JSON.stringify(answer.value.calls).includes(canary));
  const told = await testDesk(registryOf(entry("a")), [
    fakeProvider("one", [fails("invalid-request", {
      failure: { class: "external", source: "provider", retryable: false, message: `key ${canary} is wrong` },
    })]),
  ], { redact }).desk.ask(context(meter(RICH)), ask());
  assert.ok(!told.ok && !JSON.stringify(told.error).includes(canary));
});

Deno.test("a provider that counts more than there can be is paid, and the ledger says by how much it was more", async () => {
  const budget = meter(RICH);
  const ctx = context(budget);
  const greedy = fakeProvider("one", [says("ok", { usage: used(1_000_000, 5) })]);
  assert.ok((await testDesk(registryOf(entry("a")), [greedy]).desk.ask(ctx, ask())).ok);
  assert.equal(budget.spent("costMicroUsd"), 1_000_010);
  assert.ok(ctx.events.some(({ message }) => message === "model.overrun"));
});

Deno.test("a text that could not be kept sends nothing, and is kept the next time", async () => {
  let full = true;
  const ctx = context(meter(RICH));
  const blobs = {
    ...ctx.blobs,
    put: (bytes: Uint8Array | string) => full ? Promise.reject(new Error("disk full")) : ctx.blobs.put(bytes),
  };
  const one = fakeProvider("one", [says("ok")]);
  const { desk } = testDesk(registryOf(entry("a")), [one]);
  const question = ask();
  await assert.rejects(desk.ask({ ...ctx, blobs }, question), /disk full/);
  assert.equal(one.requests.length, 0);
  full = false;
  assert.ok((await desk.ask({ ...ctx, blobs }, question)).ok);
});

Deno.test("a loop cleans each message once, however often it is sent", async () => {
  const cleaned: string[] = [];
  const redact = async () => (text: string) => {
    cleaned.push(text);
    return text;
  };
  const { desk } = testDesk(registryOf(entry("a")), [fakeProvider("one", [says("ok")])], { redact });
  const ctx = context(meter(RICH));
  const messages = [{ role: "user" as const, text: "the beginning" }];
  for (let times = 0; times < 3; times++) {
    assert.ok((await desk.ask(ctx, ask({ messages: [...messages] }))).ok);
    messages.push({ role: "user", text: `more ${times}` });
  }
  for (const text of ["the beginning", "more 0", "You change code."]) {
    assert.equal(cleaned.filter((one) => one === text).length, 1, text);
  }
});

Deno.test("a loop reserves by what was counted for its beginning, not by its bytes again", async () => {
  const long = "word ".repeat(4_000);
  const one = fakeProvider("one", [says("first", { usage: used(5_000, 10) })]);
  const { desk } = testDesk(registryOf(entry("a", { prices: [price(1, 0)] })), [one]);
  const ctx = context(meter(RICH));
  const beginning = [{ role: "user" as const, text: long }];
  const first = await desk.ask(ctx, ask({ messages: beginning }));
  const second = await desk.ask(
    ctx,
    ask({ messages: [...beginning, { role: "assistant", text: "first" }, { role: "user", text: "go on" }] }),
  );
  assert.ok(first.ok && second.ok);
  assert.ok((first.value.calls[0]?.reservedMicroUsd ?? 0) >= 20_000);
  const reserved = second.value.calls[0]?.reservedMicroUsd ?? 0;
  assert.ok(reserved > 5_000 && reserved < 5_500, String(reserved));
});

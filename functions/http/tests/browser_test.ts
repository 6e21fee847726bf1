import assert from "node:assert/strict";
import { inBrowser } from "./signed_in.ts";
import { chromium } from "./browser.ts";
import { decision, DIGEST, serviceDouble } from "./service_double.ts";

const ignore = chromium === null;

Deno.test({
  name: `the dashboard in Chromium: live events, answers, no key in reach of a script${
    ignore ? " (no Chromium here)" : ""
  }`,
  ignore,
  sanitizeResources: false,
  async fn() {
    const service = serviceDouble();
    await inBrowser(service, async ({ url, key, tab }) => {
      assert.equal(await tab.evaluate("document.cookie"), "", "the session is out of a script's reach");
      assert.equal(await tab.evaluate("location.href"), `${url}/`);
      const secret = key.split(".")[1] ?? "-";
      assert.equal(
        await tab.evaluate(`document.documentElement.outerHTML.includes(${JSON.stringify(secret)})`),
        false,
      );

      const run = service.add("running", { title: "<img src=x onerror=document.title=1>" });
      await tab.goto(`${url}/runs/${run}`);
      await tab.until(`document.querySelector("#live")?.dataset.state === "live"`);
      await tab.evaluate(`document.querySelector(".events details").open = true`);
      service.append(run, { type: "phase.progress", v: 1, payload: { phase: "plan", message: "it moves" } });
      await tab.until(`document.querySelector(".events").textContent.includes("it moves")`);
      assert.equal(
        await tab.evaluate(`document.querySelector('details[data-key="event-1"]').open`),
        true,
        "what was open stays so",
      );
      assert.equal(await tab.evaluate("document.images.length"), 0);

      service.decided = [decision("escalate", "plan", "implement")];
      const escalation = {
        reason: "why",
        question: "May it go on?",
        subject: DIGEST,
        options: ["approve", "reject"],
      };
      service.change(run, { status: "escalated", escalation });
      service.append(run, { type: "escalation.opened", v: 1, payload: escalation });
      await tab.until(`document.querySelector("#question")?.textContent === "May it go on?"`);
      await tab.evaluate(`document.querySelector("input[value=approve]").click()`);
      service.append(run, {
        type: "phase.progress",
        v: 1,
        payload: { phase: "plan", message: "while a human writes" },
      });
      await tab.until(`document.querySelector(".events").textContent.includes("while a human writes")`);
      assert.equal(
        await tab.evaluate(`document.querySelector("input[value=approve]").checked`),
        true,
        "nobody's answer is lost",
      );
      await tab.evaluate(`document.querySelector("#run-answer form").requestSubmit()`);
      for (const end = performance.now() + 10_000; service.acted.length === 0 && performance.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.deepEqual(service.acted.map(({ action }) => action), [
        { action: "answer", choice: "approve", subject: DIGEST, selfApproved: true },
      ]);

      const refused = tab.console.filter((entry) =>
        /Content Security Policy|Refused|exceptionDetails/i.test(entry)
      );
      assert.deepEqual(refused, []);
    });
  },
});

Deno.test({
  name: `the dashboard in Chromium without script, narrow and by keyboard${
    ignore ? " (no Chromium here)" : ""
  }`,
  ignore,
  sanitizeResources: false,
  async fn() {
    const service = serviceDouble();
    await inBrowser(service, async ({ url, tab }) => {
      const run = service.add("denied", { title: "A title of " + "unbreakable".repeat(20) });
      service.decided = [decision("deny", "plan", "implement")];
      await tab.script(false);
      await tab.goto(`${url}/runs/${run}`);
      await tab.script(true);
      const text = await tab.evaluate<string>("document.body.innerText");
      for (const part of ["Denied", "test-inventory", "Keep the test", "L1", "L4"]) {
        assert.ok(text.includes(part), part);
      }

      for (const width of [320, 390, 768, 1280]) {
        await tab.resize(width, 800);
        for (const path of ["/", `/runs/${run}`, "/pulls", "/evidence", "/policies", "/docs"]) {
          await tab.goto(url + path);
          const over = await tab.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
          assert.ok(over <= 0, `${path} is ${over} pixels too wide for ${width}`);
        }
      }
      const unnamed = await tab.evaluate<string[]>(`
        [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
          .filter((e) => !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label")))
          .map((e) => e.outerHTML)
      `);
      assert.deepEqual(unnamed, []);
    });
  },
});

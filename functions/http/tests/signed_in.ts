import { type AppOptions, createApp } from "../app.ts";
import { keyRing } from "../keyring.ts";
import { openBrowser, type Tab } from "./browser.ts";

export interface Page {
  readonly url: string;
  readonly key: string;
  readonly tab: Tab;
}

/** The dashboard over a service in a browser, signed in through its form. */
export async function inBrowser(
  service: AppOptions["service"],
  fn: (page: Page) => Promise<void>,
  given: Partial<AppOptions> = {},
): Promise<void> {
  const keys = keyRing();
  const made = await keys.ephemeral("operator");
  if (!made.ok) throw new Error(made.error.message);
  const stopping = new AbortController();
  const app = createApp({
    service,
    keys,
    allowedHosts: ["127.0.0.1"],
    loopback: true,
    version: "0.0.0",
    stopping: stopping.signal,
    audit() {},
    ...given,
  });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => app.fetch(request, {}),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const browser = await openBrowser();
  try {
    const tab = await browser.tab();
    await tab.goto(`${url}/`);
    await tab.evaluate(`
      document.querySelector("#key").value = ${JSON.stringify(made.value)};
      document.querySelector("form").requestSubmit();
    `);
    await tab.until(`document.querySelector("h1")?.textContent === "Runs"`);
    await fn({ url, key: made.value, tab });
  } finally {
    await browser.close();
    stopping.abort();
    await server.shutdown();
  }
}

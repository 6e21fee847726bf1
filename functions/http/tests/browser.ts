/** Drives Debian's Chromium over its DevTools protocol, as far as these tests need it. */

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine, or null. */
export const chromium: string | null = CANDIDATES.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}) ?? null;

export interface Tab {
  goto(url: string): Promise<void>;
  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is truthy. */
  until(expression: string, timeoutMs?: number): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  scheme(name: "light" | "dark"): Promise<void>;
  script(on: boolean): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** What the console said, with errors of the security policy. */
  readonly console: string[];
}

export interface Browser {
  tab(): Promise<Tab>;
  close(): Promise<void>;
}

type Reply = { id?: number; result?: Record<string, unknown>; error?: { message: string } };
type Notice = { method?: string; sessionId?: string; params?: Record<string, unknown> };

/** Starts the browser with a profile of its own. */
export async function openBrowser(): Promise<Browser> {
  if (chromium === null) throw new Error("Chromium is not installed");
  const profile = await Deno.makeTempDir({ prefix: "forge-browser-" });
  const process = new Deno.Command(chromium, {
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const { address, drained } = devtools(process.stderr);
  const socket = new WebSocket(await address);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the browser does not answer"));
  });

  let last = 0;
  const waiting = new Map<number, (reply: Reply) => void>();
  const listeners = new Set<(notice: Notice) => void>();
  socket.onmessage = ({ data }) => {
    const message: Reply & Notice = JSON.parse(data);
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    else for (const listener of listeners) listener(message);
  };
  const call = (method: string, params: Record<string, unknown> = {}, sessionId?: string) => {
    const id = ++last;
    return new Promise<Record<string, unknown>>((resolve, reject) => {
      waiting.set(id, (reply) => {
        waiting.delete(id);
        if (reply.error !== undefined) reject(new Error(`${method}: ${reply.error.message}`));
        else resolve(reply.result ?? {});
      });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
  };

  return {
    async tab() {
      const { targetId } = await call("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
      if (typeof sessionId !== "string") throw new Error("the browser gave no session");
      return await openTab((method, params) => call(method, params, sessionId), sessionId, listeners);
    },
    async close() {
      await call("Browser.close").catch(() => {});
      const closed = new Promise<void>((resolve) => {
        if (socket.readyState === WebSocket.CLOSED) resolve();
        socket.onclose = () => resolve();
      });
      await process.status;
      await drained;
      await closed;
      await Deno.remove(profile, { recursive: true }).catch(() => {});
    },
  };
}

async function openTab(
  call: (method: string, params?: Record<string, unknown>) => Promise<Record<string, unknown>>,
  sessionId: string,
  listeners: Set<(notice: Notice) => void>,
): Promise<Tab> {
  const said: string[] = [];
  const loaded = new Set<unknown>();
  let onLoad: (() => void) | undefined;
  listeners.add((notice) => {
    if (notice.sessionId !== sessionId) return;
    if (notice.method === "Page.lifecycleEvent" && notice.params?.name === "load") {
      loaded.add(notice.params.loaderId);
      onLoad?.();
    }
    if (notice.method === "Log.entryAdded") said.push(JSON.stringify(notice.params?.entry));
    if (notice.method === "Runtime.exceptionThrown") said.push(JSON.stringify(notice.params));
  });
  await call("Page.enable");
  await call("Page.setLifecycleEventsEnabled", { enabled: true });
  await call("Runtime.enable");
  await call("Log.enable");
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  };
  return {
    console: said,
    evaluate,
    async goto(url) {
      // By its loader: the load of the page before may come late.
      const { loaderId } = await call("Page.navigate", { url });
      await new Promise<void>((resolve) => {
        onLoad = () => {
          if (loaded.has(loaderId)) resolve();
        };
        onLoad();
      });
    },
    async until(expression, timeoutMs = 10_000) {
      for (const end = performance.now() + timeoutMs; performance.now() < end;) {
        // A page that is being replaced cannot answer; the next one can.
        if (await evaluate<boolean>(`Boolean(${expression})`).catch(() => false)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`this did not become true in the page: ${expression}`);
    },
    async resize(width, height) {
      await call("Emulation.setDeviceMetricsOverride", {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: width < 500,
      });
    },
    async scheme(name) {
      await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: name }] });
    },
    async script(on) {
      await call("Emulation.setScriptExecutionDisabled", { value: !on });
    },
    async screenshot(path) {
      const { data } = await call("Page.captureScreenshot", { captureBeyondViewport: true });
      await Deno.writeFile(path, Uint8Array.from(atob(String(data)), (c) => c.charCodeAt(0)));
    },
  };
}

/** The address that the browser prints, and the end of what else it prints. */
function devtools(errors: ReadableStream<Uint8Array>): { address: Promise<string>; drained: Promise<void> } {
  const { promise: address, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of errors) {
      if (text.length < 20_000) text += decoder.decode(chunk, { stream: true });
      const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    }
    reject(new Error(`the browser did not start: ${text.slice(0, 500)}`));
  };
  return { address, drained: read() };
}

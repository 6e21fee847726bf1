/** A loopback endpoint with the settings of a sink to it, for one test. */
import { SinkSettings } from "../../../specs/foundry/mod.ts";
import { httpPool } from "../../net/pool.ts";
import type { HttpSinkOptions } from "../http.ts";
import { type HttpEndpoint, httpEndpoint } from "./http_server.ts";

export type HttpSettings = Extract<SinkSettings, { type: "http" }>;

export interface EndpointPlace {
  readonly server: HttpEndpoint;
  readonly settings: HttpSettings;
  readonly options: HttpSinkOptions;
  /** A directory that is removed after the test. */
  readonly dir: string;
  /** What the client waited for, in order. */
  readonly waits: number[];
}

export const SECRET = "secret-of-the-endpoint-0123";

export async function withEndpoint(test: (place: EndpointPlace) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "endpoint-" });
  const server = httpEndpoint();
  const waits: number[] = [];
  let passedMs = 0;
  const pool = httpPool({
    clock: {
      now: () => Date.now() + passedMs,
      sleep(ms, signal) {
        waits.push(ms);
        passedMs += ms;
        signal?.throwIfAborted();
        return Promise.resolve();
      },
    },
  });
  try {
    await test({
      server,
      dir,
      waits,
      settings: SinkSettings.parse({ type: "http", url: server.url, batch: 2 }) as HttpSettings,
      options: {
        pool,
        network: { allowPrivate: true },
        secret: () => SECRET,
        vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
        state: `${dir}/state/endpoint.db`,
        scratch: `${dir}/scratch`,
        retries: 3,
      },
    });
  } finally {
    pool.close();
    await server.close();
    await Deno.remove(dir, { recursive: true });
  }
}

/** A loopback store with the settings of a sink over it, for one test. */
import type { SinkSettings } from "../../../specs/foundry/mod.ts";
import { httpPool, type HttpPoolOptions } from "../../net/pool.ts";
import type { S3SinkOptions } from "../s3.ts";
import { type S3Server, s3Server, type S3ServerOptions } from "./s3_server.ts";

export type S3Settings = Extract<SinkSettings, { type: "s3" }>;

export interface StorePlace {
  readonly server: S3Server;
  readonly settings: S3Settings;
  readonly options: S3SinkOptions;
  /** A directory that is removed after the test. */
  readonly dir: string;
  /** What the client waited for, in order. */
  readonly waits: number[];
}

export async function withStore(
  options: S3ServerOptions,
  test: (place: StorePlace) => Promise<void>,
  pooled: Partial<HttpPoolOptions> = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "s3-" });
  const server = s3Server(options);
  const waits: number[] = [];
  const pool = httpPool({
    clock: {
      now: () => Date.now(),
      sleep(ms, signal) {
        waits.push(ms);
        signal?.throwIfAborted();
        return Promise.resolve();
      },
    },
    ...pooled,
  });
  const { by } = server;
  const values: Record<string, string | undefined> = {
    "env:S3_ID": by.accessKeyId,
    "env:S3_KEY": by.secretAccessKey,
    "env:S3_TOKEN": by.sessionToken,
  };
  try {
    await test({
      server,
      dir,
      waits,
      settings: {
        type: "s3",
        endpoint: server.endpoint,
        bucket: server.bucket,
        prefix: "lake/dt=2026/",
        region: by.region,
        addressing: "path",
        accessKeyId: "env:S3_ID",
        secretAccessKey: "env:S3_KEY",
        ...(by.sessionToken === undefined ? {} : { sessionToken: "env:S3_TOKEN" }),
        format: "jsonl",
      },
      options: {
        pool,
        network: { allowPrivate: true },
        secret: (reference) => values[reference] ?? "",
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

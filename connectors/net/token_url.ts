/** Posts to an OAuth token URL: guarded like all else, never retried by itself, as a refresh token may work once only. */
import { DataFailure } from "../data/port.ts";
import type { Json } from "../../specs/mod.ts";
import { collect, inflated } from "./body.ts";
import type { HttpClientOptions } from "./client_options.ts";
import { NotJson, parseJson } from "./lossless_json.ts";
import { type OAuthSettings, type TokenKeeper, tokenKeeper } from "./oauth.ts";
import { digest } from "./credential.ts";
import type { HttpPool } from "./pool.ts";
import { excerpt } from "./verdict.ts";
import { limitEnds } from "./waiting.ts";
import { WireFault } from "./wire.ts";

const TOKEN_MS = 30_000;
const MAX_BYTES = 1_000_000;

/** One keeper per grant, so that all streams of a connector renew together. */
export function keeperFor(
  pool: HttpPool,
  options: Pick<HttpClientOptions, "connector" | "secret" | "vault" | "network">,
  settings: OAuthSettings,
): TokenKeeper {
  const key = digest(JSON.stringify([options.connector, settings]));
  let keeper = pool.keepers.get(key);
  if (keeper === undefined) {
    keeper = tokenKeeper({
      settings,
      secret: options.secret,
      vault: options.vault,
      clock: pool.clock,
      hidden: pool.hidden,
      post: (form) => post(pool, options, settings, form),
    });
    pool.keepers.set(key, keeper);
  }
  return keeper;
}

async function post(
  pool: HttpPool,
  { connector, network }: Pick<HttpClientOptions, "connector" | "network">,
  settings: OAuthSettings,
  form: Record<string, string>,
): Promise<{ status: number; json: Json }> {
  let url: URL;
  try {
    url = new URL(settings.tokenUrl);
  } catch {
    throw new DataFailure(
      "invalid",
      `The tokenUrl of connector ${connector} is not a URL`,
      "Correct it in the env file.",
    );
  }
  const shown = pool.hidden.url(url);
  const addresses = await pool.guard.admit(url, network);
  const transient = (why: string, untilMs?: number) =>
    new DataFailure(
      untilMs === undefined ? "transient" : "rate-limited",
      pool.hidden.hide(`POST ${shown} (the token URL of connector ${connector}) failed: ${why}`),
      "Run again later; the run goes on where it stopped.",
      untilMs === undefined ? {} : { untilMs },
    );
  try {
    const signal = AbortSignal.timeout(TOKEN_MS);
    const reply = await pool.wire.exchange({
      url,
      addresses,
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "edgeforge",
      },
      body: new TextEncoder().encode(new URLSearchParams(form).toString()),
      connectMs: TOKEN_MS,
      headMs: TOKEN_MS,
      idleMs: TOKEN_MS,
      signal,
    });
    const body = await collect(inflated(reply.body, reply.headers.get("content-encoding"), MAX_BYTES));
    const said = excerpt(pool.hidden.hideCut(new TextDecoder().decode(body.subarray(0, 4000))));
    if (reply.status === 429) {
      throw transient(
        `429: ${said}`,
        limitEnds(reply.headers, pool.clock.now()) ?? pool.clock.now() + 60_000,
      );
    }
    if (reply.status >= 500) throw transient(`the server answers ${reply.status}: ${said}`);
    let json: Json = null;
    try {
      json = parseJson(body);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
    }
    return { status: reply.status, json };
  } catch (error) {
    if (error instanceof DataFailure) throw error;
    if (error instanceof WireFault || (error as Error).name === "TimeoutError") {
      throw transient((error as Error).message);
    }
    throw error;
  }
}

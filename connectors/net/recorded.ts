/** Recorded answers instead of a network: dry runs of a definition, fixtures of tests. All else is as with a real server. */
import type { Clock } from "../../kernel/mod.ts";
import { DataFailure } from "../data/port.ts";
import { type HttpPool, httpPool } from "./pool.ts";
import type { WireRequest } from "./wire.ts";

export interface Recording {
  /** GET unless told. */
  readonly method?: string;
  /** Whole, or from the path on; parameters of the query in any order. */
  readonly url: string;
  /** 200 unless told. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** A pool whose clients get the recordings, each in its turn, the last one of a URL again and again. Nothing is connected. */
export function recordedPool(recordings: readonly Recording[], clock: Clock): HttpPool {
  const used = new Map<string, number>();
  const byKey = Map.groupBy(
    recordings,
    (one) => keyOf(one.method ?? "GET", new URL(one.url, "http://recorded.invalid")),
  );
  return {
    ...httpPool({ clock, random: () => 1 }),
    guard: { admit: () => Promise.resolve(["192.0.2.1"]) },
    wire: {
      exchange(request: WireRequest) {
        const key = keyOf(request.method, request.url);
        const list = byKey.get(key) ?? [];
        const turn = used.get(key) ?? 0;
        used.set(key, turn + 1);
        const one = list[Math.min(turn, list.length - 1)];
        if (one === undefined) {
          return Promise.reject(
            new DataFailure(
              "not-found",
              `No answer is recorded for ${request.method} ${request.url.pathname}${request.url.search}`,
              `Record it; there are ${[...byKey.keys()].slice(0, 10).join(", ") || "none"}.`,
            ),
          );
        }
        const body = new TextEncoder().encode(
          one.body === undefined ? "" : typeof one.body === "string" ? one.body : JSON.stringify(one.body),
        );
        const headers = new Headers(one.headers);
        if (typeof one.body !== "string" && !headers.has("content-type")) {
          headers.set("content-type", "application/json");
        }
        return Promise.resolve({
          status: one.status ?? 200,
          headers,
          body: (async function* () {
            if (body.length > 0) yield body;
          })(),
          destroy: () => {},
        });
      },
      close: () => {},
    },
  };
}

function keyOf(method: string, url: URL): string {
  const query = new URLSearchParams(
    [...url.searchParams].sort(([a, x], [b, y]) => a < b || (a === b && x < y) ? -1 : 1),
  );
  return `${method.toUpperCase()} ${url.pathname}${query.size > 0 ? `?${query}` : ""}`;
}

import type { RegistryEntry } from "../../specs/mod.ts";
import { DataFailure, type HttpClient } from "../data/port.ts";
import { httpClient } from "../net/client.ts";
import type { NetworkPolicy } from "../net/host_guard.ts";
import type { HttpPool } from "../net/pool.ts";
import { entry } from "./answer.ts";
import { askCrates } from "./crates.ts";
import { askGo } from "./go.ts";
import { askNpm } from "./npm.ts";
import type { PackageQuery, PackageRegistries } from "./port.ts";
import { askPypi } from "./pypi.ts";

/** Where the registries answer, without a slash at the end. */
interface RegistryAddresses {
  readonly npm: string;
  readonly npmDownloads: string;
  readonly pypi: string;
  readonly crates: string;
  readonly goProxy: string;
  readonly goSums: string;
}

const PUBLIC: RegistryAddresses = {
  npm: "https://registry.npmjs.org",
  npmDownloads: "https://api.npmjs.org",
  pypi: "https://pypi.org",
  crates: "https://crates.io",
  goProxy: "https://proxy.golang.org",
  goSums: "https://sum.golang.org",
};

interface RegistriesOptions {
  /** Made when the first question is asked, and closed after the last answer. */
  readonly pool: () => HttpPool;
  readonly addresses?: Partial<RegistryAddresses>;
  readonly network?: NetworkPolicy;
  readonly userAgent: string;
}

/** Requests at once: registries are public and shared, crates.io asks for one a second. */
const AT_ONCE = 4;
const WAIT_MS = 20_000;

/** Asks the public registries over HTTP. A question that fails is answered `unreachable`: whoever judges has to say what that means. */
export function httpRegistries(options: RegistriesOptions): PackageRegistries {
  const addresses = { ...PUBLIC, ...options.addresses };
  return {
    async look(queries, signal) {
      if (queries.length === 0) return [];
      const pool = options.pool();
      try {
        const client = (connector: string, baseUrl: string, requestsPerSecond: number): HttpClient =>
          httpClient(pool, {
            connector,
            settings: { baseUrl, userAgent: options.userAgent, requestsPerSecond, timeoutSeconds: 30 },
            network: options.network ?? { allowPrivate: false },
            secret: (reference) => {
              throw new DataFailure(
                "auth",
                `Registries need no credentials, and ${reference} is none of theirs`,
                "Ask without.",
              );
            },
            vault: { get: () => Promise.resolve(null), put: () => Promise.resolve() },
            abort: signal,
            waitBudgetMs: WAIT_MS,
            retries: 2,
          });
        const clients = {
          npm: client("npm", addresses.npm, 20),
          downloads: client("npm", addresses.npmDownloads, 10),
          pypi: client("pypi", addresses.pypi, 10),
          crates: client("crates.io", addresses.crates, 1),
          proxy: client("go", addresses.goProxy, 20),
          sums: client("go", addresses.goSums, 10),
        };
        const both = (one: HttpClient, other: HttpClient, host: string): HttpClient => ({
          ...one,
          request: (request) => (request.url.startsWith(host) ? other : one).request(request),
        });
        const ask = (query: PackageQuery): Promise<RegistryEntry> => {
          switch (query.ecosystem) {
            case "npm":
              return askNpm(
                both(clients.npm, clients.downloads, addresses.npmDownloads),
                { registry: addresses.npm, downloads: addresses.npmDownloads },
                query,
              );
            case "pypi":
              return askPypi(clients.pypi, addresses.pypi, query);
            case "cargo":
              return askCrates(clients.crates, addresses.crates, query);
            case "go":
              return askGo(
                both(clients.proxy, clients.sums, addresses.goSums),
                { proxy: addresses.goProxy, sums: addresses.goSums },
                query,
              );
            case "jsr":
            case "maven":
            case "url":
              return Promise.resolve(entry(query, "unreachable"));
          }
        };
        return await inTurns(queries, async (query) => {
          try {
            return await ask(query);
          } catch (error) {
            // Whoever stops the run is heard; all else is an answer that did not come.
            if (signal.aborted || !(error instanceof DataFailure)) throw error;
            return entry(query, "unreachable");
          }
        });
      } finally {
        pool.close();
      }
    },
  };
}

/** All of them, a few at once, answered in the order in which they were asked. */
async function inTurns<A, B>(all: readonly A[], ask: (one: A) => Promise<B>): Promise<B[]> {
  const answers: B[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, async () => {
    while (next < all.length) {
      const at = next++;
      answers[at] = await ask(all[at] as A);
    }
  }));
  return answers;
}

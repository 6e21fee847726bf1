/** Which hosts a connector may reach, and at which addresses: names are resolved here, and only here. */
import { DataFailure } from "../data/port.ts";
import { isAddress, isMetadata, isPublic } from "./address.ts";

export type Resolve = (host: string) => Promise<string[]>;

export interface NetworkPolicy {
  /** Lets private, loopback and other local addresses through. Only an env file says so. */
  readonly allowPrivate: boolean;
  /** The only hosts (`host` or `host:port`) that may be reached, when given. */
  readonly hosts?: readonly string[];
}

export interface HostGuard {
  /**
   * The addresses that a URL's host has now, all of them checked; whoever connects uses one of these and asks no name server
   * again, so that a second answer (DNS rebinding) finds nobody who listens. Throws `refused`, or `transient` when no name server
   * answers.
   */
  admit(url: URL, policy: NetworkPolicy): Promise<readonly string[]>;
}

/** Answers are kept for a while: an address that was checked stays checked. */
const KEPT_MS = 60_000;
const MOST_KEPT = 1000;

export function hostGuard(resolve: Resolve = resolveAll, now: () => number = Date.now): HostGuard {
  const known = new Map<string, { addresses: readonly string[]; atMs: number }>();
  return {
    async admit(url, policy) {
      const host = hostOf(url);
      if (policy.hosts !== undefined && !isListed(url, policy.hosts)) {
        throw new DataFailure(
          "refused",
          `Cannot reach ${url.host}: the env file lists the hosts that may be reached, and this is none of them`,
          "Add it to `network.hosts` of the env file when it is meant to be reached.",
        );
      }
      let entry = known.get(host);
      if (entry === undefined || now() - entry.atMs > KEPT_MS || now() < entry.atMs) {
        entry = { addresses: await addressesOf(host, resolve), atMs: now() };
        if (known.size >= MOST_KEPT) known.clear();
        known.set(host, entry);
      }
      const local = entry.addresses.find((address) =>
        policy.allowPrivate ? isMetadata(address) : !isPublic(address)
      );
      if (local !== undefined) {
        throw new DataFailure(
          "refused",
          `Cannot reach ${url.host}: its address ${local} is not on the public internet`,
          "Name a public host; the env file's `network: { allowPrivate: true }` lets private addresses through, but for link-local ones.",
        );
      }
      return entry.addresses;
    },
  };
}

/** Whether a list of `host` and `host:port` names the URL's host. */
export function isListed(url: URL, hosts: readonly string[]): boolean {
  return hosts.some((one) => {
    const name = one.trim().toLowerCase().replace(/\.$/, "");
    return name === url.host || name === url.hostname || name === `${url.hostname}:${portOf(url)}`;
  });
}

export const portOf = (url: URL): number =>
  url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);

/** The URL parser has brought `0x7f.1`, `2130706433` and `0177.0.0.1` into the usual form already. */
function hostOf(url: URL): string {
  const host = url.hostname;
  return host.startsWith("[") ? host.slice(1, -1) : host.replace(/\.$/, "");
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  if (isAddress(host)) return [host];
  let addresses: string[];
  try {
    addresses = await resolve(host);
  } catch (error) {
    throw new DataFailure(
      "transient",
      `Cannot reach ${host}: no address was found for it (${error instanceof Error ? error.message : error})`,
      "Check the name, and that this machine can resolve names.",
      { cause: error },
    );
  }
  const strange = addresses.find((address) => !isAddress(address));
  if (addresses.length === 0 || strange !== undefined) {
    throw new DataFailure(
      "refused",
      `Cannot reach ${host}: ${
        strange === undefined ? "it has no address" : `${strange} is no usable address`
      }`,
      "Check the name.",
    );
  }
  return addresses;
}

/** As other programs of this machine resolve: hosts file included. */
async function resolveAll(host: string): Promise<string[]> {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

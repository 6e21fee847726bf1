import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { DataFailure } from "../data/port.ts";
import { isPublic } from "../net/address.ts";
import { type HostGuard, hostGuard, type NetworkPolicy } from "../net/host_guard.ts";
import type { Target } from "./postgres_target.ts";

const CONNECT_MS = 20_000;

/**
 * A connection to a database server at an address that the network guard let through, with TLS as the target asks. The address that
 * was checked is the one that is connected to.
 */
export async function databaseSocket(
  target: Target,
  network: NetworkPolicy,
  guard: HostGuard = hostGuard(),
): Promise<Socket> {
  const { connect, isIP } = await import("node:net");
  if (target.host.startsWith("/")) {
    if (!network.allowPrivate) {
      throw new DataFailure(
        "refused",
        `Cannot reach ${target.shown}: a Unix socket is not on the public internet`,
        "The env file's `network: { allowPrivate: true }` lets it through.",
      );
    }
    return await opened(connect({ path: `${target.host}/.s.PGSQL.${target.port}` }), target);
  }
  const name = isIP(target.host) === 6 ? `[${target.host}]` : target.host;
  const addresses = await guard.admit(new URL(`https://${name}:${target.port}/`), network);
  let last: unknown;
  for (const address of addresses) {
    try {
      const socket = await opened(connect({ host: address, port: target.port }), target);
      const isNear = !isPublic(address);
      const mode = target.tls ?? (isNear ? "prefer" : "verify-full");
      return mode === "disable" ? socket : await withTls(socket, target, mode);
    } catch (error) {
      if (error instanceof DataFailure) throw error;
      last = error;
    }
  }
  throw last;
}

async function opened(socket: Socket, target: Target): Promise<Socket> {
  await happens(socket, "connect", target);
  socket.setNoDelay(true);
  return socket;
}

/** Waits for an event; an error, the end or too long a wait destroys the socket. */
async function happens(socket: Socket, event: string, target: Target): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => reject(lost("ETIMEDOUT", target)), CONNECT_MS);
  const closed = () => reject(lost("ECONNRESET", target));
  socket.once(event, resolve);
  socket.once("error", reject);
  socket.once("close", closed);
  try {
    return await promise;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off(event, resolve);
    socket.off("error", reject);
    socket.off("close", closed);
  }
}

const lost = (code: string, target: Target): Error =>
  Object.assign(new Error(`No answer from ${target.shown}`), { code });

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function withTls(
  plain: Socket,
  target: Target,
  mode: "prefer" | "require" | "verify-full",
): Promise<Socket> {
  const [{ isIP }, { connect }] = await Promise.all([import("node:net"), import("node:tls")]);
  plain.write(SSL_REQUEST);
  const answer = await happens(plain, "data", target) as Buffer;
  // More than the one byte would be words that somebody put in before the encryption began.
  if (answer.length !== 1) {
    plain.destroy();
    throw new DataFailure(
      "refused",
      `Cannot reach ${target.shown}: it sent more than an answer before TLS began`,
      "Check that nobody sits between here and the server, and that the port is PostgreSQL's",
    );
  }
  if (answer[0] !== 0x53) {
    if (mode === "prefer") return plain;
    plain.destroy();
    throw new DataFailure(
      "refused",
      `Cannot reach ${target.shown}: the server has no TLS, and the sink asks for it (tls: ${mode})`,
      "Switch TLS on at the server, or say tls: disable in the env file where the network is trusted",
    );
  }
  const ca = target.caFile === null ? {} : { ca: await authorities(target.caFile) };
  const safe = connect({
    socket: plain,
    host: target.host,
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    rejectUnauthorized: mode === "verify-full",
    ...ca,
  });
  try {
    await happens(safe, "secureConnect", target);
  } catch (error) {
    plain.destroy();
    throw new DataFailure(
      "refused",
      `Cannot reach ${target.shown}: no TLS with a certificate that holds (${
        error instanceof Error ? error.message.slice(0, 200) : "unknown"
      })`,
      "Name the server as its certificate does, and its authority by caFile; tls: require does not check the certificate",
    );
  }
  return safe;
}

async function authorities(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new DataFailure(
      "invalid",
      `Cannot read the sink's caFile ${path}: ${error instanceof Error ? error.message : error}`,
      "Name a PEM file",
    );
  }
}

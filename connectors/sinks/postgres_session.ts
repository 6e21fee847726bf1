import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { HostGuard, NetworkPolicy } from "../net/host_guard.ts";
import { redaction } from "../net/redaction.ts";
import { failureOf } from "./postgres_failure.ts";
import { databaseSocket } from "./postgres_socket.ts";
import type { Target } from "./postgres_target.ts";

export type TextRow = Record<string, string | null>;
export type Parameter = string | number | null;

/** One connection. Its first failure is its last: whoever wants to go on opens another. */
export interface Session {
  /** Rows of a statement; columns that are not cast to text come as the driver reads them. */
  rows(text: string, parameters?: readonly Parameter[]): Promise<TextRow[]>;
  /** How many rows a statement touched. */
  run(text: string, parameters?: readonly Parameter[]): Promise<number>;
  /** Bytes of `COPY ... FROM STDIN`. */
  copy(text: string): Promise<CopyIn>;
  /** Ends the connection; what is not committed is rolled back by the server. */
  close(): Promise<void>;
}

export interface CopyIn {
  /** Comes back when the bytes are with the network: nothing piles up here. */
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** What is used of the driver: one statement at a time over one connection. */
interface Query extends Promise<unknown> {
  writable(): Promise<Writable>;
  reject(error: unknown): void;
}

export async function openSession(
  target: Target,
  network: NetworkPolicy,
  guard?: HostGuard,
): Promise<Session> {
  const place = target.shown;
  const { password, user, database } = target;
  const hidden = redaction();
  if (password !== user && password !== database) hidden.add(password);
  let socket: Socket | null = null;
  try {
    socket = await databaseSocket(target, network, guard);
  } catch (error) {
    throw failureOf(error, place, hidden.hide);
  }
  const { default: postgres } = await import("postgres");
  const wire = socket;
  let taken = false;
  // Everything is said here: what is left out, the driver would take from PG... variables of this process.
  const sql = postgres(
    {
      host: "localhost",
      port: target.port,
      path: "",
      database: target.database,
      username: target.user,
      pass: target.password,
      ssl: false,
      max: 1,
      prepare: false,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: 30,
      keep_alive: 30,
      max_pipeline: 1,
      debug: false,
      target_session_attrs: undefined,
      onnotice: () => {},
      connection: { application_name: "edgeforge" },
      // The driver would connect anew, without end, to a server that hangs up; a new connection has lost the transaction anyway.
      socket: () => {
        if (taken) {
          throw Object.assign(new Error("The server closed the connection"), {
            code: "CONNECTION_CLOSED",
          });
        }
        taken = true;
        return wire;
      },
    } as unknown as Parameters<typeof postgres>[0],
  );
  let dead: unknown = null;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead !== null) throw dead;
    try {
      return await work();
    } catch (error) {
      dead = failureOf(error, place, hidden.hide);
      throw dead;
    }
  };
  const send = (text: string, parameters: readonly Parameter[]): Query =>
    sql.unsafe(text, [...parameters]) as unknown as Query;
  return {
    rows: (text, parameters = []) =>
      guarded(async () => [...await send(text, parameters) as unknown as TextRow[]]),
    run: (text, parameters = []) =>
      guarded(async () =>
        Number((await send(text, parameters) as unknown as { count: number | null }).count ?? 0)
      ),
    copy: (text) => guarded(() => copyIn(send(text, []), guarded)),
    async close() {
      dead ??= new Error("The session is closed");
      const closed = new Promise<void>((resolve) => {
        if (wire.destroyed) resolve();
        else wire.once("close", () => resolve());
      });
      await sql.end({ timeout: 0 }).catch(() => {});
      wire.destroy();
      await closed;
    },
  };
}

async function copyIn(query: Query, guarded: <T>(work: () => Promise<T>) => Promise<T>): Promise<CopyIn> {
  const stream = await query.writable();
  let failure: unknown = null;
  let waiting: ((error: unknown) => void) | null = null;
  const fail = (error: unknown) => {
    failure ??= error;
    waiting?.(failure);
  };
  // The driver has kept its promise once the copy begins, and tells what the server says later to nobody else.
  query.reject = fail;
  stream.on("error", fail);
  const step = (work: (done: (error?: unknown) => void) => void): Promise<void> =>
    guarded(() =>
      new Promise<void>((resolve, reject) => {
        if (failure !== null) return reject(failure);
        waiting = reject;
        work((error) => error == null ? resolve() : reject(failure ?? error));
      }).finally(() => waiting = null)
    );
  return {
    write: (bytes) => step((done) => stream.write(bytes, done)),
    end: () =>
      step((done) => {
        stream.once("finish", () => done());
        stream.end();
      }),
  };
}

/** What the routes share: the service behind the door, and everything that guards it. */
import type { Context } from "hono";
import type { Service } from "../service.ts";
import type { Audit } from "./audit.ts";
import type { KeyRing, Principal, Session } from "./keyring.ts";
import type { Limits, Meter } from "./limits.ts";
import type { HttpMetrics } from "./metrics.ts";
import type { OriginPolicy } from "./origin.ts";
import type { Disk, RepositoryRoot } from "./repository.ts";
import type { RepositoryAllow } from "./repository_allow.ts";
import type { Replays } from "./replay.ts";

export interface DoorClock {
  now(): number;
}

/** Turns a GET with `Upgrade: websocket` into a socket; absent where the host cannot. */
export type Upgrade = (request: Request) => { socket: WebSocket; response: Response };

export interface Door {
  readonly service: Service;
  readonly keys: KeyRing;
  readonly limits: Limits;
  readonly meter: Meter;
  readonly metrics: HttpMetrics;
  readonly replays: Replays;
  readonly origin: OriginPolicy;
  readonly root: RepositoryRoot;
  /** Which repositories by URL may be named; any without it. */
  readonly allow?: RepositoryAllow;
  readonly disk: Disk | null;
  readonly upgrade: Upgrade | null;
  /** Makes the script of the page that verifies bundles; null on a host that has no processes. */
  readonly verifier: (() => Promise<string | null>) | null;
  readonly clock: DoorClock;
  readonly version: string;
  /** Aborts when the server stops: streams end then. */
  readonly stopping: AbortSignal;
  readonly audit: Audit;
  /** Told of a bug, with what was asked; the answer says nothing of it. */
  readonly report: (error: unknown, what: string) => void;
}

/** How a request proved who it is. */
export interface Caller {
  readonly principal: Principal;
  /** Set when it was a cookie: then a change needs the session's CSRF token. */
  readonly session: Session | null;
  /** What every page tells this caller. */
  readonly notice?: string;
}

export interface DoorEnv {
  Variables: { caller: Caller | null };
  Bindings: { remote?: string };
}
export type DoorContext = Context<DoorEnv>;

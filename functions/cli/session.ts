import { join, resolve } from "node:path";
import type { Actor } from "../../specs/mod.ts";
import type { DataService, Service } from "../service.ts";
import { CommandError, type Invocation, usage } from "./command.ts";
import { isPrincipalName, keyDirectory, privateDirectory } from "../key_directory.ts";
import { dataDirectory } from "./data_dir.ts";
import { recordingOf } from "./recording.ts";

/** The sandbox level that the command line asks for. */
export function sandboxLevel(invocation: Pick<Invocation, "options">): "bwrap" | "none" {
  const level = invocation.options.sandbox ?? "bwrap";
  if (level === "bwrap" || level === "none") return level;
  throw usage(`There is no sandbox level '${level}'`, "Give --sandbox bwrap or --sandbox none", {
    value: String(level),
  });
}

/** FORGE_TASKS: how many tasks of one plan are worked on at the same time. */
function tasksAtOnce({ io }: Pick<Invocation, "io">): { tasks?: number } {
  const given = io.env("FORGE_TASKS");
  if (given === undefined || given === "") return {};
  const tasks = Number(given);
  if (Number.isInteger(tasks) && tasks >= 1 && tasks <= 16) return { tasks };
  throw usage("FORGE_TASKS must be a whole number from 1 to 16", "Set it to 3, or leave it unset", {
    value: given,
  });
}

interface Opening {
  workers: boolean;
  makes?: boolean;
  sandbox?: "bwrap" | "none";
  data?: string;
  /** The keys are held by a process of its own. */
  apart?: boolean;
  /** Pull requests on a forge with a server are watched as soon as they are open. */
  watches?: boolean;
}

/**
 * Opens the installation for one command, and closes it whatever happens. `makes` is for the commands that may begin one: for all
 * others a data directory that is not there is an empty one, and stays away.
 */
export async function withService<T>(
  invocation: Invocation,
  how: Opening & { only?: "code" },
  use: (service: Service, data: string) => Promise<T>,
): Promise<T> {
  const { compose } = await import("../compose.ts");
  const { data, options } = await opening(invocation, how);
  return await closing(
    await compose({ ...options, ...(how.only === undefined ? {} : { only: how.only }) }),
    data,
    use,
  );
}

/** Likewise, with the doors of data runs alone: the rest of the program is not loaded. */
export async function withDataService<T>(
  invocation: Invocation,
  how: Opening,
  use: (service: DataService, data: string) => Promise<T>,
): Promise<T> {
  const { compose } = await import("../compose.ts");
  const { data, options } = await opening(invocation, how);
  return await closing(await compose({ ...options, only: "data" }), data, use);
}

async function closing<S extends { close(): Promise<void> }, T>(
  service: S,
  data: string,
  use: (service: S, data: string) => Promise<T>,
): Promise<T> {
  try {
    return await use(service, data);
  } finally {
    await service.close();
  }
}

/** The data directory of a command, usable for what it is about to do, and what its options say. */
async function opening(invocation: Invocation, how: Opening) {
  const data = resolve(how.data ?? dataDirectory(invocation));
  const empty = !how.makes && !await isInstallation(data);
  if (empty || !how.workers) await readableDirectory(data);
  if (how.makes || (how.workers && !empty)) await usableDirectory(data);
  // Who only reads asks no model.
  const recording = how.workers ? await recordingOf(invocation) : {};
  const options = {
    data,
    sandbox: how.sandbox ?? sandboxLevel(invocation),
    workers: how.workers && !empty,
    absent: how.makes ? "make" as const : "empty" as const,
    env: invocation.io.env,
    signer: { env: invocation.io.env, apart: how.apart === true },
    ...(how.watches === undefined ? {} : { watches: how.watches }),
    ...tasksAtOnce(invocation),
    ...recording,
  };
  return { data, options };
}

/**
 * Who sits at the command line. A principal is a signing key of this installation; before there is one, the login name stands
 * for the only owner.
 */
export async function principalOf(
  invocation: Pick<Invocation, "io" | "options">,
  data: string,
): Promise<Actor> {
  const names = (await keyDirectory(data).list()).filter(({ signs }) => signs).map(({ name }) => name);
  const { options, io } = invocation;
  const user = io.env("USER") || io.env("LOGNAME") || "owner";
  // A login that cannot be a principal's name stands for the owner: a key is made under it when it first signs.
  const login = isPrincipalName(user) ? user : "owner";
  const asked = [options.as, options.user].find((name) => typeof name === "string");
  const name = asked ??
    (names.length === 1 ? names[0] : names.length === 0 || names.includes(login) ? login : undefined);
  if (name === undefined) {
    throw usage(
      "Several principals have keys here, and it was not said who asks",
      `Give --user, one of: ${names.join(", ")}`,
    );
  }
  if (asked !== undefined && !names.includes(asked)) {
    throw usage(`There is no key for the principal '${asked}'`, `Make one: forge init --user ${asked}`, {
      value: asked,
    });
  }
  return { kind: "user", id: name.slice(0, 200) };
}

/** Whether somebody has begun an installation there. */
async function isInstallation(data: string): Promise<boolean> {
  return await Deno.stat(join(data, "state.db")).then(() => true, () => false);
}

/** A directory that can be read, or nothing at all; anything else in its place is a mistake worth a word. */
async function readableDirectory(data: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(data)) break;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unusable(data, error);
  }
}

/** Makes the data directory, or says why this place cannot be one. */
export async function usableDirectory(data: string): Promise<void> {
  try {
    await privateDirectory(data);
    await Deno.remove(await Deno.makeTempFile({ dir: data, prefix: ".writable-" }));
  } catch (error) {
    throw unusable(data, error);
  }
}

function unusable(data: string, error: unknown): CommandError {
  return usage(
    `Cannot keep state in the data directory: ${error instanceof Error ? error.message : String(error)}`,
    "Give a directory that you may write to: --data DIR, or set FORGE_DATA",
    { code: "data-unusable", value: data },
  );
}

export function notFound(what: string, id: string, remedy: string): CommandError {
  return new CommandError(
    { code: "not-found", message: `There is no ${what} '${id.slice(0, 100)}'`, remedy },
    2,
  );
}

import { resolve } from "node:path";
import type { Actor } from "../../specs/mod.ts";
import type { Service } from "../service.ts";
import { CommandError, type Invocation, usage } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";

/** The sandbox level that the command line asks for. */
export function sandboxLevel(invocation: Pick<Invocation, "options">): "bwrap" | "none" {
  const level = invocation.options.sandbox ?? "bwrap";
  if (level === "bwrap" || level === "none") return level;
  throw usage(`There is no sandbox level '${level}'`, "Give --sandbox bwrap or --sandbox none", {
    value: String(level),
  });
}

/** Opens the installation for one command, and closes it whatever happens. `workers: false` only reads. */
export async function withService<T>(
  invocation: Invocation,
  how: { workers: boolean; sandbox?: "bwrap" | "none"; data?: string },
  use: (service: Service, data: string) => Promise<T>,
): Promise<T> {
  const { compose } = await import("../compose.ts");
  const data = resolve(how.data ?? dataDirectory(invocation));
  const service = await compose({
    data,
    sandbox: how.sandbox ?? sandboxLevel(invocation),
    workers: how.workers,
  });
  try {
    return await use(service, data);
  } finally {
    await service.close();
  }
}

/** Who sits at the command line: the login name, until keys say more. */
export function localActor(invocation: Pick<Invocation, "io" | "options">): Actor {
  const name = invocation.options.user ?? invocation.io.env("USER") ?? invocation.io.env("LOGNAME") ??
    "owner";
  return { kind: "user", id: String(name).slice(0, 200) || "owner" };
}

export function notFound(what: string, id: string, remedy: string): CommandError {
  return new CommandError(
    { code: "not-found", message: `There is no ${what} '${id.slice(0, 100)}'`, remedy },
    2,
  );
}

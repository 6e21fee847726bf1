/** A PostgreSQL server of a test's own: in a temporary directory, on a port of the loopback, ended by its process. */

export const PASSWORD = "planted:pässw/rd@%41";

export interface TestServer {
  readonly port: number;
  readonly dir: string;
  /** URL with the password, as an environment variable would hold it. */
  url(database?: string): string;
  stop(): Promise<void>;
}

/** Where the server's programs are: on the PATH, or where Debian and Homebrew put them. */
export function postgresPrograms(): string | null {
  const places = [
    ...(Deno.env.get("PATH") ?? "").split(":"),
    ...versions("/usr/lib/postgresql"),
    ...versions("/opt/homebrew/opt", "postgresql@"),
  ];
  return places.find((place) => isFile(`${place}/initdb`) && isFile(`${place}/postgres`)) ?? null;
}

function versions(dir: string, prefix = ""): string[] {
  try {
    return [...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith(prefix))
      .map(({ name }) => `${dir}/${name}/bin`).sort().reverse();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The server refuses to run as root: somebody else of this machine. */
function owner(): { uid: number; gid: number } | null {
  if (Deno.uid() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const line = Deno.readTextFileSync("/etc/passwd").split("\n").find((one) => one.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return null;
}

/** Whether a server can be started here. */
export const hasPostgres = (): boolean =>
  Deno.build.os !== "windows" && postgresPrograms() !== null && (Deno.uid() !== 0 || owner() !== null);

/** Makes a database cluster and starts its server; `settings` are lines of its configuration, `files` lie in its directory (0600). */
export async function startPostgres(
  options: { settings?: readonly string[]; files?: Readonly<Record<string, string>> } = {},
): Promise<TestServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error("PostgreSQL is not installed here");
  const dir = await Deno.makeTempDir({ prefix: "pg-" });
  const who = owner();
  const put = async (path: string, text: string) => {
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    if (who !== null) await Deno.chown(path, who.uid, who.gid);
  };
  if (who !== null) await Deno.chown(dir, who.uid, who.gid);
  await put(`${dir}/password`, PASSWORD);
  const run = (program: string, args: string[]) =>
    new Deno.Command(`${programs}/${program}`, {
      args,
      cwd: dir,
      ...(who ?? {}),
      env: { LC_ALL: "C", TZ: "UTC" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
  const data = `${dir}/data`;
  const made = await run("initdb", [
    ...["-D", data, "-U", "forge", "--pwfile", `${dir}/password`, "--auth=scram-sha-256", "--encoding=UTF8"],
    ...["--locale=C", "--no-sync"],
  ]).output();
  if (!made.success) throw new Error(`initdb failed: ${new TextDecoder().decode(made.stderr)}`);
  for (const [name, text] of Object.entries(options.files ?? {})) await put(`${data}/${name}`, text);
  const settings = [
    "fsync=off",
    "max_connections=40",
    "autovacuum=off",
    "shared_buffers=16MB",
    ...options.settings ?? [],
  ];
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = freePort();
    const child = run("postgres", [
      ...["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", dir],
      ...settings.flatMap((setting) => ["-c", setting]),
    ]).spawn();
    const said: Promise<string> = new Response(child.stderr).text();
    let ended = false;
    void child.status.then(() => ended = true);
    const up = await untilReady(`${data}/postmaster.pid`, () => ended);
    if (up === "ready") {
      return {
        port,
        dir,
        url: (database = "postgres") =>
          `postgres://forge:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${
            encodeURIComponent(database)
          }`,
        async stop() {
          // Fast shutdown: connections that are open are cut.
          child.kill("SIGINT");
          await child.status;
          await said;
          await Deno.remove(dir, { recursive: true });
        },
      };
    }
    // Somebody else took the port meanwhile.
    await said;
  }
  throw new Error("The PostgreSQL server did not start in five attempts");
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** The server writes its state into its pid file. */
async function untilReady(path: string, isEnded: () => boolean): Promise<"ready" | "ended"> {
  for (;;) {
    if (isEnded()) return "ended";
    try {
      if ((await Deno.readTextFile(path)).split("\n")[7]?.trim() === "ready") return "ready";
    } catch { /* not there yet */ }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

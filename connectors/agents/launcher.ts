/** What starts an agent's program behind the walls: a home directory with its settings, and a way to the gate and nowhere else. */
import { join } from "node:path";
import type { AgentLaunch } from "./port.ts";

export interface Launch {
  /** For the sandbox. */
  readonly argv: readonly string[];
  /** Holds the socket of the gate and this launch; shown read-only. */
  readonly dir: string;
}

/** The longest path that a socket's address can hold. */
const MAX_SOCKET = 100;

/**
 * Runs in the sandbox, by Deno or Node: without a network of its own the program reaches 127.0.0.1 only, and there only this relay,
 * which carries bytes to the socket of the gate. It is started with what to do as a file.
 */
const RELAY = `import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";

const launch = JSON.parse(readFileSync(process.argv[2], "utf8"));
const relay = net.createServer({ allowHalfOpen: true }, (inner) => {
  const outer = net.connect({ path: launch.socket, allowHalfOpen: true });
  inner.on("error", () => outer.destroy());
  outer.on("error", () => inner.destroy());
  inner.on("close", () => outer.destroy());
  outer.on("close", () => inner.destroy());
  inner.pipe(outer);
  outer.pipe(inner);
});
relay.listen(0, "127.0.0.1", () => {
  const port = String(relay.address().port);
  const fill = (text) => text.replaceAll(launch.placeholder, port);
  const home = process.env.HOME;
  for (const [path, text] of Object.entries(launch.files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), fill(text), { mode: 0o600 });
  }
  const env = { ...process.env, ...launch.below.env };
  if (launch.below.path !== "") env.PATH = launch.below.path + ":" + (process.env.PATH ?? "");
  for (const [name, value] of Object.entries(launch.env)) env[name] = fill(value);
  const [program, ...args] = launch.argv.map(fill);
  const child = spawn(program, args, { stdio: ["pipe", "inherit", "inherit"], env });
  child.stdin.on("error", () => undefined);
  child.stdin.end(launch.stdin);
  child.on("error", (error) => {
    process.stderr.write("Cannot start: " + error.message + "\\n");
    process.exit(127);
  });
  child.on("exit", (code) => process.exit(code ?? 128));
});
`;

/** Writes a launch into a directory of its own, where the gate's socket is. */
export async function stageLaunch(
  given: {
    readonly dir: string;
    readonly socket: string;
    readonly program: string;
    readonly launch: AgentLaunch;
    readonly stdin: string;
    readonly placeholder: string;
    /** Variables that its own go before, such as where dependencies are; of PATH they are the beginning. */
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Launch> {
  if (new TextEncoder().encode(given.socket).length > MAX_SOCKET) {
    throw new Error(
      `Cannot make the gate's socket: ${given.socket} is longer than ${MAX_SOCKET} bytes. Set TMPDIR to a shorter path`,
    );
  }
  const { PATH: path = "", ...env } = given.env ?? {};
  const [relay, what] = [join(given.dir, "relay.mjs"), join(given.dir, "launch.json")];
  await Deno.writeTextFile(relay, RELAY, { mode: 0o600 });
  await Deno.writeTextFile(
    what,
    JSON.stringify({
      socket: given.socket,
      placeholder: given.placeholder,
      argv: [given.program, ...given.launch.args],
      env: given.launch.env,
      below: { env, path },
      files: given.launch.files,
      stdin: given.stdin,
    }),
    { mode: 0o600 },
  );
  // A compiled program of ours is no Deno that runs scripts.
  const runtime = Deno.build.standalone
    ? ["node"]
    : ["deno", "run", "-A", "--no-config", "--no-lock", "--no-remote"];
  return { argv: [...runtime, relay, what], dir: given.dir };
}

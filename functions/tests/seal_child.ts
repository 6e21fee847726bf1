/**
 * The command line in a process of its own that kills itself at one point of sealing: `seal_child.ts POINT ARGS...`. Points are the durable
 * writes from the commit on that ends the run: commits of the store, and what is done to files of evidence. With a point that is never
 * reached it prints their names.
 */
import { dispatch } from "../cli/dispatch.ts";
import type { Io } from "../cli/command.ts";

/** Records are kept as text, or as its bytes. */
function textOf(value: unknown): string {
  const bytes = value instanceof Uint8Array ? value : (value as { text?: unknown } | null)?.text;
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : String(value);
}

if (import.meta.main) {
  const [killAt = "-1", ...args] = Deno.args;
  const names: string[] = [];
  let hasEnded = false;

  const point = (name: string): void => {
    if (!hasEnded) return;
    if (names.length === Number(killAt)) Deno.kill(Deno.pid, "SIGKILL");
    names.push(name);
  };
  const around = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    point(`before ${name}`);
    const result = await work();
    point(`after ${name}`);
    return result;
  };

  const operation = Deno.AtomicOperation.prototype;
  const { set, commit } = operation;
  const written = new WeakMap<object, string[]>();
  const ending = new WeakSet<object>();
  operation.set = function (key, value, options) {
    written.set(this, [...written.get(this) ?? [], String(key[0])]);
    if (/run\.ended|escalation\.opened/.test(textOf(value))) ending.add(this);
    return set.call(this, key, value, options);
  };
  operation.commit = async function () {
    const name = `commit of ${[...new Set(written.get(this))].join("+")}`;
    const done = await around(name, () => commit.call(this));
    if (ending.has(this) && !hasEnded) {
      hasEnded = true;
      point("the end of the run");
    }
    return done;
  };

  const isEvidence = (path: string | URL) => /\/evidence(\/|$)/.test(String(path));
  const { makeTempDir, writeFile, rename, remove } = Deno;
  Deno.makeTempDir = (options) =>
    isEvidence(options?.dir ?? "") ? around("folder", () => makeTempDir(options)) : makeTempDir(options);
  let files = 0;
  Deno.writeFile = (path, data, options) => {
    if (!isEvidence(path)) return writeFile(path, data, options);
    files += 1;
    // One in the middle of a bundle says as much as another.
    return files === 1 || files === 9 || /manifest\.dsse\.json$|\.writing-[0-9a-f-]{36}$/.test(String(path))
      ? around("file", () => writeFile(path, data, options))
      : writeFile(path, data, options);
  };
  Deno.rename = (from, to) => isEvidence(to) ? around("rename", () => rename(from, to)) : rename(from, to);
  Deno.remove = (path, options) =>
    isEvidence(path) ? around("removal", () => remove(path, options)) : remove(path, options);

  let out = "";
  const io: Io = {
    out: (text) => void (out += text),
    err: () => {},
    env: (name) => name === "USER" ? "tester" : undefined,
    cwd: Deno.cwd(),
    terminal: false,
    color: false,
    columns: 80,
    interrupted: new AbortController().signal,
  };
  const exit = await dispatch([...args, "--json"], io);
  console.log(JSON.stringify({ exit, points: names, document: JSON.parse(out) }));
  Deno.exit(0);
}

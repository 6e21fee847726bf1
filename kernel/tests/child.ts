import type { WorkflowDefinition } from "../../specs/mod.ts";
import { memoryBlobs } from "../blobs.ts";
import { systemClock } from "../clock.ts";
import { createEngine } from "../engine.ts";
import { randomIds } from "../ids.ts";
import type { Engine } from "../port.ts";
import { openKvStore } from "../store/deno_kv.ts";
import { groupCommit } from "../store/group_commit.ts";
import type { Store } from "../store/port.ts";
import { flow } from "./stage.ts";

export const STEPS = 5;

/** Five steps that a child worker carries out. */
export const workflow: WorkflowDefinition = {
  ...flow({}, { start: "s0", id: "kill" }),
  phases: Object.fromEntries(
    Array.from({ length: STEPS }, (_, i) => [`s${i}`, {
      handler: "step",
      timeoutSeconds: 60,
      attempts: 3,
      on: { ok: { to: i + 1 < STEPS ? `s${i + 1}` : "@completed", gated: false, denied: "@denied" } },
    }]),
  ),
};

/** A folder with a database, a log and locks, and an engine of this process that only looks and submits. */
export interface Room {
  readonly store: Store;
  readonly engine: Engine;
  starts(): { worker: string; key: string }[];
  child(worker: string, stepMs?: [number, number]): Child;
  dispose(): Promise<void>;
}

export interface Child {
  readonly process: Deno.ChildProcess;
  /** Resolves when its engine runs. */
  ready(): Promise<void>;
  /** As kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it in order and returns its metrics. */
  end(): Promise<Record<string, number>>;
}

export async function room(): Promise<Room> {
  const folder = await Deno.makeTempDir({ prefix: "kernel-room-" });
  const path = `${folder}/kv.db`;
  const log = `${folder}/starts.log`;
  const children: Child[] = [];
  const clock = systemClock();
  const store = groupCommit(await openKvStore(path));
  const engine = createEngine({
    store,
    clock,
    ids: randomIds(clock),
    blobs: memoryBlobs(),
    handlers: { step: () => Promise.reject(new Error("this process drives nothing")) },
    effects: {},
    judge: () => Promise.reject(new Error("nothing is gated here")),
  });
  return {
    store,
    engine,
    starts() {
      let text = "";
      try {
        text = Deno.readTextFileSync(log);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return text.split("\n").slice(0, -1).map((line) => {
        const [worker = "", key = ""] = line.split(" ");
        return { worker, key };
      });
    },
    child(worker, stepMs = [20, 40]) {
      const child = spawn([path, `${folder}/locks`, log, worker, ...stepMs.map(String)]);
      children.push(child);
      return child;
    },
    async dispose() {
      // Those that a failing test left behind; the others are gone already.
      for (const child of children) await child.kill();
      await store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function spawn(args: string[]): Child {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("./child_worker.ts", import.meta.url).pathname, ...args],
    cwd: new URL("../..", import.meta.url).pathname,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const until = async (enough: () => boolean) => {
    while (!enough()) {
      const { value, done } = await reader.read();
      if (done) return;
      said += value;
    }
  };
  return {
    process,
    async ready() {
      await until(() => said.includes("ready\n"));
      if (!said.includes("ready\n")) throw new Error("the child ended before it was ready");
    },
    async kill() {
      try {
        process.kill("SIGKILL");
      } catch (error) {
        // Gone already.
        if (!(error instanceof TypeError)) throw error;
      }
      await process.status;
      await process.stdin.abort().catch(() => {});
      await reader.cancel().catch(() => {});
    },
    async end() {
      await process.stdin.close();
      await until(() => false);
      await process.status;
      await reader.cancel().catch(() => {});
      return JSON.parse(said.split("\n").find((line) => line.startsWith("{")) ?? "{}");
    },
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import assert from "node:assert/strict";
import { err } from "../../../specs/mod.ts";
import type { RepairOrder } from "../implementers/port.ts";
import { planned } from "./planned.ts";
import { editor, type Edits, task, withRoom } from "./testing/room.ts";

const utf8 = new TextDecoder();
const LINES = ["one", "two", "three", "four", "five", "six", "seven"];
const BASE = { "shared.txt": LINES.join("\n") + "\n", "A.txt": "a\n" };
const line = (at: number, to: string) => (before: string | null) =>
  (before ?? "").split("\n").map((text, i) => i === at ? to : text).join("\n");
const write = (text: string) => () => text;

const order: RepairOrder = {
  strategy: "fix",
  round: 1,
  findings: [],
  output: "",
  advice: "",
  except: [],
  record: null,
};

async function readAll(
  workspace: {
    list(at: "head"): Promise<string[]>;
    read(path: string, at: "head"): Promise<Uint8Array | null>;
  },
) {
  const files: Record<string, string> = {};
  for (const path of await workspace.list("head")) {
    files[path] = utf8.decode(await workspace.read(path, "head") ?? new Uint8Array());
  }
  return files;
}

Deno.test("tasks work in clones of their own, see what they depend on, and their work comes together in one workspace", async () => {
  await withRoom(BASE, async (room) => {
    const inner = editor(({ task: own }): Edits =>
      own?.id === "C"
        ? { "C.txt": write("c\n"), "A.txt": (before) => `${before}and c\n` }
        : own?.id === "A"
        ? { "A.txt": write("A\n"), "shared.txt": line(0, "A was here") }
        : { "shared.txt": line(6, "B was here") }
    );
    const tasks = [
      task("A", { files: ["A.txt"] }),
      task("B", { files: ["B/**"] }),
      task("C", { dependsOn: ["A"] }),
    ];
    const given = await room.assignment();
    const done = await planned(room.ports, inner).implement(await room.context(tasks), given);
    assert.ok(done.ok, done.ok ? "" : done.error.message);
    const curated = await given.workspace.curate();
    assert.deepEqual(curated.change.files.map(({ path }) => path), ["A.txt", "C.txt", "shared.txt"]);
    const files = await readAll(given.workspace);
    assert.equal(files["A.txt"], "A\nand c\n");
    assert.equal(files["shared.txt"], "A was here\ntwo\nthree\nfour\nfive\nsix\nB was here\n");
    assert.deepEqual(done.value.steps, [
      "A: edited A.txt, shared.txt",
      "B: edited shared.txt",
      "C: edited C.txt, A.txt",
    ]);
    assert.deepEqual(done.value.claims, ["A: did A", "B: did B", "C: did C"]);
    assert.equal(new Set(inner.given.map((one) => one.workspace.dir)).size, 3);
    const told = room.progress.map(({ message }) => message);
    assert.ok(told.includes("A started: do A (0 of 3 done, 1 at work)"), told.join("\n"));
    assert.ok(told.includes("C merged (3 of 3 done)"), told.join("\n"));
    assert.ok(told.some((one) => one.includes("beyond what it claimed: shared.txt")));
    const states = room.progress.flatMap(({ data }) =>
      (data as { task?: { id: string; state: string } } | null)?.task ?? []
    );
    assert.deepEqual(states.filter(({ id }) => id === "C").map(({ state }) => state), [
      "running",
      "done",
      "merged",
    ]);
  });
});

Deno.test("a task whose lines another changed is done again on the merged work, and told where", async () => {
  await withRoom(BASE, async (room) => {
    const inner = editor(({ task: own, repair }) => ({
      "shared.txt": repair ? (before) => (before ?? "").replace("A", "A and B") : line(3, own?.id ?? ""),
    }));
    const given = await room.assignment();
    const tasks = [task("A", { files: ["a"] }), task("B", { files: ["b"] })];
    const done = await planned(room.ports, inner).implement(await room.context(tasks), given);
    assert.ok(done.ok, done.ok ? "" : done.error.message);
    assert.match((await readAll(given.workspace))["shared.txt"] ?? "", /three\nA and B\nfive/);
    const repair = inner.given[2]?.repair;
    assert.deepEqual(repair?.findings.map(({ gate, path }) => [gate, path]), [["merge", "shared.txt"]]);
    assert.match(repair?.advice ?? "", /merged work of A/);
    assert.deepEqual(room.records.all().find((one) => one.task === "B")?.on, ["A"]);
  });
});

Deno.test("after a crash in the middle finished tasks are not done again, those with a conflict neither", async () => {
  await withRoom(BASE, async (room) => {
    const killed = new AbortController();
    const edits = (repair: unknown, id: string | undefined) => ({
      "shared.txt": repair
        ? (before: string | null) => (before ?? "").replace("A", "A and B")
        : line(3, id ?? ""),
    });
    const first = editor(({ task: own, repair }) => {
      if (own?.id === "C") {
        killed.abort(new Error("killed"));
        throw new Error("killed");
      }
      return edits(repair, own?.id);
    });
    const tasks = [
      task("A", { files: ["a"] }),
      task("B", { files: ["b"] }),
      task("C", { dependsOn: ["A", "B"], files: ["c"] }),
      task("D", { dependsOn: ["C"], files: ["d"] }),
    ];
    await assert.rejects(async () => {
      await planned(room.ports, first).implement(
        await room.context(tasks, { abort: killed.signal }),
        await room.assignment(),
      );
    }, /killed/);
    assert.deepEqual(room.records.all().map((one) => one.task).sort(), ["A", "B"]);

    // Another process: nothing in memory, other objects, the same records.
    const ports = { ...room.ports };
    const second = editor(({ task: own, repair }) =>
      own?.id === "A" || own?.id === "B" ? edits(repair, own.id) : { [`${own?.id}.txt`]: write("x\n") }
    );
    const given = await room.assignment();
    const done = await planned(ports, second).implement(await room.context(tasks), given);
    assert.ok(done.ok, done.ok ? "" : done.error.message);
    assert.deepEqual(second.given.map((one) => one.task?.id), ["C", "D"]);
    assert.equal(done.value.claims?.length, 4, "what the first process was told is not lost");
    const files = await readAll(given.workspace);
    assert.match(files["shared.txt"] ?? "", /three\nA and B\nfive/);
    assert.equal(files["D.txt"], "x\n");
    assert.ok(room.progress.some(({ message }) => message.startsWith("A was done before")));
  });
});

Deno.test("failed tasks are told one by one with what they skip; those that were done stay done for the next try", async () => {
  await withRoom(BASE, async (room) => {
    let broken = true;
    const inner = editor(({ task: own }) =>
      own?.id === "A" && broken
        ? err({
          code: "model",
          message: "the provider is overloaded",
          failure: { class: "external", source: "provider", retryable: true, message: "overloaded" },
        })
        : { [`${own?.id}.txt`]: write(`${own?.id}\n`) }
    );
    const tasks = [task("A"), task("B", { dependsOn: ["A"] }), task("C")];
    const context = await room.context(tasks);
    const implementer = planned(room.ports, inner);
    const failed = await implementer.implement(context, await room.assignment());
    assert.ok(!failed.ok);
    assert.equal(
      failed.error.message,
      "1 of 3 tasks failed, 1 skipped. A: the provider is overloaded; B: A did not get done",
    );
    assert.deepEqual(
      [failed.error.failure?.class, failed.error.failure?.retryable, failed.error.causes?.length],
      ["external", true, 1],
    );
    broken = false;
    const given = await room.assignment();
    const done = await implementer.implement(context, given);
    assert.ok(done.ok);
    assert.deepEqual(inner.given.map((one) => one.task?.id).sort(), ["A", "A", "B", "C"], "C was done once");
    assert.equal((await given.workspace.curate()).change.files.length, 3);
  });
});

Deno.test("when a plan is tried again each failed task is told how it failed itself, and one that was skipped begins as new", async () => {
  await withRoom(BASE, async (room) => {
    const broken = new Set(["A", "C"]);
    const inner = editor(({ task: own }) =>
      broken.has(own?.id ?? "")
        ? err({
          code: "model",
          message: `${own?.id} broke with password: hunter2hunter2`,
          failure: {
            class: "agent-error",
            source: "provider",
            retryable: true,
            message: `${own?.id} broke its own way`,
            remedy: "do better",
          },
        })
        : { [`${own?.id}.txt`]: write(`${own?.id}\n`) }
    );
    const tasks = [task("A"), task("B", { dependsOn: ["A"] }), task("C"), task("D", { dependsOn: ["C"] })];
    const context = await room.context(tasks);
    const implementer = planned(room.ports, inner);
    const failed = await implementer.implement(context, await room.assignment());
    assert.ok(!failed.ok);
    broken.clear();
    const again: RepairOrder = { ...order, findings: [{ message: failed.error.message }] };
    const done = await implementer.implement(context, await room.assignment({ repair: again }));
    assert.ok(done.ok, done.ok ? "" : done.error.message);
    const told = inner.given.slice(2).map(({ task: own, repair }) => [
      own?.id,
      repair?.findings.map(({ message, remediation }) => [message, remediation]) ?? null,
    ]).sort();
    assert.deepEqual(told, [
      ["A", [["A broke its own way", "do better"]]],
      ["B", null],
      ["C", [["C broke its own way", "do better"]]],
      ["D", null],
    ]);
  });
});

Deno.test("a change that is sent back whole is repaired whole, and one that a human sends back is done anew", async () => {
  await withRoom(BASE, async (room) => {
    const inner = editor(({ task: own }) => ({ [`${own?.id ?? "whole"}.txt`]: write("x\n") }));
    const tasks = [task("A"), task("B")];
    const implementer = planned(room.ports, inner);
    assert.ok((await implementer.implement(await room.context(tasks), await room.assignment())).ok);
    const again = await room.context(tasks, { visit: 2 });
    const repaired = await room.assignment({ repair: order });
    assert.ok((await implementer.implement(again, repaired)).ok);
    assert.equal(inner.given.at(-1)?.task, undefined);
    assert.equal(inner.given.at(-1)?.workspace, repaired.workspace);
    assert.ok((await implementer.implement(again, await room.assignment())).ok);
    assert.deepEqual(inner.given.map((one) => one.task?.id).slice(3).sort(), ["A", "B"]);
  });
});

Deno.test("the task of a plan of one is handed to the implementer, in the run's own workspace", async () => {
  await withRoom(BASE, async (room) => {
    const inner = editor(() => ({ "x.txt": write("x\n") }));
    const given = await room.assignment();
    assert.ok((await planned(room.ports, inner).implement(await room.context([task("A")]), given)).ok);
    const seen = inner.given.at(-1);
    assert.equal(seen?.workspace, given.workspace);
    assert.deepEqual([seen?.task?.id, inner.given.length], ["A", 1]);
  });
});

Deno.test("without a plan the implementer is given what the run gave", async () => {
  await withRoom(BASE, async (room) => {
    const inner = editor(() => ({ "x.txt": write("x\n") }));
    const given = await room.assignment();
    const { outputs: _, ...bare } = await room.context([task("A")]);
    assert.ok((await planned(room.ports, inner).implement({ ...bare, outputs: {} }, given)).ok);
    assert.equal(inner.given.at(-1), given);
  });
});

Deno.test("a task whose work holds a secret is not kept, and its secret is nowhere in what is", async () => {
  await withRoom(BASE, async (room) => {
    const secret = ["ghp", "_", "R8vK2mQ7xT4nB9wL3pY6sD1fG5hJ0zC2aE8u"].join("");
    const kept: Uint8Array[] = [];
    const blobs = {
      ...room.blobs,
      put: (bytes: Uint8Array | string) => {
        kept.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
        return room.blobs.put(bytes);
      },
    };
    const inner = editor(({ task: own }) => ({
      [`${own?.id}.txt`]: write(own?.id === "A" ? `token = "${secret}"\n` : "b\n"),
    }));
    const given = await room.assignment();
    const done = await planned(room.ports, inner).implement(
      await room.context([task("A"), task("B"), task("C", { dependsOn: ["A"] })], { blobs }),
      given,
    );
    assert.ok(done.ok);
    assert.match(utf8.decode((await given.workspace.curate()).patch), /ghp_/, "the gates see it");
    assert.deepEqual(room.records.all().map((one) => one.task).sort(), ["*", "B"], "nor what stands on it");
    assert.ok(kept.length > 0 && !kept.some((bytes) => utf8.decode(bytes).includes(secret)));
    assert.ok(room.progress.some(({ message }) => message.includes("not kept, as a secret is in it")));
  });
});

Deno.test("what comes of a plan takes the place of a change that the workspace still held", async () => {
  await withRoom(BASE, async (room) => {
    const inner = editor(({ task: own }) => ({ [`${own?.id}.txt`]: write("new\n") }));
    const given = await room.assignment({ repair: order });
    const dir = await given.workspace.files();
    await Deno.writeTextFile(`${dir}/A.txt`, "of before\n");
    await Deno.writeTextFile(`${dir}/old.txt`, "of before\n");
    const done = await planned(room.ports, inner).implement(
      await room.context([task("A"), task("B")], { visit: 2 }),
      given,
    );
    assert.ok(done.ok && done.value.problem === undefined);
    const { change } = await given.workspace.curate();
    assert.deepEqual(change.files.map(({ status, path }) => `${status} ${path}`), ["M A.txt", "A B.txt"]);
  });
});

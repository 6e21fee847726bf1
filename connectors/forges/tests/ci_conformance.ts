/** What every forge must do for a host without git: give its files, take objects from memory, and put an order before its CI. */
import assert from "node:assert/strict";
import type { BaseObjects, Repository } from "../../port.ts";
import { forgeWorkspaces } from "../../workspace/objects/forge_workspaces.ts";
import { bytes, gitIn, opened, type TestRepository, text } from "../../workspace/tests/fixture.ts";
import { ForgeError } from "../failure.ts";
import type { CiOrder, Forge } from "../port.ts";

export interface Given {
  readonly repo: TestRepository;
  readonly forge: Forge;
  /** The repository's page. */
  readonly page: string;
  /** Another forge over other records: as after a crash. */
  another(): Promise<Forge>;
  /** Its CI as it would tell of runs of this commit. */
  tells(runs: readonly ToldRun[]): void;
  /** What the branch is at now. */
  head(branch: string): Promise<string | null>;
  /** Somebody puts a commit of their own on a new branch. */
  intrudes(branch: string): Promise<void>;
}

export interface ToldRun {
  readonly id: number;
  readonly commit: string;
  readonly branch: string;
  readonly byPush: boolean;
  readonly over: boolean;
  /** Of the one job: what each attempt came to. */
  readonly attempts: readonly ("success" | "failure")[];
}

const PATCH =
  "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-base\n+changed\n--- /dev/null\n+++ b/new/f.txt\n@@ -0,0 +1 @@\n+f\n";
const WORKFLOW = ".github/workflows/forge-verify.yml";

async function baseIn({ forge, page }: Given): Promise<{ repository: Repository; base: BaseObjects }> {
  const workspaces = forgeWorkspaces({ forges: [forge] });
  const repository = await workspaces.open(`${page}.git`);
  assert.ok(repository.ok, repository.ok ? "" : repository.error.message);
  const base = await workspaces.copyBase(repository.value, "");
  assert.ok(base.ok, base.ok ? "" : base.error.message);
  return { repository: repository.value, base: base.value };
}

/** A change with a file laid over it, as an order of verification has them. */
async function orderOf(given: Given): Promise<CiOrder> {
  const { base } = await baseIn(given);
  const workspace = await base.workspace("");
  assert.ok((await workspace.apply(bytes(PATCH))).ok);
  const head = await workspace.curateTree();
  const { objects } = workspace;
  assert.ok(objects?.overlaid);
  const held = await objects.overlaid(head, new Map([["checks/held_out.txt", bytes("h\n")]]), ["b/c.txt"]);
  const order = await objects.overlaid(base.baseTree, new Map([[".forge-verify/e001/slot", bytes("1")]]), []);
  return {
    key: "run_1/ci-order/1",
    repository: given.page,
    branch: "forge/verify/run_1-1",
    objects,
    trees: [head, held],
    order,
    at: "2026-03-04T05:06:07.000Z",
  };
}

export function ciConformance(on: (name: string, test: (given: Given) => Promise<void>) => void): void {
  on("a repository is read without a clone: names, files, contents as git has them", async (given) => {
    const { repo, forge, page } = given;
    const source = await forge.source?.(page);
    assert.ok(source);
    const { baseCommit: commit, baseTree: tree } = await opened(repo.dir);
    const listed = (await repo.git("ls-tree", "-r", commit)).split("\n").map((line) => {
      const [head = "", path = ""] = line.split("\t");
      const [mode = "", , sha = ""] = head.split(" ");
      return { path, mode, sha };
    });
    const byPath = (a: { path: string }, b: { path: string }) => a.path < b.path ? -1 : 1;
    assert.deepEqual([...await source.files(commit)].sort(byPath), listed.sort(byPath));
    for (const { sha } of listed) {
      assert.deepEqual(await source.blob(sha), await gitIn(repo.dir, ["cat-file", "blob", sha]));
    }
    for (const ref of [undefined, "main"]) {
      assert.deepEqual(await source.resolve(ref), { ref: "main", commit, tree });
    }
    assert.deepEqual(await source.resolve(commit), { ref: commit, commit, tree });
    assert.equal(await source.resolve("nowhere"), null);
    const { repository, base } = await baseIn(given);
    assert.deepEqual([repository.location, repository.baseRef, repository.baseTree], [page, "main", tree]);
    assert.equal(text(await (await base.workspace("")).read("a.txt", "base")), "base\n");
    const elsewhere = await forgeWorkspaces({ forges: [forge] }).open("https://git.example/a.git");
    assert.equal(elsewhere.ok ? "" : elsewhere.error.code, "repo-not-found");
  });

  on("a pull request is opened from objects in memory, with the very tree", async (given) => {
    const { repository, base } = await baseIn(given);
    const workspace = await base.workspace("");
    assert.ok((await workspace.apply(bytes(PATCH))).ok);
    const tree = await workspace.curateTree();
    const pull = await given.forge.open({
      key: "run_1/release/1",
      run: "run_1",
      repository,
      workspace: "",
      ...(base.objects === undefined ? {} : { objects: base.objects }),
      tree,
      branch: "forge/from-memory",
      title: "Change it",
      body: "Why.\n",
      message: "Change it\n",
      draft: false,
      at: "2026-03-04T05:06:07.000Z",
    });
    const source = await given.forge.source?.(given.page);
    assert.equal((await source?.resolve("forge/from-memory"))?.tree, tree);
    assert.equal(await given.head("forge/from-memory"), pull.commit);
  });

  on("an order is put on its branch once, found again, and taken away", async (given) => {
    const { forge, page } = given;
    const ci = forge.ci;
    assert.ok(ci);
    const order = await orderOf(given);
    assert.equal(await ci.find(order), null);
    const made = await ci.send(order);
    assert.equal(await given.head(order.branch), made.commit);
    assert.deepEqual(await ci.send(order), made);
    assert.deepEqual(await (await given.another()).ci?.find(order), made, "also after a restart");
    assert.equal(
      await ci.find({ ...order, order: order.trees[0] ?? "" }),
      null,
      "another order is not that one",
    );
    const source = await forge.source?.(page);
    const paths = (await source?.files(made.commit) ?? []).map((file) => file.path);
    assert.ok(paths.includes(".forge-verify/e001/slot"));
    assert.ok(
      !paths.includes("new/f.txt") && !paths.includes("checks/held_out.txt"),
      "its files are the base's",
    );
    assert.equal(await ci.drop(page, order.branch), true);
    assert.equal(await given.head(order.branch), null);
    assert.equal(await ci.drop(page, order.branch), false);
  });

  on("a branch that somebody else has made is left alone", async (given) => {
    const order = await orderOf(given);
    await given.intrudes(order.branch);
    const before = await given.head(order.branch);
    await assert.rejects(
      async () => await given.forge.ci?.send(order),
      (error) => error instanceof ForgeError && error.problem.code === "branch-exists",
    );
    assert.equal(await given.head(order.branch), before);
  });

  on(
    "only the first attempt of the run that the push started counts, of this commit on this branch",
    async (given) => {
      const { ci } = given.forge;
      assert.ok(ci);
      const order = await orderOf(given);
      const { commit } = await ci.send(order);
      const at = {
        repository: given.page,
        branch: order.branch,
        commit,
        workflow: WORKFLOW,
        jobs: "forge-verify",
      };
      const good = { commit, branch: order.branch, byPush: true, over: true } as const;
      given.tells([]);
      assert.deepEqual((await ci.look(at)).status, "none");
      given.tells([
        { ...good, id: 1, commit: "a".repeat(40), attempts: ["success"] },
        { ...good, id: 2, branch: "main", attempts: ["success"] },
        { ...good, id: 3, byPush: false, attempts: ["success"] },
      ]);
      const none = await ci.look(at);
      assert.deepEqual([none.status, none.run], ["none", null]);
      // Of another commit a forge need not tell at all.
      assert.ok(none.refused.length >= 2, none.refused.join("; "));
      given.tells([{ ...good, id: 4, over: false, attempts: [] }]);
      assert.equal((await ci.look(at)).status, "running");
      given.tells([{ ...good, id: 6, attempts: ["success"] }, {
        ...good,
        id: 5,
        attempts: ["failure", "success"],
      }]);
      const found = await ci.look(at);
      assert.deepEqual(
        [found.status, found.run?.id, found.run?.attempts, found.jobs.map(({ conclusion }) => conclusion)],
        ["completed", "5", 2, ["failure"]],
      );
    },
  );
}

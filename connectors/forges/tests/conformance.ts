/** What every forge must do, whatever is behind it. One suite, run against each adapter. */
import assert from "node:assert/strict";
import type { Forge, PullRequest, PullRequestRequest, Workspace } from "../../port.ts";
import { type TestRepository, withRepository, workspaceIn } from "../../workspace/tests/fixture.ts";
import { opened } from "../../workspace/tests/fixture.ts";

export interface Subject {
  /** Runs a test with forges over one state: each call of `make` gives another forge, as after a restart. */
  session(test: (make: () => Forge) => Promise<void>, repository: TestRepository): Promise<void>;
  /** How lists name the repository; where it is, unless told. */
  page?(repository: TestRepository): string;
  /** The commit that a branch is at, as the forge has it; null when there is none. */
  branch(repository: TestRepository, name: string): Promise<string | null>;
}

/** A change, and the request that delivers it. */
export async function proposal(
  repo: TestRepository,
  more: Partial<PullRequestRequest> & { content?: string } = {},
): Promise<{ request: PullRequestRequest; workspace: Workspace }> {
  const { content, ...rest } = more;
  const workspace = await workspaceIn(repo);
  await Deno.writeTextFile(`${workspace.dir}/a.txt`, content ?? "changed\n");
  const { change } = await workspace.curate();
  const request: PullRequestRequest = {
    key: "run_00000001/release/1",
    run: "run_00000001",
    repository: await opened(repo.dir),
    workspace: workspace.dir,
    tree: change.tree,
    branch: "forge/fix-1",
    title: "Fix it",
    body: "Why and how.\n",
    message: "Fix it\n\nWhy and how.",
    draft: false,
    at: "2026-03-04T05:06:07.000Z",
    ...rest,
  };
  return { request, workspace };
}

/** Lists of remote pull requests come without their bodies. */
const facts = ({ body: _, ...rest }: PullRequest) => rest;

export function forgeConformance(name: string, subject: Subject): void {
  const test = (what: string, fn: (repo: TestRepository, make: () => Forge) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, () =>
      withRepository(
        { "a.txt": "base\n", "b/c.txt": "c\n" },
        (repo) => subject.session((make) => fn(repo, make), repo),
      ));

  test("nothing is found before it is opened, and the same pull request after", async (repo, make) => {
    const forge = make();
    const { request } = await proposal(repo);
    assert.equal(await forge.find(request), null);
    const made = await forge.open(request);
    assert.deepEqual(await forge.find(request), made);
    assert.deepEqual(await forge.show(made.number), made);
    assert.deepEqual(await make().find(request), made, "also after a restart");
  });

  // req: N9-01 N9-02
  test(
    "a pull request carries what was asked, and its branch holds the tree over the base",
    async (repo, make) => {
      const forge = make();
      const { request } = await proposal(repo, { draft: true });
      const made = await forge.open(request);
      const { run, title, body, branch, draft } = request;
      assert.deepEqual(
        { run: made.run, title: made.title, body: made.body, branch: made.branch, draft: made.draft },
        { run, title, body, branch, draft },
      );
      assert.equal(made.base, "main");
      assert.equal(made.baseCommit, request.repository.baseCommit);
      assert.equal(made.createdAt, request.at);
      assert.ok(URL.canParse(made.url), made.url);
      assert.equal(await subject.branch(repo, branch), made.commit);
    },
  );

  // req: N9-03
  // req: N9-06
  test("opening twice, one after the other or at once, makes one", async (repo, make) => {
    const forge = make();
    const { request } = await proposal(repo);
    const all = await Promise.all([forge.open(request), forge.open(request), make().open(request)]);
    assert.deepEqual(await forge.open(request), all[0]);
    assert.deepEqual([all[1], all[2]], [all[0], all[0]]);
    assert.equal((await forge.list()).length, 1);
  });

  test("numbers go up from one, and lists have the newest first", async (repo, make) => {
    const forge = make();
    const numbers: number[] = [];
    for (const at of [1, 2, 3]) {
      const { request } = await proposal(repo, {
        key: `k${at}`,
        branch: `forge/fix-${at}`,
        content: `${at}\n`,
        at: `2026-03-04T05:06:0${at}.000Z`,
      });
      numbers.push((await forge.open(request)).number);
    }
    assert.deepEqual(numbers, [1, 2, 3]);
    assert.deepEqual((await forge.list()).map((one) => one.number), [3, 2, 1]);
    assert.equal((await forge.show(2))?.branch, "forge/fix-2");
    assert.equal(await forge.show(4), null);
  });

  test("a branch that is there with something else is never moved", async (repo, make) => {
    const forge = make();
    const first = await proposal(repo);
    const made = await forge.open(first.request);
    const second = await proposal(repo, { key: "other", content: "other\n" });
    await assert.rejects(forge.open(second.request), /forge\/fix-1 is already there/);
    assert.equal(await subject.branch(repo, "forge/fix-1"), made.commit);
    assert.equal(await forge.find(second.request), null);
    assert.equal((await forge.list()).length, 1);
  });

  test("of two changes that want the same branch at once, one gets it", async (repo, make) => {
    const one = await proposal(repo, { key: "one", content: "one\n" });
    const two = await proposal(repo, { key: "two", content: "two\n" });
    const all = await Promise.allSettled([make().open(one.request), make().open(two.request)]);
    const made = all.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    assert.equal(made.length, 1);
    assert.equal(await subject.branch(repo, "forge/fix-1"), made[0]?.commit);
    assert.deepEqual((await make().list()).map(facts), made.map(facts));
  });

  // req: N9-06
  test("a pull request that changes nothing is refused", async (repo, make) => {
    const forge = make();
    const { request } = await proposal(repo, { content: "base\n" });
    await assert.rejects(forge.open(request), /would change nothing/);
    assert.equal(await subject.branch(repo, request.branch), null);
    assert.deepEqual(await forge.list(), []);
  });

  test("a list of one repository has only its own", async (repo, make) => {
    const forge = make();
    const { request } = await proposal(repo);
    const made = await forge.open(request);
    const own = subject.page?.(repo) ?? request.repository.location;
    assert.deepEqual((await forge.list(own)).map(facts), [facts(made)]);
    assert.deepEqual(await forge.list("/nonexistent"), []);
    assert.deepEqual(await forge.show(1, own), made);
    assert.equal(await forge.show(1, "/nonexistent"), null);
  });

  test("long bodies, line ends and every character come back as they were", async (repo, make) => {
    const forge = make();
    const body = "ü😀\r\n| a | b |\n".repeat(6000);
    const { request } = await proposal(repo, { body, title: "Ünï <b>&" });
    const made = await forge.open(request);
    const shown = await make().show(made.number);
    assert.equal(shown?.body, body);
    assert.equal(shown?.title, "Ünï <b>&");
  });
}

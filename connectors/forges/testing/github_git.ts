/** What the emulator was told by API, in a bare repository that git serves: commits of merges and of forges, branches, heads of pull requests. */

interface Emulator {
  /** The emulator's answer. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }>;
}

interface Person {
  name: string;
  email: string;
  date: string;
}

const PAGE = 100;

/** git in a repository of a test; what it prints, without white space around. */
const gitIn =
  (dir: string) =>
  async (args: string[], input?: Uint8Array, env: Record<string, string> = {}): Promise<string> => {
    const process = new Deno.Command("git", {
      args: ["-C", dir, ...args],
      env,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (input !== undefined) {
      const writer = process.stdin.getWriter();
      await writer.write(input);
      await writer.close();
    }
    const { success, stdout, stderr } = await process.output();
    if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trim();
  };

/** Brings branches and heads of pull requests of `acme/NAME` up to what the emulator says. */
export async function takeOver(emulator: Emulator, name: string, dir: string): Promise<void> {
  const repo = `/repos/acme/${name}`;
  const read = async <T>(path: string): Promise<T> => {
    const { status, json } = await emulator.call("GET", path);
    if (status > 299) throw new Error(`${path}: ${status}`);
    return json as T;
  };
  const git = gitIn(dir);
  const isHere = (sha: string) => git(["cat-file", "-e", sha]).then(() => true, () => false);
  const same = (made: string, sha: string) => {
    if (made !== sha) throw new Error(`git made ${made} of the emulator's ${sha}`);
  };

  async function tree(sha: string): Promise<void> {
    if (await isHere(sha)) return;
    const found = await read<{ tree: { mode: string; type: string; sha: string; path: string }[] }>(
      `${repo}/git/trees/${sha}`,
    );
    for (const entry of found.tree) {
      if (entry.type === "tree") await tree(entry.sha);
      else if (!await isHere(entry.sha)) {
        const blob = await read<{ content: string }>(`${repo}/git/blobs/${entry.sha}`);
        const bytes = Uint8Array.from(
          atob(blob.content.replace(/\s/g, "")),
          (letter) => letter.charCodeAt(0),
        );
        same(await git(["hash-object", "-w", "--stdin"], bytes), entry.sha);
      }
    }
    const lines = found.tree.map(({ mode, type, sha, path }) =>
      `${mode.padStart(6, "0")} ${type} ${sha}\t${path}\0`
    );
    same(await git(["mktree", "-z"], new TextEncoder().encode(lines.join(""))), sha);
  }

  async function commit(sha: string): Promise<void> {
    if (await isHere(sha)) return;
    const found = await read<{
      tree: { sha: string };
      parents: { sha: string }[];
      message: string;
      author: Person;
      committer: Person;
    }>(`${repo}/git/commits/${sha}`);
    for (const parent of found.parents) await commit(parent.sha);
    await tree(found.tree.sha);
    const stamp = ({ name, email, date }: Person) =>
      `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
    const text = [
      `tree ${found.tree.sha}`,
      ...found.parents.map((parent) => `parent ${parent.sha}`),
      `author ${stamp(found.author)}`,
      `committer ${stamp(found.committer)}`,
      "",
      // As the emulator names it.
      found.message.endsWith("\n") ? found.message : `${found.message}\n`,
    ].join("\n");
    same(
      await git(["hash-object", "-w", "-t", "commit", "--stdin"], new TextEncoder().encode(text)),
      sha,
    );
  }

  const branches = await read<{ name: string; commit: { sha: string } }[]>(
    `${repo}/branches?per_page=${PAGE}`,
  );
  for (const branch of branches) {
    await commit(branch.commit.sha);
    await git(["update-ref", `refs/heads/${branch.name}`, branch.commit.sha]);
  }
  const pulls = await read<{ number: number; head: { sha: string } }[]>(
    `${repo}/pulls?state=all&per_page=${PAGE}`,
  );
  for (const pull of pulls) {
    if (!await isHere(pull.head.sha)) await commit(pull.head.sha);
    await git(["update-ref", `refs/pull/${pull.number}/head`, pull.head.sha]);
  }
}

/**
 * Merges as git does, and gives the emulator that commit: its own merge takes the tree of the head whatever the base holds, under a name
 * that is no name of its content.
 */
export async function genuineMerge(
  emulator: Emulator,
  name: string,
  dir: string,
  merge: { base: string; branch: string; head: string; method: string; message: string },
): Promise<string> {
  const repo = `/repos/acme/${name}`;
  const git = gitIn(dir);
  const send = async (method: string, path: string, body: unknown) => {
    const { status, json } = await emulator.call(method, `${repo}${path}`, body);
    if (status > 299) throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
    return json as { sha: string };
  };
  const root = await git(["merge-tree", "--write-tree", merge.base, merge.head]);
  async function tree(sha: string): Promise<void> {
    const entries = [];
    for (const line of (await git(["ls-tree", sha])).split("\n").filter((one) => one !== "")) {
      const [told = "", path = ""] = line.split("\t");
      const [mode = "", type = "", object = ""] = told.split(" ");
      if (type === "tree") await tree(object);
      else {
        const { stdout } = await new Deno.Command("git", { args: ["-C", dir, "cat-file", "blob", object] })
          .output();
        await send("POST", "/git/blobs", {
          content: btoa(Array.from(stdout, (byte) => String.fromCharCode(byte)).join("")),
          encoding: "base64",
        });
      }
      entries.push({ mode, type, sha: object, path });
    }
    await send("POST", "/git/trees", { tree: entries });
  }
  await tree(root);
  const person = { name: "acme", email: "acme@users.noreply.github.com", date: new Date(0).toISOString() };
  const { sha } = await send("POST", "/git/commits", {
    message: merge.message,
    tree: root,
    parents: merge.method === "merge" ? [merge.base, merge.head] : [merge.base],
    author: person,
    committer: person,
  });
  await send("PATCH", `/git/refs/heads/${merge.branch}`, { sha, force: true });
  return sha;
}

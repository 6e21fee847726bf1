/** Repositories by URL, fetched over TLS from git's own server on the loopback. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fetchRepository } from "../fetch.ts";
import { gitWorkspaces } from "../workspaces.ts";
import { gitIn, type TestRepository, text, withRepository } from "./fixture.ts";

const run = async (name: string, args: string[]) => {
  try {
    return (await new Deno.Command(name, { args, stdin: "null", stdout: "piped", stderr: "null" }).output())
      .stdout;
  } catch {
    return new Uint8Array();
  }
};
const exec = (text(await run("git", ["--exec-path"])) ?? "").trim();
const complete = exec !== "" && (await run("openssl", ["version"])).length > 0 &&
  await Deno.stat(join(exec, "git-http-backend")).then(() => true, () => false);
const missing = complete ? "" : " (ignored: no openssl or no git http-backend)";

interface Served {
  url: string;
  port: number;
  caFile: string;
  requests: string[];
}

/** Serves the repositories below the test's directory under https://localhost. */
async function withServer(repo: TestRepository, test: (served: Served) => Promise<void>): Promise<void> {
  const [key, cert] = [join(repo.root, "key.pem"), join(repo.root, "cert.pem")];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
  ]);
  const requests: string[] = [];
  const tls = { key: await Deno.readTextFile(key), cert: await Deno.readTextFile(cert) };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
    async (request) => {
      const url = new URL(request.url);
      requests.push(url.pathname);
      if (url.pathname.startsWith("/moved/")) {
        return Response.redirect(`${url.origin}${url.pathname.slice(6)}${url.search}`, 302);
      }
      return await backend(repo.root, request, url);
    },
  );
  try {
    const { port } = server.addr;
    await test({ url: `https://localhost:${port}/repo/.git`, port, caFile: cert, requests });
  } finally {
    await server.shutdown();
  }
}

/** The CGI bridge to `git http-backend`. */
async function backend(root: string, request: Request, url: URL): Promise<Response> {
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CONFIG_KEY_1: "uploadpack.allowReachableSHA1InWant",
      GIT_CONFIG_VALUE_1: "true",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const body = request.headers.get("content-encoding") === "gzip"
    ? request.body?.pipeThrough(new DecompressionStream("gzip"))
    : request.body;
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(await new Response(body ?? null).arrayBuffer()));
  await writer.close();
  const { stdout } = await child.output();
  const split = (text(stdout) ?? "").indexOf("\r\n\r\n");
  const headers = new Headers();
  let status = 200;
  for (const line of (text(stdout) ?? "").slice(0, split).split("\r\n")) {
    const [name = "", value = ""] = line.split(/: (.*)/s);
    if (name === "Status") status = Number(value.slice(0, 3));
    else headers.set(name, value);
  }
  return new Response(new Uint8Array(stdout.subarray(split + 4)), { status, headers });
}

function served(what: string, test: (repo: TestRepository, served: Served) => Promise<void>): void {
  Deno.test({
    name: `${what}${missing}`,
    ignore: !complete,
    fn: () =>
      withRepository({ "a.txt": "one" }, async (repo) => {
        await repo.write("a.txt", "two");
        await repo.commit();
        await repo.git("tag", "v1", "HEAD~1");
        await withServer(repo, (server) => test(repo, server));
      }),
  });
}

served(
  "a repository by URL is fetched as one commit, and worked on like any other",
  async (repo, { url, port, caFile }) => {
    const workspaces = gitWorkspaces({
      urls: { dir: join(repo.root, "fetched"), allowPrivate: true, ports: [port], caFile },
    });
    const found = await workspaces.open(url);
    assert.ok(found.ok, found.ok ? "" : found.error.message);
    const head = await repo.git("rev-parse", "HEAD");
    assert.deepEqual(
      { ...found.value, gitDir: "" },
      {
        location: url,
        gitDir: "",
        baseRef: "main",
        baseCommit: head,
        baseTree: await repo.git("rev-parse", "HEAD^{tree}"),
        dirty: false,
      },
    );
    assert.equal(text(await gitIn(found.value.gitDir, ["rev-list", "--all", "--count"]))?.trim(), "1");
    const made = await workspaces.create(found.value, join(repo.root, "workspace"));
    assert.ok(made.ok);
    assert.equal(text(await made.value.read("a.txt", "base")), "two");
  },
);

served(
  "a branch, a tag or a full commit name can be the base; a missing one is said so",
  async (repo, { url, port, caFile }) => {
    const options = { dir: join(repo.root, "fetched"), allowPrivate: true, ports: [port], caFile };
    const old = await repo.git("rev-parse", "HEAD~1");
    for (const base of ["v1", old]) {
      const found = await fetchRepository(url, base, options);
      assert.equal(found.ok ? found.value.baseCommit : found.error.message, old, base);
    }
    for (const base of ["nothing", "--upload-pack=x", "a:b", "0".repeat(40)]) {
      const found = await fetchRepository(url, base, options);
      assert.equal(found.ok ? "" : found.error.code, "base-not-found", base);
    }
  },
);

served(
  "a server on this machine is refused before it is asked, and by default so are URLs at all",
  async (repo, { url, port, caFile, requests }) => {
    const refused = await fetchRepository(url, undefined, {
      dir: join(repo.root, "fetched"),
      ports: [port],
      caFile,
    });
    assert.match(refused.ok ? "" : refused.error.message, /not on the public internet/);
    const off = await gitWorkspaces().open(url);
    assert.equal(off.ok ? "" : off.error.code, "url-refused");
    assert.deepEqual(requests, []);
  },
);

served(
  "the connection goes to the address that was checked, whatever the name says later",
  async (repo, { port, caFile, requests }) => {
    // The name has no address in any resolver; only the checked one leads anywhere. Its certificate is not for that name.
    const url = `https://repository.invalid:${port}/repo/.git`;
    const options = { dir: join(repo.root, "fetched"), allowPrivate: true, ports: [port], caFile };
    const found = await fetchRepository(url, "main", {
      ...options,
      resolve: () => Promise.resolve(["127.0.0.1"]),
    });
    assert.match(found.ok ? "" : found.error.message, /certificate|SSL/i);
    assert.deepEqual(requests, []);
  },
);

served(
  "redirects are not followed, and an unknown certificate is not trusted",
  async (repo, { url, port, caFile }) => {
    const options = { dir: join(repo.root, "fetched"), allowPrivate: true, ports: [port] };
    const moved = await fetchRepository(url.replace("/repo/", "/moved/repo/"), "main", {
      ...options,
      caFile,
    });
    assert.equal(moved.ok ? "" : moved.error.code, "repo-not-found");
    const unknown = await fetchRepository(url, "main", options);
    assert.match(unknown.ok ? "" : unknown.error.message, /certificate/);
  },
);

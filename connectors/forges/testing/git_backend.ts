/** Git over HTTP for tests, by git's own server. */

/** Git's own server of repositories below `root`, by CGI. A repository is private: without the right header there is a 401. */
export async function gitBackend(
  { request, url, path, body, root, authorization }: {
    request: Request;
    url: URL;
    /** Below the root, when the URL has more in front. */
    path?: string;
    body: Uint8Array;
    root: string;
    /** The one header that is let in. */
    authorization: string;
  },
): Promise<Response> {
  if (request.headers.get("authorization") !== authorization) {
    return new Response("who is it?", {
      status: 401,
      headers: { "www-authenticate": 'Basic realm="git"' },
    });
  }
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      PATH_INFO: path ?? url.pathname,
      REQUEST_METHOD: request.method,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(body).catch(() => {});
  await writer.close().catch(() => {});
  const { stdout } = await child.output();
  const end = new TextDecoder("latin1").decode(stdout).indexOf("\r\n\r\n");
  const headers = new Headers();
  let status = 200;
  for (const line of new TextDecoder().decode(stdout.subarray(0, end)).split("\r\n")) {
    const [name = "", ...value] = line.split(": ");
    if (name === "Status") status = Number(value[0]?.split(" ")[0]);
    else if (name !== "") headers.set(name, value.join(": "));
  }
  return new Response(stdout.subarray(end + 4), { status, headers });
}

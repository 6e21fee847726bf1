/** An npm registry on the loopback, with packages made on the spot, for tests. */

export interface TestPackage {
  name: string;
  version: string;
  manifest: Record<string, unknown>;
  tarball: Uint8Array;
  integrity: string;
}

/** A package of these files, as `npm pack` would make it. */
export async function packageOf(
  name: string,
  files: Record<string, string>,
  more: Record<string, unknown> = {},
): Promise<TestPackage> {
  const manifest = { name, version: "1.0.0", ...more };
  const all = { "package.json": JSON.stringify(manifest), ...files };
  const parts = Object.entries(all).flatMap(([path, content]) =>
    entry(`package/${path}`, new TextEncoder().encode(content))
  );
  const tar = new Blob([...parts, new Uint8Array(1024)]);
  const tarball = new Uint8Array(
    await new Response(tar.stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", tarball));
  return { name, version: "1.0.0", manifest, tarball, integrity: `sha512-${digest.toBase64()}` };
}

/** One file in the ustar format. */
function entry(path: string, content: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const header = new Uint8Array(512);
  const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
  put(path, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(content.byteLength.toString(8).padStart(11, "0") + "\0", 124);
  put("00000000000\0", 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(sum.toString(8).padStart(6, "0") + "\0 ", 148);
  const body = new Uint8Array(Math.ceil(content.byteLength / 512) * 512);
  body.set(content);
  return [header, body];
}

export interface TestRegistry {
  url: string;
  /** A package-lock.json of an application that depends on all packages. */
  lock(): string;
}

export async function withRegistry(
  packages: readonly TestPackage[],
  test: (registry: TestRegistry) => Promise<void>,
): Promise<void> {
  let url = "";
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    const found = packages.find(({ name }) => pathname === `/${name}` || pathname.startsWith(`/${name}/-/`));
    if (found === undefined) return new Response("{}", { status: 404 });
    if (pathname.endsWith(".tgz")) return new Response(new Uint8Array(found.tarball));
    const dist = { tarball: `${url}${found.name}/-/${found.name}-1.0.0.tgz`, integrity: found.integrity };
    return Response.json({
      name: found.name,
      "dist-tags": { latest: found.version },
      versions: { [found.version]: { ...found.manifest, dist } },
    });
  });
  url = `http://127.0.0.1:${server.addr.port}/`;
  try {
    await test({
      url,
      lock: () =>
        JSON.stringify({
          name: "app",
          version: "1.0.0",
          lockfileVersion: 3,
          packages: {
            "": {
              name: "app",
              version: "1.0.0",
              hasInstallScript: true,
              dependencies: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
            },
            ...Object.fromEntries(
              packages.map(({ name, version, integrity, manifest }) => [`node_modules/${name}`, {
                version,
                resolved: `${url}${name}/-/${name}-1.0.0.tgz`,
                integrity,
                hasInstallScript: true,
                ...(manifest.bin === undefined ? {} : { bin: manifest.bin }),
              }]),
            ),
          },
        }),
    });
  } finally {
    await server.shutdown();
  }
}

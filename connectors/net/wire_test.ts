import assert from "node:assert/strict";
import { sourceContext } from "../sources/testing/source_context.ts";
import type { DataFailure } from "../data/port.ts";

const openssl = await new Deno.Command("openssl", { args: ["version"], stdout: "null", stderr: "null" })
  .output()
  .then(({ success }) => success, () => false);

Deno.test({
  name:
    "TLS is spoken with the address that was checked and the name that was asked for, whose certificate must be right (needs openssl)",
  ignore: !openssl,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const [key, cert] = [`${dir}/key.pem`, `${dir}/cert.pem`];
      const made = await new Deno.Command("openssl", {
        args: [
          ...[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
          ],
          ...["-keyout", key, "-out", cert, "-subj", "/CN=data.example.test"],
          ...["-addext", "subjectAltName=DNS:data.example.test"],
        ],
        stdout: "null",
        stderr: "null",
      }).output();
      assert.ok(made.success);
      const ca = await Deno.readTextFile(cert);
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, key: await Deno.readTextFile(key), cert: ca, onListen() {} },
        (request) => new Response(new URL(request.url).host),
      );
      const port = server.addr.port;
      const resolve = () => Promise.resolve(["127.0.0.1"]);
      const ask = async (host: string, trusted: boolean) => {
        await using test = sourceContext({ url: `https://${host}:${port}` }, {
          poolOptions: { resolve, ...(trusted ? { ca: [ca] } : {}) },
        });
        return await test.context.http.request({ url: "/" }).then(
          (reply) => reply.text(),
          (error: DataFailure) => `${error.kind}: ${error.message}`,
        );
      };
      assert.equal(await ask("data.example.test", true), `data.example.test:${port}`);
      assert.match(await ask("other.example.test", true), /^permanent: .*certificate/);
      assert.match(await ask("data.example.test", false), /^permanent: .*(self|certificate)/);
      await server.shutdown();
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

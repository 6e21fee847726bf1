import assert from "node:assert/strict";
import { inBrowser } from "./signed_in.ts";
import { installation, sealed } from "../../../pipelines/testing/mod.ts";
import { writeTar } from "../../../policies/evidence/reading/mod.ts";
import type {
  Artifact,
  ArtifactList,
  ArtifactProvenance,
  SearchHits,
} from "../../../specs/attestation/mod.ts";
import { evidenceDirectory } from "../../evidence_directory.ts";
import { evidenceProvenance } from "../../provenance/mod.ts";
import { verifierScript } from "../../standalone/script.ts";
import { columnsOf } from "../dashboard/layered.tsx";
import { drawn } from "../dashboard/provenance.tsx";
import { chromium } from "./browser.ts";
import { openDoor } from "./door.ts";
import { serviceDouble } from "./service_double.ts";

/** An installation with one bundle, and what answers about it. */
async function room() {
  const dir = await Deno.makeTempDir({ prefix: "forge-artifacts-" });
  const at = await installation();
  const files = await sealed(at.attestor);
  at.close();
  const evidence = evidenceDirectory(`${dir}/evidence`);
  const id = "ev_01m8abcdefgh2";
  await evidence.write(id, [...files].map(([path, bytes]) => ({ path, bytes })));
  const provenance = evidenceProvenance(evidence, () => Promise.resolve(":memory:"));
  const double = serviceDouble();
  const service = {
    ...double,
    provenance: provenance.desk,
    async evidence(options: Parameters<typeof double.evidence>[0] = {}) {
      if (options.filter === undefined) return await evidence.list(options);
      return await evidence.summaries(
        await provenance.desk.bundles(options.filter, { limit: options.limit ?? 10 }),
      );
    },
  };
  return {
    files,
    trustFiles: at.trustFiles,
    service,
    id,
    async [Symbol.asyncDispose]() {
      await provenance.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("GET /v1/artifacts: lists, shows, traces and searches; what is unknown or malformed is 404, a bad query 422", async () => {
  await using at = await room();
  const door = await openDoor({ service: at.service });
  const asked = async <T>(path: string) => await (await door.get(path)).json() as T;
  const list = await asked<ArtifactList>("/v1/artifacts?role=file&limit=2");
  assert.equal(list.artifacts.length, 2);
  assert.ok(list.cursor);
  const next = await asked<ArtifactList>(`/v1/artifacts?role=file&limit=2&cursor=${list.cursor}`);
  assert.notDeepEqual(next.artifacts, list.artifacts);
  const [{ digest } = assert.fail()] = list.artifacts;
  const shown = await asked<Artifact>(`/v1/artifacts/${digest}`);
  assert.deepEqual(shown.places.map(({ evidence }) => evidence), [at.id]);
  const traced = await asked<ArtifactProvenance>(`/v1/artifacts/${digest}/provenance`);
  assert.ok(traced.nodes.length > 0 && traced.backwards.nodes.length > 0);
  const hits = await asked<SearchHits>("/v1/search?q=change");
  assert.equal(hits.hits[0]?.evidence, at.id);
  for (const name of ["nothing", "sha256:12", `sha256:${"0".repeat(64)}`, "..%2f..%2fetc"]) {
    assert.equal((await door.get(`/v1/artifacts/${name}`)).status, 404, name);
    assert.equal((await door.get(`/v1/artifacts/${name}/provenance`)).status, 404, name);
  }
  for (const query of ["/v1/artifacts?limit=0", "/v1/artifacts?cursor=x", "/v1/search", "/v1/search?q=%2A"]) {
    assert.equal((await door.get(query)).status, 422, query);
  }
  assert.equal((await door.app.request("http://localhost/v1/artifacts")).status, 401);
  const filtered = async (query: string) =>
    (await asked<{ evidence: unknown[] }>(`/v1/evidence?${query}`)).evidence.length;
  assert.deepEqual(
    [await filtered("pack=core"), await filtered("mismatch=true"), await filtered("model=m")],
    [1, 0, 0],
  );
  assert.deepEqual(door.reported, []);
});

Deno.test("a graph is drawn in columns in the direction of the work; what is too much is counted", () => {
  const node = (id: string, kind: "request" | "stage" | "dataset" = "request") => ({
    id,
    kind,
    label: id,
    digest: null,
    runs: [],
    file: null,
    verdict: null,
  });
  const many = Array.from({ length: 20 }, (_, n) => node(`r${n}`));
  const graph = {
    nodes: [...many, node("s", "stage"), node("d", "dataset")],
    edges: [...many.map(({ id }) => ({ from: id, to: "s" })), { from: "s", to: "d" }],
  };
  const { graph: shown, left } = drawn(graph);
  assert.deepEqual([shown.nodes.length, left], [14, 8]);
  const columns = columnsOf(shown);
  assert.deepEqual([columns.get("r0"), columns.get("s"), columns.get("d")], [0, 1, 2]);
  // A circle ends, too.
  columnsOf({ nodes: [node("a"), node("b")], edges: [{ from: "a", to: "b" }, { from: "b", to: "a" }] });
});

const script = chromium === null ? null : await verifierScript()();

Deno.test({
  name:
    `a bundle that is given to the page is verified in Chromium, and a changed one is refused with its file${
      script === null ? " (no Chromium or no bundler here)" : ""
    }`,
  ignore: script === null,
  sanitizeResources: false,
  fn: async () => {
    await using at = await room();
    await inBrowser(at.service, async ({ url, tab }) => {
      const verdict = async (files: ReadonlyMap<string, Uint8Array>) => {
        const text = btoa([...writeTar(files)].map((byte) => String.fromCharCode(byte)).join(""));
        await tab.goto(`${url}/evidence/verify`);
        await tab.evaluate(`(() => {
          const give = (id, files) => {
            const given = new DataTransfer();
            for (const file of files) given.items.add(file);
            document.getElementById(id).files = given.files;
          };
          give("verify-bundle", [new File([Uint8Array.from(atob("${text}"), (c) => c.charCodeAt(0))], "bundle.tar")]);
          give("verify-root", ${
          JSON.stringify(Object.entries(at.trustFiles))
        }.map(([name, text]) => new File([text], name)));
          document.getElementById("verify-form").requestSubmit();
        })()`);
        await tab.until(`document.getElementById("verify-verdict").textContent !== ""`);
        return await tab.evaluate<string>(`document.querySelector("main").textContent`);
      };
      assert.match(await verdict(at.files), /Verified\. Decisions were not taken again/);
      const changed = new Map(at.files).set("artifacts/change.patch", new TextEncoder().encode("x"));
      assert.match(await verdict(changed), /Not verified\..*FAIL files: artifacts\/change\.patch/s);
      assert.deepEqual(tab.console, []);
    }, { verifier: () => Promise.resolve(script) });
  },
});

/**
 * What bundles hold in the formats of others, against the schemas that these publish. The schemas come with packages of npm, which a test fetches
 * into a folder of its own; without them it is skipped by name. No package that we know holds the schemas of OpenLineage: FORGE_SCHEMAS names a folder with
 * its OpenLineage.json and facets/. Those of Agent Trace are not in any either, and in-toto and SLSA publish none for their statements: what these
 * say is in contracts of our own (lineage_test.ts, agent_trace_test.ts, specs/attestation).
 */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Ajv } from "ajv/dist/ajv.js";
import addFormats from "ajv-formats";
import { digestOf } from "../../specs/mod.ts";
import { room } from "./samples.ts";
import { smallBundle } from "./small_bundles.ts";

const CYCLONEDX = "@cyclonedx/cyclonedx-library";
const SARIF = "@microsoft/jest-sarif";
const PACKAGES = { [CYCLONEDX]: "10.3.0", [SARIF]: "1.0.0-beta.0" };
/** The files that are read, by their digests: what a version holds does not change. */
const FILES = {
  "bom-1.6": [
    `${CYCLONEDX}/res/schema/bom-1.6.SNAPSHOT.schema.json`,
    "83821ba49aa366ad1f1d16c34837d05edd010f036f652e310db1c77d57b37c58",
  ],
  spdx: [
    `${CYCLONEDX}/res/schema/spdx.SNAPSHOT.schema.json`,
    "4b345e2329f209f34e960ae2a8e7cb46a166907e6a45e94978565925dc47b359",
  ],
  jsf: [
    `${CYCLONEDX}/res/schema/jsf-0.82.SNAPSHOT.schema.json`,
    "8bae002c25e723db7ee1f26afde680ae1a2b1a8f6b4b4b0fd65dc3becb090aae",
  ],
  sarif: [
    `${SARIF}/lib/schemas/sarif-2.1.0-rtm.5.json`,
    "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8",
  ],
} as const;

type Schemas = Record<keyof typeof FILES, Record<string, unknown>>;

/** Fetched by Deno as any package is; null where no registry is reached. */
async function published(): Promise<Schemas | null> {
  const dir = await Deno.makeTempDir({ prefix: "schemas-" });
  try {
    await Deno.writeTextFile(`${dir}/package.json`, JSON.stringify({ dependencies: PACKAGES }));
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["install", "--quiet", "--node-modules-dir=auto", "--no-lock"],
      cwd: dir,
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    if (!success) return null;
    const read = await Promise.all(
      Object.entries(FILES).map(async ([name, [path, sha256]]) => {
        const bytes = await Deno.readFile(`${dir}/node_modules/${path}`);
        assert.equal(await digestOf(bytes), `sha256:${sha256}`, path);
        return [name, JSON.parse(new TextDecoder().decode(bytes))] as const;
      }),
    );
    return Object.fromEntries(read) as Schemas;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return null;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const schemas = await published();

function validator(schema: Record<string, unknown>, ...others: Record<string, unknown>[]) {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  // Formats of internationalized names: what they hold is also held to the patterns beside them.
  for (const name of ["iri-reference", "idn-email"]) ajv.addFormat(name, true);
  others.forEach((one) => ajv.addSchema(one));
  const holds = ajv.compile(schema);
  return (value: unknown): unknown[] => holds(value) ? [] : holds.errors ?? ["?"];
}

const parsed = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

Deno.test({
  name:
    `findings and bills of materials of real runs have the published forms of SARIF 2.1.0 and CycloneDX 1.6${
      schemas === null ? " (no schemas: the registry of npm is not reached)" : ""
    }`,
  ignore: schemas === null,
  fn: async () => {
    assert.ok(schemas);
    // Written for an earlier draft, of which nothing is used that later ones read otherwise.
    const { $schema: _, id: __, ...rtm } = schemas.sarif;
    const sarif = validator(rtm);
    // The package names the others by its own names.
    const named = (name: "spdx" | "jsf", file: string) => ({
      ...schemas[name],
      $id: `http://cyclonedx.org/schema/${file}.SNAPSHOT.schema.json`,
    });
    const bom = validator(schemas["bom-1.6"], named("spdx", "spdx"), named("jsf", "jsf-0.82"));
    await using at = await room();
    const repo = await at.repository("shell-backup");
    const manifest = JSON.stringify({
      name: "a",
      version: "1.0.0",
      dependencies: { "left-pad": "1.3.0", "@types/node": "^22.0.0" },
    });
    const spec = await at.write(
      "dependencies.json",
      JSON.stringify({
        title: "Pad to the left",
        intent: { type: "CREATE", scope: ["package.json", "docs/**"] },
        operations: [{ op: "create-file", path: "package.json", content: `${manifest}\n` }],
      }),
    );
    const { document } = await at.forge("run", spec, "--repo", repo);
    const of = async (name: string) =>
      parsed(await Deno.readFile(`${document.evidence?.path}/artifacts/${name}`));
    const log = await of("findings.sarif");
    assert.deepEqual(sarif(log), []);
    assert.ok(sarif({ ...log, version: "2.0.0" }).length > 0 && sarif({ ...log, runs: [{}] }).length > 0);
    const bill = await of("sbom.cdx.json");
    assert.ok(bill.components.length >= 2, JSON.stringify(bill));
    assert.deepEqual(bom(bill), []);
    assert.ok(bom({ ...bill, components: [{ name: "x" }] }).length > 0);
    assert.ok(bom({ ...bill, serialNumber: "urn:uuid:x" }).length > 0);
  },
});

const lineage = Deno.env.get("FORGE_SCHEMAS");

Deno.test({
  name: `lineage of real loads has the published form of OpenLineage 2-0-2${
    lineage === undefined ? " (no schemas: no package holds them, FORGE_SCHEMAS is not set)" : ""
  }`,
  ignore: lineage === undefined,
  fn: async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const core = parsed(await Deno.readFile(`${lineage}/OpenLineage.json`));
    ajv.addSchema(core);
    const ids = new Map<string, string>();
    for (const { name } of Deno.readDirSync(`${lineage}/facets`)) {
      const schema = parsed(await Deno.readFile(`${lineage}/facets/${name}`));
      ajv.addSchema(schema);
      ids.set(name.replace(".json", ""), schema.$id);
    }
    const isEvent = ajv.compile({ $ref: `${core.$id}#/$defs/RunEvent` });
    let facets = 0;
    await using at = await room();
    const repo = await at.repository("shell-backup");
    for (const kind of ["data", "data-denied"] as const) {
      const { files } = await smallBundle(at, repo, kind);
      const lines = new TextDecoder().decode(files.get("artifacts/openlineage.jsonl")).trim().split("\n");
      assert.ok(lines.length >= 2);
      for (const event of lines.map((line) => JSON.parse(line))) {
        const withoutRun = { ...event, run: undefined, eventType: "BEGUN" };
        assert.deepEqual([isEvent(event), isEvent.errors], [true, null]);
        assert.equal(isEvent(JSON.parse(JSON.stringify(withoutRun))), false);
        for (const facet of facetsIn(event)) {
          const name = /\/(\w+)\.json#/.exec(facet._schemaURL)?.[1] ?? "";
          const id = ids.get(name);
          if (id === undefined) continue;
          const holds = ajv.compile({ $ref: `${id}#/$defs/${name}` });
          assert.ok(holds(facet), `${name}: ${JSON.stringify(holds.errors)}`);
          facets += 1;
        }
      }
    }
    assert.ok(facets >= 10, `${facets} facets`);
  },
});

/** Every facet in an event: what names the schema that it follows. */
function facetsIn(value: unknown): { _schemaURL: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "_schemaURL" in value ? [value as { _schemaURL: string }] : [];
  return [...own, ...Object.values(value).flatMap(facetsIn)];
}

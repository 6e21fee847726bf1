/** Small bundles of real runs, made by the command line: one for each way out of a change, and loads of data. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { bundleAt } from "../bundle_files.ts";
import { readEvidenceTrust } from "../evidence_trust.ts";
import type { EvidenceTrust } from "../../policies/evidence/mod.ts";
import type { RunStatus } from "../../specs/mod.ts";
import { type Room, sandboxed } from "./samples.ts";

const INTENT = { type: "CREATE", scope: ["docs/**"] };
const CREATE = { op: "create-file", path: "docs/a.md", content: "Backups go to the other disk.\n" };
const CODE = { title: "Say where backups go", intent: INTENT, operations: [CREATE] };
const ASKED = { title: CODE.title, intent: INTENT, proof: { none: "nothing can fail before it" } };
const PATCH = [
  "diff --git a/docs/b.sh b/docs/b.sh",
  "new file mode 100644",
  "--- /dev/null",
  "+++ b/docs/b.sh",
  "@@ -0,0 +1 @@",
  "+echo the other disk",
  "",
].join("\n");
const PIPELINE = `id: orders
streams:
  - id: orders
    source: { connector: file, resource: csv, params: { path: orders.csv } }
    primaryKey: [id]
    write: { disposition: merge, sink: warehouse }
    quality: [{ rule: row-count, min: MIN }]
`;

/** The ways out, and what is asked for each. */
const RUNS = {
  completed: { ...CODE },
  denied: { ...CODE, operations: [] },
  failed: {
    ...CODE,
    operations: [{ op: "set-config-value", file: "docs/absent.json", path: "disk", value: "other" }],
  },
  escalated: { ...ASKED, title: "Ask first" },
  cancelled: { ...ASKED, title: "Ask, then not" },
} as const;

export type SmallBundle = keyof typeof RUNS | "data" | "data-denied";
export const SMALL_BUNDLES: readonly SmallBundle[] = [
  ...Object.keys(RUNS) as (keyof typeof RUNS)[],
  "data",
  "data-denied",
];

export interface MadeBundle {
  readonly kind: SmallBundle;
  /** The directory. */
  readonly path: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The command that ends a run in this way. */
export interface Asked {
  readonly args: readonly string[];
  readonly status: RunStatus;
  /** The run, where the command is about one that is there. */
  readonly run?: string;
}

/** What has to be there for it is made, and the command told. */
export async function askFor(at: Room, repo: string, kind: SmallBundle): Promise<Asked> {
  if (kind === "data" || kind === "data-denied") {
    await at.write("orders.csv", "id,amount\n1,10.50\n2,20\n");
    const env = await at.write("env.yaml", "sinks: { warehouse: { type: sqlite, path: warehouse.db } }\n");
    const pipeline = await at.write(`${kind}.yaml`, PIPELINE.replace("MIN", kind === "data" ? "1" : "9"));
    return { args: ["etl", "run", pipeline, "--env", env], status: kind === "data" ? "completed" : "denied" };
  }
  const spec = await at.write(`${kind}.json`, JSON.stringify(RUNS[kind]));
  const patch = "operations" in RUNS[kind] ? [] : ["--patch", await at.write("b.patch", PATCH)];
  const args = ["run", spec, "--repo", repo, ...patch, ...(sandboxed ? [] : ["--sandbox", "none"])];
  if (kind !== "cancelled") return { args, status: kind };
  const { document } = await at.forge(...args);
  assert.equal(document.status, "escalated", JSON.stringify(document));
  return { args: ["workflow", "cancel", document.run], status: "cancelled", run: document.run };
}

/** Makes one. Each room has one installation, and so one log. */
export async function smallBundle(at: Room, repo: string, kind: SmallBundle): Promise<MadeBundle> {
  const { args, status } = await askFor(at, repo, kind);
  const { document } = await at.forge(...args);
  assert.equal(document.status, status, JSON.stringify(document));
  const path = document.evidence?.path ?? "";
  const reader = await bundleAt(path);
  const files = new Map<string, Uint8Array>();
  for (const name of await reader.list()) files.set(name, await reader.read(name) ?? new Uint8Array());
  return { kind, path, files };
}

/** What the installation of a room is believed by, as a reader elsewhere has it. */
export async function trustIn(at: Room): Promise<{ trust: EvidenceTrust; root: string }> {
  const root = join(at.dir, "root");
  assert.equal((await at.forge("evidence", "keys", root)).exit, 0);
  const trust = await readEvidenceTrust([root]);
  assert.ok(trust.ok);
  return { trust: trust.value, root };
}

import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { Json } from "../../specs/mod.ts";
import type { PipelineDocument, Row } from "../../specs/foundry/mod.ts";
import { privateDirectory } from "../key_directory.ts";
import type { Service } from "../service.ts";
import { type Answer, CommandError, type Handler, type Invocation } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";
import { demoEdgar } from "./demo_edgar.ts";
import { foundryOf } from "./etl_data.ts";
import { pipelineText } from "./etl_text.ts";
import { oneLine, paint } from "./paint.ts";
import { follow } from "./run.ts";
import { principalOf, withService } from "./session.ts";

const PIPELINES = fileURLToPath(new URL("../../specs/examples/pipelines/", import.meta.url));
const COMPANIES = { company: "0001999001", peer: "0001999002" };

/** What the demo shows, one day after another. */
const DAYS = [
  {
    name: "first",
    today: "2025-05-31",
    title: "31 May 2025: the first load. One fact of a filing has no value",
  },
  { name: "second", today: "2025-08-31", title: "31 August 2025: new filings only, from the cursor on" },
  {
    name: "blocked",
    today: "2025-11-30",
    title: "30 November 2025: a filing tells liabilities in millions, all else in dollars",
  },
] as const;
type Name = (typeof DAYS)[number]["name"];

/**
 * `forge demo etl`: the shipped pipeline edgar-ratios over small bundled files. Three loads: one with a bad row, one of what is
 * new, and one that has to be held back; the demo fails when any of them ends otherwise.
 */
export const demoEtl: Handler = async (invocation): Promise<Answer> => {
  const color = paint(invocation.io.color);
  const data = dataDirectory(invocation);
  const edgar = await demoEdgar(join(PIPELINES, "edgar"));
  try {
    return await withService(
      invocation,
      { workers: true, makes: true, sandbox: "none", data },
      async (service) => {
        // A folder of its own each time: the cursor lives in the warehouse, and the demo starts without one.
        const folder = join(data, "demo", `etl-${crypto.randomUUID().slice(0, 8)}`);
        await privateDirectory(folder);
        const warehouse = join(folder, "warehouse.db");
        const documents = new Map<Name, PipelineDocument>();
        const rowsAfter = new Map<Name, Row[]>();
        for (const { name, today, title } of DAYS) {
          invocation.io.err(`\n${color.bold(title)}\n`);
          edgar.today = today;
          documents.set(name, await load(invocation, service, data, folder, edgar.url));
          rowsAfter.set(name, ratios(warehouse));
        }
        const [first, second, blocked] = DAYS.map(({ name }) => documents.get(name)) as [
          PipelineDocument,
          PipelineDocument,
          PipelineDocument,
        ];
        const quarantine = (await foundryOf(service).records.quarantine.list({ run: first.run })).map((
          { stream, reason, rule, locator, row },
        ) => ({ stream, reason, rule, locator, row }));
        const shown = rowsAfter.get("blocked") ?? [];
        const kept = JSON.stringify(rowsAfter.get("second")) === JSON.stringify(shown);
        const moved = second.streams.every(({ cursor }) =>
          cursor.before !== null && cursor.after !== cursor.before
        );
        const good = first.status === "completed" && second.status === "completed" &&
          blocked.status === "denied" &&
          quarantine.length === 1 && moved && kept && shown.length > 0;
        return {
          exit: good ? 0 : 1,
          document: { first, second, blocked, quarantine, ratios: shown, warehouse },
          text: told({ first, second, blocked, quarantine, shown, warehouse }),
        };
      },
    );
  } finally {
    await edgar.close();
  }
};

async function load(
  invocation: Invocation,
  service: Service,
  data: string,
  folder: string,
  baseUrl: string,
): Promise<PipelineDocument> {
  const file = join(PIPELINES, "edgar-ratios.yaml");
  const submitted = await service.submitPipeline?.({
    pipeline: await Deno.readTextFile(file),
    name: basename(file),
    folder: PIPELINES,
    environment: {
      name: "demo",
      connectors: { edgar: { baseUrl, userAgent: "Edgeforge demo demo@example.org" } },
      sinks: { warehouse: { type: "sqlite", path: "warehouse.db" } },
      network: { allowPrivate: true },
    },
    environmentFolder: folder,
    params: COMPANIES,
  }, await principalOf(invocation, data));
  if (submitted === undefined) throw new Error("This installation has no foundry");
  if (!submitted.ok) throw new CommandError(submitted.error, 1);
  await follow(invocation, service, submitted.value.run);
  const document = await service.pipelineDocument?.(submitted.value.run);
  if (!document) throw new Error(`Cannot show ${submitted.value.run}: the ledger lost it`);
  return document;
}

function ratios(warehouse: string): Row[] {
  const db = new DatabaseSync(warehouse, { readOnly: true });
  try {
    return db.prepare(
      'SELECT entityName, "end", AssetsCurrent, LiabilitiesCurrent, current_ratio, accession FROM current_ratio ORDER BY entityName, "end"',
    ).all().map((row) => ({ ...row }) as Row);
  } finally {
    db.close();
  }
}

function told(given: {
  first: PipelineDocument;
  second: PipelineDocument;
  blocked: PipelineDocument;
  quarantine: readonly { locator: string; reason: string; row: Json }[];
  shown: readonly Row[];
  warehouse: string;
}): string {
  const { first, second, blocked, quarantine, shown, warehouse } = given;
  return [
    "",
    ...[first, second, blocked].flatMap((document) => [pipelineText(document), ""]),
    "Set aside, with its address:",
    ...quarantine.flatMap((
      { locator, reason },
    ) => [`  ${oneLine(locator, 300)}`, `      ${oneLine(reason, 300)}`]),
    "",
    "The ratios that are served (the load that was held back changed nothing):",
    ...shown.map((row) =>
      `  ${String(row.entityName).padEnd(24)} ${row.end}  ${
        String(Math.round(Number(row.current_ratio) * 1000) / 1000).padEnd(6)
      } ${row.accession}`
    ),
    "",
    "Look further:",
    `  every decision   deno task forge policy explain ${blocked.run}`,
    `  the warehouse    ${warehouse}`,
    "  the dashboard    deno task forge serve",
    "  your own data    deno task forge etl run PIPELINE --env FILE",
  ].join("\n");
}

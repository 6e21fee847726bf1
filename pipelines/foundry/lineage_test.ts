import assert from "node:assert/strict";
import { z } from "zod";
import { DataFailure } from "../../connectors/data/mod.ts";
import { PipelineDocument } from "../../specs/foundry/mod.ts";
import { lineageEvents } from "./lineage.ts";
import { columnOrigins, namesIn } from "./lineage_columns.ts";
import { onStage, type Stage } from "./testing.ts";

/*
 * What OpenLineage publishes (https://openlineage.io/spec/2-0-2/OpenLineage.json and https://openlineage.io/spec/facets/, as read on
 * 2026-11-23 in github.com/OpenLineage/OpenLineage, spec/), in contracts of our own: required fields, types and formats.
 */
const Uri = z.url();
/** A facet whose schema has this name. */
const named = <T extends z.core.$ZodLooseShape>(name: string, shape: T) =>
  z.looseObject({
    _producer: Uri,
    _schemaURL: Uri.regex(
      new RegExp(`^https://openlineage\\.io/spec/facets/\\d+-\\d+-\\d+/${name}\\.json#/\\$defs/${name}$`),
    ),
    ...shape,
  });
const Named = z.looseObject({ namespace: z.string().min(1), name: z.string().min(1) });
const Influence = z.looseObject({
  type: z.enum(["DIRECT", "INDIRECT"]),
  subtype: z.string().optional(),
  masking: z.boolean().optional(),
});
const InputField = Named.extend({ field: z.string(), transformations: z.array(Influence).optional() });
const Columns = z.record(
  z.string(),
  z.looseObject({
    nullCount: z.number().int().optional(),
    distinctCount: z.number().int().optional(),
    count: z.number().optional(),
    sum: z.number().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    quantiles: z.record(z.string(), z.number()).optional(),
  }),
);
const Figures = {
  columnMetrics: Columns,
  rowCount: z.number().int().optional(),
  bytes: z.number().int().optional(),
  fileCount: z.number().int().optional(),
};
const Assertions = named("DataQualityAssertionsDatasetFacet", {
  assertions: z.array(
    z.looseObject({ assertion: z.string(), success: z.boolean(), column: z.string().optional() }),
  ),
});
const DatasetFacets = z.strictObject({
  schema: named("SchemaDatasetFacet", {
    fields: z.array(z.looseObject({ name: z.string(), type: z.string().optional() })),
  }).optional(),
  version: named("DatasetVersionDatasetFacet", { datasetVersion: z.string() }).optional(),
  columnLineage: named("ColumnLineageDatasetFacet", {
    fields: z.record(z.string(), z.looseObject({ inputFields: z.array(InputField) })),
    dataset: z.array(InputField).optional(),
  }).optional(),
  dataQualityAssertions: Assertions.optional(),
  dataQualityMetrics: named("DataQualityMetricsDatasetFacet", Figures).optional(),
});
const Input = Named.extend({
  facets: DatasetFacets.optional(),
  inputFacets: z.strictObject({
    dataQualityMetrics: named("DataQualityMetricsInputDatasetFacet", Figures).optional(),
    dataQualityAssertions: Assertions.optional(),
  }).optional(),
});
const Output = Named.extend({
  facets: DatasetFacets.optional(),
  outputFacets: z.strictObject({
    outputStatistics: named("OutputStatisticsOutputDatasetFacet", {
      rowCount: z.number().int(),
      size: z.number().int().optional(),
    }),
  }).optional(),
});
const RunEvent = z.strictObject({
  eventType: z.enum(["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]),
  eventTime: z.iso.datetime({ offset: true }),
  producer: Uri,
  schemaURL: z.literal("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"),
  run: z.strictObject({
    runId: z.uuid(),
    facets: z.strictObject({
      parent: named("ParentRunFacet", {
        run: z.looseObject({ runId: z.uuid() }),
        job: Named,
      }).optional(),
      errorMessage: named("ErrorMessageRunFacet", {
        message: z.string(),
        programmingLanguage: z.string(),
        stackTrace: z.string().optional(),
      }).optional(),
    }).optional(),
  }),
  job: Named.extend({
    facets: z.strictObject({
      jobType: named("JobTypeJobFacet", { processingType: z.string(), integration: z.string() }).optional(),
      documentation: named("DocumentationJobFacet", { description: z.string() }).optional(),
      ownership: named("OwnershipJobFacet", { owners: z.array(z.looseObject({ name: z.string() })) })
        .optional(),
    }).optional(),
  }),
  inputs: z.array(Input),
  outputs: z.array(Output),
});
type RunEvent = z.infer<typeof RunEvent>;

/** The events in a run's evidence, each held against the contract, and all of them against the rules of a run's life. */
async function eventsOf(document: PipelineDocument): Promise<RunEvent[]> {
  const text = await Deno.readTextFile(`${document.evidence?.path}/artifacts/openlineage.jsonl`);
  const events = text.trim().split("\n").map((line) => RunEvent.parse(JSON.parse(line)));
  for (const [run, own] of Map.groupBy(events, (event) => event.run.runId)) {
    assert.equal(own.filter(({ eventType }) => eventType === "START").length, 1, run);
    assert.equal(own[0]?.eventType, "START");
    assert.equal(own.length, 2, "one START and one terminal event");
    assert.equal(new Set(own.map(({ job }) => job.name)).size, 1);
    assert.ok(Date.parse(own[0]?.eventTime ?? "") <= Date.parse(own[1]?.eventTime ?? ""));
  }
  return events;
}

const orders = (more: Record<string, unknown> = {}) => ({
  id: "shop",
  owner: "data@acme.example",
  description: "Orders of the shop",
  streams: [{
    id: "orders",
    source: { connector: "http", resource: "orders" },
    primaryKey: ["order_id"],
    transforms: [
      { op: "filter", expression: "total > 0" },
      { op: "rename", columns: { id: "order_id" } },
      { op: "derive", column: "gross", expression: "total * 2" },
    ],
    write: { disposition: "merge" },
    quality: [{ rule: "required", columns: ["total"] }, { rule: "row-count", min: 1 }],
    pii: { email: "hash" },
    ...more,
  }],
});
const ROWS = [
  [{ id: 1, total: 5, email: "ann@example.org" }, { id: 2, total: 7, email: "bob@example.org" }],
  [{ id: 3, total: 0, email: "cem@example.org" }],
];

Deno.test("a completed run tells its lineage as OpenLineage publishes it: jobs, data sets, columns, figures", () =>
  onStage({ orders: ROWS }, async (stage) => {
    const document = await stage.run(orders());
    const events = await eventsOf(document);
    assert.deepEqual(events.map(({ eventType, job }) => `${eventType} ${job.name}`), [
      "START shop",
      "START shop.orders",
      "COMPLETE shop.orders",
      "COMPLETE shop",
    ]);
    const [whole, , part] = events;
    assert.equal(part?.run.facets?.parent?.run.runId, whole?.run.runId);
    assert.equal(part?.run.facets?.parent?.job.name, "shop");
    assert.deepEqual(part?.inputs.map(({ namespace, name }) => [namespace, name]), [["sim://orders", "/"]]);
    assert.equal(part?.inputs[0]?.inputFacets?.dataQualityMetrics?.fileCount, 2);
    const [output] = part?.outputs ?? [];
    assert.deepEqual([output?.namespace, output?.name], ["warehouse", "orders"]);
    assert.equal(output?.outputFacets?.outputStatistics.rowCount, 2);
    assert.deepEqual(output?.facets?.schema?.fields.map(({ name }) => name), [
      "order_id",
      "total",
      "email",
      "gross",
    ]);
    const fields = output?.facets?.columnLineage?.fields;
    const from = (column: string) =>
      fields?.[column]?.inputFields.map(({ field, transformations }) => [
        field,
        transformations?.[0]?.subtype,
        transformations?.[0]?.masking,
      ]);
    assert.deepEqual(from("order_id"), [["id", "IDENTITY", false]]);
    assert.deepEqual(from("gross"), [["total", "TRANSFORMATION", false]]);
    assert.deepEqual(from("email"), [["email", "IDENTITY", true]]);
    assert.deepEqual(
      output?.facets?.columnLineage?.dataset?.map(({ field, transformations }) => [
        field,
        transformations?.[0]?.type,
        transformations?.[0]?.subtype,
      ]),
      [["total", "INDIRECT", "FILTER"]],
    );
    const metrics = output?.facets?.dataQualityMetrics;
    assert.deepEqual([metrics?.rowCount, metrics?.columnMetrics.total?.max], [2, 7]);
    assert.deepEqual(metrics?.columnMetrics.email, { nullCount: 0, distinctCount: 2, count: 2 });
    assert.deepEqual(
      output?.facets?.dataQualityAssertions?.assertions.map(({ success, column }) => [success, column]),
      [[true, "total"], [true, undefined]],
    );
    assert.ok(!JSON.stringify(events).includes("ann@example.org"));
    // The same ledger gives the same events, whoever asks: the bundle and the report tell one story.
    const view = await stage.engine.view(document.run);
    assert.ok(view !== null);
    const again = await lineageEvents(stage.ports, view, document, "completed");
    const timeless = (list: readonly Record<string, unknown>[]) =>
      list.map((event) => ({ ...event, eventTime: "" }));
    assert.deepEqual(timeless(again), timeless(events));
  }));

Deno.test("a run that a rule holds up fails with the reason and with what the rule said; it has no output", () =>
  onStage({ orders: ROWS }, async (stage) => {
    const events = await eventsOf(await stage.run(orders({ quality: [{ rule: "row-count", min: 99 }] })));
    assert.deepEqual(events.slice(2).map(({ eventType, outputs }) => [eventType, outputs.length]), [
      ["FAIL", 0],
      ["FAIL", 0],
    ]);
    assert.match(events.at(-1)?.run.facets?.errorMessage?.message ?? "", /\S/);
    assert.deepEqual(
      events.at(-1)?.inputs[0]?.inputFacets?.dataQualityAssertions?.assertions.map(({ success }) => success),
      [false],
    );
  }));

Deno.test("of a run that failed the streams that came to their end are complete, the others say why not", () =>
  onStage({ good: [[{ id: 1 }]], bad: [[{ id: 1 }]] }, async (stage) => {
    stage.source.before = (_, resource) => {
      if (resource === "bad") throw new DataFailure("permanent", "the door is shut", "");
    };
    const document = await stage.run({
      id: "two",
      streams: ["good", "bad"].map((id) => ({
        id,
        source: { connector: "http", resource: id },
        primaryKey: ["id"],
        write: { disposition: "merge" },
      })),
    });
    const events = await eventsOf(document);
    const ends = new Map(events.slice(3).map((event) => [event.job.name, event]));
    assert.equal(ends.get("two")?.eventType, "FAIL");
    assert.equal(ends.get("two.bad")?.eventType, "FAIL");
    assert.match(ends.get("two.bad")?.run.facets?.errorMessage?.message ?? "", /the door is shut/);
    const published = (await stage.rows("good")).length > 0;
    assert.equal(ends.get("two.good")?.eventType, published ? "COMPLETE" : "FAIL");
  }));

Deno.test("a cancelled run is aborted", () =>
  onStage({ orders: ROWS }, async (stage: Stage) => {
    stage.source.before = (page) => {
      if (page === 1) throw new DataFailure("rate-limited", "wait", "", { untilMs: Date.now() + 3_600_000 });
    };
    const parked = await stage.run(orders());
    assert.equal(parked.status, "parked", JSON.stringify(parked));
    await stage.engine.control(parked.run, { action: "cancel", why: "enough" }, {
      kind: "user",
      id: "tester",
    });
    await stage.engine.settled(parked.run);
    const events = await eventsOf(await stage.document(parked.run));
    assert.equal(events.at(-1)?.eventType, "ABORT");
  }));

Deno.test("credentials in names, messages and addresses of data stand in no event", () =>
  onStage({ orders: ROWS }, async (stage) => {
    const secret = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");
    stage.source.pages.orders = [[{ id: 1, total: 1, email: null, [secret]: "x", note: secret }, {
      id: 2,
      total: 2,
      note: secret,
    }]];
    const document = await stage.run(orders());
    assert.equal(document.status, "completed", JSON.stringify(document));
    const text = JSON.stringify(await eventsOf(document));
    assert.ok(!text.includes(secret));
    assert.match(text, /redacted/);
  }));

Deno.test("the names that an expression reads are found, and neither functions, members nor texts", () => {
  assert.deepEqual(namesIn(`a + b.c.size() > 3 && d in ["e", 'f'] // g`), ["a", "b", "d"]);
  assert.deepEqual(namesIn(`row["two words"] == row.other || "http://x" == url`), [
    "two words",
    "other",
    "url",
  ]);
});

Deno.test("columns are followed back through joins, sums and pivots; what cannot be read is left out", () => {
  const origins = (transforms: Record<string, unknown>[], columns: string[]) => {
    const { fields, dataset } = columnOrigins(
      { transforms: transforms as never, pii: { name: "mask" } },
      columns,
    );
    const plain = (list: typeof dataset) =>
      list.map(({ field, table, subtype, masking }) =>
        `${table ?? ""}/${field} ${subtype}${masking ? " masked" : ""}`
      );
    return {
      fields: Object.fromEntries(Object.entries(fields).map(([name, list]) => [name, plain(list)])),
      dataset: plain(dataset),
    };
  };
  assert.deepEqual(
    origins([
      { op: "join", table: "rates", on: { currency: "code" }, columns: ["rate"], missing: "null" },
      { op: "derive", column: "euro", expression: "amount * rate" },
      {
        op: "aggregate",
        by: ["name"],
        values: { sum: { function: "sum", column: "euro" }, n: { function: "count" } },
      },
    ], ["name", "sum", "n", "gone"]),
    {
      fields: {
        name: ["/name IDENTITY masked"],
        sum: ["/amount AGGREGATION", "rates/rate AGGREGATION"],
        n: [],
      },
      dataset: ["/currency JOIN", "/name GROUP_BY masked"],
    },
  );
  assert.deepEqual(
    origins([{ op: "pivot", by: ["day"], name: "kind", value: "count", names: ["a", "b"] }], ["day", "a"])
      .fields,
    { day: ["/day IDENTITY"], a: ["/count TRANSFORMATION", "/kind CONDITIONAL"] },
  );
  assert.deepEqual(origins([{ op: "something-new" }], ["a"]).fields, {});
});

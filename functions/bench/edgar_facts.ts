/**
 * Company facts of EDGAR from the bytes of the document to rows, as JSON on stdout. Over the network the SEC's 10 requests a second
 * decide, not this.
 */
import process from "node:process";
import { sources } from "../../connectors/data/mod.ts";
import type { Json } from "../../specs/mod.ts";
import { companyFacts } from "./foundry_inputs.ts";

const FACTS = 25_000;
const COMPANIES = 40;

const edgar = await sources["edgar"]?.();
if (edgar?.reread === undefined) throw new Error("Cannot measure EDGAR: there is no such source");
const content = companyFacts(FACTS);
const locator = "/api/xbrl/companyfacts/CIK0000320193.json";
const raw = { locator, digest: "", bytes: content.length, mediaType: "application/json", content };
const request = {
  stream: "facts",
  resource: "companyfacts",
  params: { ciks: ["0000320193"] } as Record<string, Json>,
  mode: "reprocess" as const,
  cursor: null,
  window: { from: null, to: null },
  resume: null,
  state: null,
};
let facts = 0;
const [before, began] = [process.cpuUsage(), performance.now()];
for (let company = 0; company < COMPANIES; company++) facts += (await edgar.reread(raw, request)).rows.length;
const wallMs = Math.round(performance.now() - began);
const { user, system } = process.cpuUsage(before);
if (facts !== FACTS * COMPANIES) throw new Error(`EDGAR gave ${facts} of ${FACTS * COMPANIES} facts`);
console.log(JSON.stringify({ facts, wallMs, cpuMs: (user + system) / 1000 }));

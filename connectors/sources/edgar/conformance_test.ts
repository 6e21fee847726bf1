import type { Row } from "../../../specs/foundry/mod.ts";
import { sourceConformance } from "../testing/conformance.ts";
import { edgarSource } from "./mod.ts";

const settings = { userAgent: "Acme Research data@acme.example" };
const padded = (cik: number) => String(cik).padStart(10, "0");

function factsOf(cik: number) {
  const fact = (at: number) => ({
    end: `2023-0${at + 1}-28`,
    val: cik * 10 + at,
    accn: "0000000001-24-000001",
    fy: 2023,
    fp: "FY",
    form: "10-K",
    filed: "2024-01-02",
  });
  const units = { USD: [fact(0), fact(1)] };
  return { cik, entityName: `Company ${cik}`, facts: { "us-gaap": { Assets: { label: "Assets", units } } } };
}

const rows = [1, 2, 3, 4, 5].flatMap((cik) =>
  factsOf(cik).facts["us-gaap"].Assets.units.USD.map(({ accn, ...fact }): Row => ({
    cik: padded(cik),
    entityName: `Company ${cik}`,
    taxonomy: "us-gaap",
    tag: "Assets",
    label: "Assets",
    unit: "USD",
    start: null,
    accession: accn,
    frame: null,
    ...fact,
  }))
);

sourceConformance({
  name: "edgar companyfacts",
  source: edgarSource,
  settings,
  request: { resource: "companyfacts", params: { ciks: [1, 2, 3, 4, 5] } },
  answer: (seen) => ({ json: factsOf(Number(/CIK(\d+)/.exec(seen.path)?.[1])) }),
  golden: rows,
});

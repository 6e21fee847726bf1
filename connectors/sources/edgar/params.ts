import { z } from "zod";
import { cikOf } from "./company.ts";

const Ciks = z.array(z.union([z.string(), z.number()])).min(1).max(20_000)
  .refine(
    (ciks) => ciks.every((cik) => cikOf(cik) !== null),
    "CIKs are one to ten digits, such as 0000320193",
  )
  .transform((ciks) => [...new Set(ciks.map((cik) => cikOf(cik) as string))]);
/** Part of a URL. */
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,250}$/, "letters, digits and dashes");
const Unit = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9-]{0,60}$/,
  "a unit as in frames' URLs, such as USD or USD-per-shares",
);
const Day = z.iso.date();
const Accession = z.string().regex(
  /^\d{10}-?\d{2}-?\d{6}$/,
  "an accession number, such as 0000320193-24-000123",
);

const view = {
  view: z.enum(["all", "latest", "as-filed"]).default("all"),
  asOf: Day.optional(),
  restatements: z.boolean().default(false),
};

/** What each resource must and may be given. */
export const PARAMS = {
  submissions: z.strictObject({ ciks: Ciks, forms: z.array(z.string().min(1).max(30)).max(200).optional() }),
  companyfacts: z.strictObject({ ciks: Ciks, ...view }),
  companyconcept: z.strictObject({
    ciks: Ciks,
    taxonomy: Name.default("us-gaap"),
    tags: z.array(Name).min(1).max(500).optional(),
    tag: Name.optional(),
    ...view,
  }).refine(({ tag, tags }) => (tag === undefined) !== (tags === undefined), "give `tag` or `tags`"),
  frames: z.strictObject({
    taxonomy: Name.default("us-gaap"),
    tag: Name,
    unit: Unit.default("USD"),
    periods: z.array(
      z.string().regex(/^CY\d{4}(Q[1-4]I?)?$/, "a period such as CY2023, CY2023Q1 or CY2023Q1I"),
    ).min(1).max(500),
  }),
  index: z.strictObject({
    kind: z.enum(["master", "form", "company"]).default("master"),
    quarters: z.array(z.string().regex(/^\d{4}Q[1-4]$/, "a quarter such as 2024Q1")).min(1).max(200)
      .optional(),
    days: z.array(Day).min(1).max(1000).optional(),
    forms: z.array(z.string().min(1).max(30)).max(200).optional(),
  }).refine(
    ({ quarters, days }) => (quarters === undefined) !== (days === undefined),
    "give `quarters` or `days`",
  ),
  filing: z.strictObject({
    cik: z.union([z.string(), z.number()]).refine((cik) => cikOf(cik) !== null, "one to ten digits"),
    accession: Accession.optional(),
    accessions: z.array(Accession).min(1).max(5000).optional(),
    document: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$/, "a file name in the filing's folder")
      .optional(),
    as: z.enum(["files", "ownership", "holdings"]).default("files"),
  }).refine(
    ({ accession, accessions }) => (accession === undefined) !== (accessions === undefined),
    "give `accession` or `accessions`",
  ),
  search: z.strictObject({
    q: z.string().min(1).max(500),
    forms: z.array(z.string().min(1).max(30)).max(100).optional(),
    ciks: Ciks.optional(),
    from: Day,
    to: Day,
  }).refine(({ from, to }) => from <= to, "`from` is after `to`"),
} as const;
export type Resource = keyof typeof PARAMS;
export type Params<Name extends Resource> = z.infer<(typeof PARAMS)[Name]>;

export const RESOURCES = Object.keys(PARAMS) as Resource[];

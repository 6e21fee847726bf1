/** Forms 3, 4 and 5 (who inside a company holds and trades its shares) and 13F (what a manager holds) as rows. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { cikOf, strange } from "./company.ts";

type Element = { [key: string]: Json };

/** Transactions and holdings of an ownership document, one row each; a 4/A stands beside what it corrects. */
export async function ownershipRows(xml: string, url: string, accession: string): Promise<Row[]> {
  const document = (await parse(xml, url)).ownershipDocument;
  if (!isObject(document)) throw strange(url, "no ownershipDocument");
  const issuer = element(document.issuer);
  const owners = list(document.reportingOwner).map((owner) => {
    const id = element(element(owner).reportingOwnerId);
    return { cik: cikOf(text(id.rptOwnerCik)) ?? null, name: text(id.rptOwnerName) };
  });
  const notes = new Map(
    list(element(document.footnotes).footnote).map((note) => [String(element(note)["@id"]), text(note)]),
  );
  const head: Row = {
    accession,
    form: text(document.documentType),
    period: text(document.periodOfReport),
    issuerCik: cikOf(text(issuer.issuerCik)),
    issuer: text(issuer.issuerName),
    symbol: text(issuer.issuerTradingSymbol),
    ownerCik: owners[0]?.cik ?? null,
    owners: owners.map(({ cik, name }) => ({ cik, name })),
  };
  const rows: Row[] = [];
  const tables = [
    ["nonDerivativeTable", ["nonDerivativeTransaction", "nonDerivativeHolding"]],
    ["derivativeTable", ["derivativeTransaction", "derivativeHolding"]],
  ] as const;
  for (const [table, kinds] of tables) {
    for (const kind of kinds) {
      for (const one of list(element(document[table])[kind])) {
        rows.push({ ...head, line: rows.length + 1, ...entry(element(one), kind, notes) });
      }
    }
  }
  return rows;
}

function entry(one: Element, kind: string, notes: ReadonlyMap<string, string | null>): Row {
  const amounts = element(one.transactionAmounts);
  const after = element(one.postTransactionAmounts);
  const underlying = element(one.underlyingSecurity);
  const noted = [...JSON.stringify(one).matchAll(/"@id":"([^"]+)"/g)].map(([, id]) => id as string);
  return {
    kind,
    security: value(one.securityTitle),
    date: value(one.transactionDate),
    code: text(element(one.transactionCoding).transactionCode),
    shares: value(amounts.transactionShares),
    price: value(amounts.transactionPricePerShare),
    acquiredDisposed: value(amounts.transactionAcquiredDisposedCode),
    sharesAfter: value(after.sharesOwnedFollowingTransaction),
    valueAfter: value(after.valueOwnedFollowingTransaction),
    ownership: value(element(one.ownershipNature).directOrIndirectOwnership),
    exercisePrice: value(one.conversionOrExercisePrice),
    exerciseDate: value(one.exerciseDate),
    expirationDate: value(one.expirationDate),
    underlying: value(underlying.underlyingSecurityTitle),
    underlyingShares: value(underlying.underlyingSecurityShares),
    footnotes: [...new Set(noted)].map((id) => notes.get(id) ?? id),
  };
}

/** The information table of a 13F. */
export async function holdingRows(xml: string, url: string, accession: string): Promise<Row[]> {
  const table = (await parse(xml, url)).informationTable;
  if (!isObject(table)) throw strange(url, "no informationTable");
  return list(table.infoTable).map((one, at) => {
    const holding = element(one);
    const amount = element(holding.shrsOrPrnAmt);
    const voting = element(holding.votingAuthority);
    return {
      accession,
      line: at + 1,
      issuer: text(holding.nameOfIssuer),
      class: text(holding.titleOfClass),
      cusip: text(holding.cusip),
      figi: text(holding.figi),
      value: text(holding.value),
      amount: text(amount.sshPrnamt),
      amountType: text(amount.sshPrnamtType),
      putCall: text(holding.putCall),
      discretion: text(holding.investmentDiscretion),
      votingSole: text(voting.Sole),
      votingShared: text(voting.Shared),
      votingNone: text(voting.None),
    };
  });
}

async function parse(xml: string, url: string): Promise<Element> {
  // A document type can define entities; EDGAR's own forms have none.
  if (/<!DOCTYPE|<!ENTITY/i.test(xml)) throw strange(url, "a document type, which EDGAR's forms do not have");
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  if (XMLValidator.validate(xml) !== true) throw strange(url, "XML that is not well-formed");
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: true,
  });
  const parsed = parser.parse(xml) as Json;
  return isObject(parsed) ? parsed : {};
}

const element = (value: Json | undefined): Element => (isObject(value) ? value : {});
const list = (value: Json | undefined): Json[] =>
  value === undefined || value === "" ? [] : Array.isArray(value) ? value : [value];

/** An element's text; numbers stay as they are written. */
function text(value: Json | undefined): string | null {
  const plain = isObject(value) ? value["#text"] : value;
  return typeof plain === "string" && plain.trim() !== "" ? plain.trim() : null;
}

/** Most values of these forms stand in a `value` of their own, beside their footnotes. */
function value(one: Json | undefined): string | null {
  return isObject(one) && "value" in one ? text(one.value) : text(one);
}

/** Names under which accounts appear: tags of XBRL and the usual column names, as one table. */

/** Other names of accounts, for rules that do not know those of the data. */
export interface AccountBook {
  /** The account of a name, and which of its names this is: the first one counts where there are several. */
  find(name: string): { readonly account: string; readonly rank: number } | null;
  /** Several ways to make up an account of others; the first that can be made up is taken. */
  readonly ways: Readonly<Record<string, readonly (readonly string[])[]>>;
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  assets: ["assets", "totalassets", "assetstotal"],
  currentAssets: ["assetscurrent", "currentassets", "totalcurrentassets"],
  otherAssets: ["assetsnoncurrent", "noncurrentassets", "totalnoncurrentassets"],
  liabilities: ["liabilities", "totalliabilities", "liabilitiestotal"],
  wholeEquity: [
    "stockholdersequityincludingportionattributabletononcontrollinginterest",
    "equity",
    "totalequity",
    "equitytotal",
  ],
  ownEquity: [
    "stockholdersequity",
    "shareholdersequity",
    "shareholderequity",
    "totalstockholdersequity",
    "totalshareholdersequity",
    "equityattributabletoownersofparent",
    "ownersequity",
  ],
  minorityInterest: ["minorityinterest", "noncontrollinginterest", "noncontrollinginterests"],
  temporaryEquity: [
    "temporaryequitycarryingamountincludingportionattributabletononcontrollinginterests",
    "temporaryequitycarryingamountattributabletoparent",
    "temporaryequity",
  ],
  redeemableInterest: [
    "redeemablenoncontrollinginterestequitycarryingamount",
    "redeemablenoncontrollinginterestequitycommoncarryingamount",
    "redeemablenoncontrollinginterest",
  ],
  liabilitiesAndEquity: [
    "liabilitiesandstockholdersequity",
    "liabilitiesandequity",
    "equityandliabilities",
    "totalliabilitiesandequity",
    "totalliabilitiesandstockholdersequity",
    "totalliabilitiesandshareholdersequity",
  ],
  receivables: [
    "accountsreceivablenetcurrent",
    "accountsreceivablenet",
    "receivablesnetcurrent",
    "accountsreceivable",
    "receivables",
    "tradereceivables",
  ],
  grossReceivables: ["accountsreceivablegrosscurrent", "accountsreceivablegross", "grossreceivables"],
  allowance: [
    "allowancefordoubtfulaccountsreceivablecurrent",
    "allowancefordoubtfulaccountsreceivable",
    "allowancefordoubtfulaccounts",
    "allowance",
  ],
  revenue: [
    "revenues",
    "revenue",
    "revenuefromcontractwithcustomerexcludingassessedtax",
    "revenuefromcontractwithcustomerincludingassessedtax",
    "salesrevenuenet",
    "netsales",
    "totalrevenue",
    "sales",
  ],
  costOfRevenue: ["costofrevenue", "costofgoodsandservicessold", "costofgoodssold", "costofsales", "cogs"],
  grossProfit: ["grossprofit"],
  cash: ["cashandcashequivalentsatcarryingvalue", "cashandcashequivalents"],
  inventory: [
    "inventorynet",
    "inventory",
    "inventories",
    "inventorygross",
    "inventoryfinishedgoods",
    "inventoryfinishedgoodsnetofreserves",
    "inventoryrawmaterials",
    "inventoryrawmaterialsnetofreserves",
    "inventoryworkinprocess",
    "inventoryworkinprocessnetofreserves",
    "inventoryquantity",
    "inventoryvalue",
    "quantityonhand",
    "stockonhand",
  ],
};

const WAYS: AccountBook["ways"] = {
  equity: [
    ["wholeEquity", "temporaryEquity", "redeemableInterest"],
    ["ownEquity", "minorityInterest", "temporaryEquity", "redeemableInterest"],
  ],
};

/** A name without what people write differently: `us-gaap:Total_Assets` is `totalassets`. */
export const plainName = (name: string): string =>
  (name.split(":").at(-1) ?? name).toLowerCase().replaceAll(/[^a-z0-9]/g, "");

const places = new Map(
  Object.entries(NAMES).flatMap(([account, names]) => names.map((name, rank) => [name, { account, rank }])),
);

/** The usual names, US GAAP and IFRS tags among them. */
export const usualAccounts: AccountBook = {
  find: (name) => places.get(plainName(name)) ?? null,
  ways: WAYS,
};

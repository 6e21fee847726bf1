import { EXTRACTORS } from "../facts/extract.ts";
import { factVersions } from "./kinds/fact_document.ts";
import type { FactName } from "../rule.ts";

/** The facts that rules can ask for, and the version of each. */
const ASKED: Readonly<Record<FactName, string>> = {
  spec: "1",
  plan: "1",
  proposal: "1",
  patch: "1",
  change: "1",
  scope: "1",
  verify: "1",
  review: "1",
  outgoing: "1",
  verified: "1",
  released: "1",
  policy: "1",
  pipeline: "1",
  data: "1",
  published: "1",
  sources: "1",
};

/** The names under `facts` in the document that rules read. */
const documentVersions = Object.fromEntries(factVersions().map((one) => one.split("@") as [string, string]));

/** Everything that `requires.facts` of a pack can name: the facts, and the extractors that made those of a patch. */
export const FACT_VERSIONS: Readonly<Record<string, string>> = {
  ...documentVersions,
  ...EXTRACTORS,
  ...ASKED,
};

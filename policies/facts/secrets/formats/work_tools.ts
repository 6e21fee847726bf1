import { b, hex, type TokenFormat, w } from "./format.ts";

/** Work tools and networks of people. */
export const WORK_TOOL_FORMATS: readonly TokenFormat[] = [
  { id: "linear-key", starts: ["lin_api_", "lin_oauth_"], pattern: `lin_(?:api|oauth)_${b}{40,64}` },
  { id: "notion-token", starts: ["ntn_"], pattern: `ntn_[0-9]{11}${b}{35}` },
  { id: "notion-legacy-token", starts: ["secret_"], pattern: `secret_${b}{43}` },
  { id: "airtable-token", starts: ["pat"], pattern: `pat${b}{14}\\.${hex}{64}` },
  { id: "figma-token", starts: ["figd_", "figu_"], pattern: `fig[du]_${w}{40,50}` },
  { id: "asana-token", starts: ["0/", "1/", "2/"], pattern: `[012]/[0-9]{16}(?:/[0-9]{16})?:${hex}{32}` },
  { id: "typeform-token", starts: ["tfp_"], pattern: "tfp_[0-9A-Za-z_.-]{44,70}" },
  { id: "readme-key", starts: ["rdme_"], pattern: "rdme_[a-z0-9]{70}" },
  { id: "contentful-token", starts: ["CFPAT-"], pattern: `CFPAT-${w}{43}` },
  { id: "dropbox-token", starts: ["sl."], pattern: `sl\\.(?:u\\.)?${w}{130,}` },
  { id: "mapbox-secret-token", starts: ["sk.eyJ"], pattern: `sk\\.eyJ${w}{40,200}\\.${w}{20,40}` },
  {
    id: "facebook-token",
    starts: ["EAAC", "EAAB", "EAAG", "EAAM", "EAAS"],
    pattern: `EAA[BCGMS]${b}{80,300}`,
  },
  {
    id: "twitter-bearer-token",
    starts: ["AAAAAAAAAAAAAAAAAAAAA"],
    pattern: "AAAAAAAAAAAAAAAAAAAAA[0-9A-Za-z%]{80,120}",
  },
  { id: "adafruit-key", starts: ["aio_"], pattern: "aio_[A-Za-z0-9]{28}" },
  { id: "prefect-key", starts: ["pnu_", "pnb_"], pattern: `pn[ub]_${b}{36}` },
  { id: "age-secret-key", starts: ["AGE-SECRET-KEY-1"], pattern: "AGE-SECRET-KEY-1[0-9A-Z]{58}" },
  { id: "intra42-secret", starts: ["s-s4t2"], pattern: `s-s4t2(?:ud|af)-${hex}{64}` },
  { id: "clickup-token", starts: ["pk_"], pattern: "pk_[0-9]{5,9}_[0-9A-Z]{32}" },
  { id: "salesforce-session", starts: ["00D"], pattern: "00D[0-9A-Za-z]{12}![0-9A-Za-z._]{80,120}" },
  { id: "adobe-client-secret", starts: ["p8e-"], pattern: `p8e-${w}{32}`, chance: 3 },
  { id: "canva-client-secret", starts: ["cnvca"], pattern: `cnvca${w}{40,60}`, chance: 3.5 },
  { id: "frameio-token", starts: ["fio-u-"], pattern: `fio-u-[0-9A-Za-z_=-]{64}` },
  { id: "lichess-token", starts: ["lip_"], pattern: `lip_${b}{20}`, chance: 3.3 },
  { id: "nightfall-key", starts: ["NF-"], pattern: `NF-${b}{32}`, chance: 3.5 },
  { id: "samsara-token", starts: ["samsara_api_"], pattern: `samsara_api_${b}{30}` },
  { id: "oculus-token", starts: ["OC|"], pattern: `OC\\|[0-9]{10,20}\\|${hex}{32}` },
];

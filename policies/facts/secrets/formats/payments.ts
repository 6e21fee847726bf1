import { b, hex, type TokenFormat, UUID, w } from "./format.ts";

/** Payment and shops. */
export const PAYMENT_FORMATS: readonly TokenFormat[] = [
  { id: "stripe-key", starts: ["sk_live_", "rk_live_"], pattern: `[sr]k_live_${b}{16,247}` },
  { id: "stripe-test-key", starts: ["sk_test_", "rk_test_"], pattern: `[sr]k_test_${b}{24,247}` },
  { id: "webhook-signing-secret", starts: ["whsec_"], pattern: "whsec_[A-Za-z0-9+/]{32,64}" },
  {
    id: "square-token",
    starts: ["sq0atp-", "sq0csp-", "sq0idp-"],
    pattern: `sq0(?:atp-${w}{22}|csp-${w}{43})`,
  },
  { id: "square-access-token", starts: ["EAAA"], pattern: `EAAA${w}{60}` },
  {
    id: "shopify-token",
    starts: ["shpat_", "shpca_", "shppa_", "shpss_", "shptka_"],
    pattern: "shp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{32}",
  },
  {
    id: "paypal-token",
    starts: ["access_token$production$"],
    pattern: `access_token\\$production\\$[0-9a-z]{16}\\$${hex}{32}`,
  },
  { id: "razorpay-key", starts: ["rzp_live_"], pattern: `rzp_live_${b}{14,32}` },
  {
    id: "flutterwave-key",
    starts: ["FLWSECK-", "FLWSECK_"],
    pattern: "FLWSECK[-_](?:TEST-)?[0-9a-zA-Z]{12,40}(?:-X)?",
  },
  {
    id: "plaid-token",
    starts: ["access-production-", "access-development-"],
    pattern: `access-(?:production|development)-${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}`,
  },
  { id: "easypost-key", starts: ["EZAK"], pattern: `EZAK${b}{54}` },
  { id: "shippo-key", starts: ["shippo_live_"], pattern: `shippo_live_${hex}{40}` },
  { id: "duffel-key", starts: ["duffel_live_"], pattern: `duffel_live_${w}{43}` },
  {
    id: "paddle-key",
    starts: ["pdl_live_apikey_", "pdl_sdbx_apikey_"],
    pattern: `pdl_(?:live|sdbx)_apikey_[a-z0-9]{26}_${b}{22}_${b}{3}`,
  },
  { id: "polar-token", starts: ["polar_oat_", "polar_pat_"], pattern: `polar_[op]at_${b}{32,48}` },
  { id: "cashfree-key", starts: ["cfsk_ma_"], pattern: `cfsk_ma_(?:prod|test)_${hex}{32}_${hex}{8}` },
  { id: "midtrans-server-key", starts: ["Mid-server-"], pattern: `Mid-server-${w}{24}`, chance: 3 },
  {
    id: "xendit-key",
    starts: ["xnd_production_", "xnd_development_"],
    pattern: `xnd_(?:production|development)_${b}{40,80}`,
  },
  { id: "live-api-key", starts: ["live_"], pattern: `live_(?:${hex}{35}|${b}{30})`, chance: 3.5 },
  { id: "alchemy-token", starts: ["alcht_"], pattern: `alcht_${b}{30}`, chance: 3 },
  { id: "zuplo-key", starts: ["zpka_"], pattern: `zpka_${hex}{32}_${hex}{8}` },
  {
    id: "persona-key",
    starts: ["persona_production_", "persona_sandbox_"],
    pattern: `persona_(?:production|sandbox)_${UUID}`,
  },
];

/**
 * Formats of tokens as their issuers publish them. `starts` are the literals that make a look worth while; `pattern` must match
 * from `back` characters before that literal. Patterns keep to RE2's syntax, and to pieces that cannot trade characters with
 * their neighbours, so that a look costs no more than the token is long. No whole token stands here or in a test.
 */
export interface TokenFormat {
  id: string;
  starts: readonly string[];
  pattern: string;
  /** How many characters before the literal the token begins. */
  back?: number;
  /** What may not stand before the token. Default: a letter, a digit, `_`. */
  before?: RegExp;
}

const b = "[0-9A-Za-z]";
const w = "[0-9A-Za-z_-]";
const hex = "[0-9a-f]";

export const FORMATS: readonly TokenFormat[] = [
  // Clouds
  {
    id: "aws-access-key-id",
    starts: ["AKIA", "ASIA", "ABIA", "ACCA"],
    pattern: "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
  },
  { id: "aws-bedrock-key", starts: ["ABSK"], pattern: "ABSK[A-Za-z0-9+/]{109,269}={0,2}" },
  { id: "gcp-api-key", starts: ["AIza"], pattern: `AIza${w}{35}` },
  {
    id: "gcp-service-account",
    starts: ["private_key_id"],
    pattern: `private_key_id\\\\?["']?[ ]{0,4}[:=][ ]{0,4}\\\\?["']${hex}{40}`,
  },
  { id: "google-oauth-client-secret", starts: ["GOCSPX-"], pattern: `GOCSPX-${w}{28}` },
  { id: "google-oauth-token", starts: ["ya29."], pattern: `ya29\\.${w}{30,400}` },
  { id: "google-refresh-token", starts: ["1//0"], pattern: `1//0${w}{40,120}` },
  { id: "firebase-server-key", starts: [":APA91b"], back: 11, pattern: `AAAA${w}{7}:APA91b${w}{130,170}` },
  { id: "azure-storage-key", starts: ["AccountKey="], pattern: "AccountKey=[A-Za-z0-9+/]{86}==" },
  {
    id: "azure-shared-access-key",
    starts: ["SharedAccessKey="],
    pattern: "SharedAccessKey=[A-Za-z0-9+/]{43}=",
  },
  {
    id: "azure-client-secret",
    starts: ["Q~"],
    back: 4,
    pattern: "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
  },
  { id: "azure-key", starts: ["JQQJ99"], back: 52, pattern: `${b}{52}JQQJ99${b}{26}` },
  { id: "azure-functions-key", starts: ["AzFu"], back: 44, pattern: `${w}{44}AzFu${w}{5}[AQgw]==` },
  { id: "azure-sas-signature", starts: ["sig="], pattern: "sig=[A-Za-z0-9%]{43,70}%3[Dd]" },
  { id: "digitalocean-token", starts: ["dop_v1_", "doo_v1_", "dor_v1_"], pattern: `do[opr]_v1_${hex}{64}` },
  { id: "alibaba-access-key-id", starts: ["LTAI"], pattern: `LTAI${b}{20}` },
  { id: "tencent-secret-id", starts: ["AKID"], pattern: `AKID${b}{32}` },
  { id: "yandex-api-key", starts: ["AQVN"], pattern: `AQVN${w}{35,38}` },
  { id: "cloudflare-origin-ca-key", starts: ["v1.0-"], pattern: `v1\\.0-${hex}{24}-${hex}{146}` },
  {
    id: "fly-token",
    starts: ["fo1_", "FlyV1 "],
    pattern: `(?:fo1_${w}{43}|FlyV1 fm[12][ar]?_[A-Za-z0-9+/=_,-]{60,600})`,
  },
  { id: "heroku-key", starts: ["HRKU-"], pattern: `HRKU-${w}{36,62}` },
  { id: "netlify-token", starts: ["nfp_", "nfc_", "nfo_", "nfu_"], pattern: `nf[pcou]_${b}{36,40}` },
  { id: "supabase-key", starts: ["sbp_", "sb_secret_"], pattern: `(?:sbp_${hex}{40}|sb_secret_${w}{30,50})` },
  {
    id: "planetscale-token",
    starts: ["pscale_tkn_", "pscale_oauth_", "pscale_pw_"],
    pattern: `pscale_(?:tkn|oauth|pw)_[0-9A-Za-z_.=-]{32,64}`,
  },
  { id: "scaleway-key", starts: ["SCW"], pattern: "SCW[0-9A-Z]{17}" },
  { id: "tailscale-key", starts: ["tskey-"], pattern: `tskey-[a-z]{2,12}-${b}{8,20}-${b}{16,40}` },

  // Keys without their PEM header: how the encoding of PKCS 1, PKCS 8, SEC 1 and OpenSSH begins.
  {
    id: "private-key-body",
    starts: ["IBAAKC"],
    back: 6,
    pattern: "MII[BCEJ][A-Za-z0-9+/]{2}IBAAKC[A-Za-z0-9+/]{40}",
  },
  {
    id: "private-key-body",
    starts: ["IBADANBgkqhkiG9w0BAQEFAASC"],
    back: 6,
    pattern: "MII[BCEJ][A-Za-z0-9+/]{2}IBADANBgkqhkiG9w0BAQEFAASC[A-Za-z0-9+/]{20}",
  },
  {
    id: "private-key-body",
    starts: [
      "MHcCAQEEI",
      "MIGkAgEBBD",
      "MIGHAgEAMBMGByqGSM49",
      "MIG2AgEAMBAGByqGSM49",
      "MC4CAQAwBQYDK2VwBCIEI",
    ],
    pattern:
      "(?:MHcCAQEEI|MIGkAgEBBD|MIGHAgEAMBMGByqGSM49|MIG2AgEAMBAGByqGSM49|MC4CAQAwBQYDK2VwBCIEI)[A-Za-z0-9+/]{40}",
  },
  {
    id: "private-key-body",
    starts: ["b3BlbnNzaC1rZXktdjE"],
    pattern: "b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{50}",
  },

  // Code hosting, continuous integration, registries
  { id: "github-token", starts: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], pattern: `gh[pousr]_${b}{36,255}` },
  { id: "github-fine-grained-token", starts: ["github_pat_"], pattern: "github_pat_[0-9A-Za-z_]{82}" },
  {
    id: "gitlab-token",
    starts: [
      "glpat-",
      "gldt-",
      "glrt-",
      "glcbt-",
      "glptt-",
      "glft-",
      "glimt-",
      "glagent-",
      "gloas-",
      "glsoat-",
      "glffct-",
    ],
    pattern: `gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[0-9A-Za-z_.-]{20,}`,
  },
  { id: "gitlab-runner-registration", starts: ["GR1348941"], pattern: `GR1348941${w}{20}` },
  { id: "bitbucket-app-password", starts: ["ATBB"], pattern: `ATBB${b}{24,40}` },
  { id: "atlassian-token", starts: ["ATATT3", "ATCTT3"], pattern: "AT[AC]TT3[0-9A-Za-z_=-]{60,400}" },
  { id: "circleci-token", starts: ["CCIPAT_", "CCIPRJ_"], pattern: `CCIP(?:AT|RJ)_${b}{22}_${hex}{40}` },
  { id: "buildkite-token", starts: ["bkua_", "bkaj_"], pattern: `bk(?:ua|aj)_${hex}{40}` },
  { id: "npm-token", starts: ["npm_"], pattern: `npm_${b}{36}` },
  {
    id: "npm-registry-auth",
    starts: [":_authToken=", ":_password="],
    pattern: `:_(?:authToken|password)=["']?[0-9A-Za-z+/=_.-]{20,400}`,
    before: /$^/,
  },
  {
    id: "pypi-token",
    starts: ["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"],
    pattern: `pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)${w}{40,}`,
  },
  { id: "rubygems-key", starts: ["rubygems_"], pattern: `rubygems_${hex}{48}` },
  { id: "crates-io-token", starts: ["cio"], pattern: `cio${b}{32}` },
  { id: "nuget-key", starts: ["oy2"], pattern: "oy2[a-z0-9]{43}" },
  { id: "clojars-token", starts: ["CLOJARS_"], pattern: `CLOJARS_${hex}{60}` },
  { id: "docker-token", starts: ["dckr_pat_", "dckr_oat_"], pattern: `dckr_[po]at_${w}{27,40}` },
  { id: "artifactory-key", starts: ["AKCp"], pattern: `AKCp${b}{69}` },
  { id: "artifactory-reference-token", starts: ["cmVmdGtu"], pattern: `cmVmdGtu${b}{56}` },
  { id: "jfrog-identity-token", starts: ["cmVmdGtuOjAx"], pattern: `cmVmdGtuOjAx${w}{50,80}` },
  { id: "sonar-token", starts: ["squ_", "sqp_", "sqa_"], pattern: `sq[upa]_${hex}{40}` },
  { id: "sourcegraph-token", starts: ["sgp_"], pattern: `sgp_(?:${hex}{16}_|local_)?${hex}{40}` },
  { id: "pulumi-token", starts: ["pul-"], pattern: `pul-${hex}{40}` },
  {
    id: "terraform-cloud-token",
    starts: [".atlasv1."],
    back: 14,
    pattern: `${b}{14}\\.atlasv1\\.${w}{60,70}`,
  },
  {
    id: "doppler-token",
    starts: ["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
    pattern: `dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?${b}{40,44}`,
  },
  { id: "vault-token", starts: ["hvs.", "hvb.", "hvr."], pattern: `hv[sbr]\\.${w}{24,300}` },
  { id: "onepassword-token", starts: ["ops_eyJ"], pattern: "ops_eyJ[A-Za-z0-9+/_=-]{200,}" },
  {
    id: "onepassword-secret-key",
    starts: ["A3-"],
    pattern: "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
  },

  // Models
  {
    id: "openai-key",
    starts: ["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"],
    pattern: `sk-(?:proj|svcacct|admin|None)-${w}{20,250}`,
  },
  { id: "openai-legacy-key", starts: ["T3BlbkFJ"], back: 23, pattern: `sk-${b}{20}T3BlbkFJ${b}{20}` },
  { id: "openrouter-key", starts: ["sk-or-v1-"], pattern: `sk-or-v1-${hex}{64}` },
  { id: "anthropic-key", starts: ["sk-ant-"], pattern: `sk-ant-[a-z0-9]{3,12}-${w}{20,200}` },
  { id: "secret-key-prefix", starts: ["sk-"], pattern: `sk-${b}{48}` },
  { id: "deepseek-key", starts: ["sk-"], pattern: `sk-${hex}{32}` },
  { id: "huggingface-token", starts: ["hf_", "api_org_"], pattern: "(?:hf_|api_org_)[A-Za-z0-9]{34}" },
  { id: "replicate-token", starts: ["r8_"], pattern: `r8_${b}{37}` },
  { id: "groq-key", starts: ["gsk_"], pattern: `gsk_${b}{52}` },
  { id: "perplexity-key", starts: ["pplx-"], pattern: `pplx-${b}{48}` },
  { id: "xai-key", starts: ["xai-"], pattern: `xai-${b}{80}` },
  { id: "langsmith-key", starts: ["lsv2_"], pattern: `lsv2_(?:pt|sk)_${hex}{32}_${hex}{10}` },
  { id: "nvidia-key", starts: ["nvapi-"], pattern: `nvapi-${w}{60,70}` },
  { id: "databricks-token", starts: ["dapi"], pattern: `dapi${hex}{32}(?:-[0-9])?` },
  { id: "pinecone-key", starts: ["pcsk_"], pattern: `pcsk_${b}{5,8}_${b}{50,70}` },
  { id: "weights-and-biases-key", starts: ["wandb_v1_"], pattern: `wandb_v1_${w}{60,90}` },

  // Messages, mail
  {
    id: "slack-token",
    starts: ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-"],
    pattern: `xox[bpaors]-${w}{10,250}`,
  },
  {
    id: "slack-config-token",
    starts: ["xoxe.", "xoxe-"],
    pattern: "xoxe(?:\\.xox[bp])?-[0-9]-[0-9A-Za-z]{100,250}",
  },
  {
    id: "slack-app-token",
    starts: ["xapp-"],
    pattern: `xapp-[0-9]-[A-Z0-9]{5,20}-[0-9]{8,16}-[0-9a-z]{20,80}`,
  },
  {
    id: "slack-webhook",
    starts: ["hooks.slack.com/"],
    pattern: "hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,60}",
    before: /$^/,
  },
  {
    id: "teams-webhook",
    starts: [".webhook.office.com/", "webhook.office.com/"],
    pattern: `\\.?webhook\\.office\\.com/webhookb2/${hex}{8}-[0-9a-f@/A-Za-z-]{60,200}`,
    before: /$^/,
  },
  {
    id: "discord-webhook",
    starts: ["/api/webhooks/"],
    pattern: `/api/webhooks/[0-9]{17,20}/${w}{60,72}`,
    before: /$^/,
  },
  { id: "discord-bot-token", starts: [".G"], back: 26, pattern: `[MNO]${w}{25}\\.G${w}{5}\\.${w}{27,38}` },
  { id: "telegram-bot-token", starts: [":AA"], back: 10, pattern: `[0-9]{10}:AA${w}{33}` },
  { id: "telegram-bot-token", starts: [":AA"], back: 9, pattern: `[0-9]{9}:AA${w}{33}` },
  { id: "twilio-key", starts: ["SK"], pattern: `SK${hex}{32}` },
  { id: "sendgrid-key", starts: ["SG."], pattern: `SG\\.${w}{22}\\.${w}{43}` },
  { id: "mailgun-key", starts: ["key-"], pattern: `key-${hex}{32}` },
  { id: "mailchimp-key", starts: ["-us"], back: 32, pattern: `${hex}{32}-us[0-9]{1,2}` },
  { id: "brevo-key", starts: ["xkeysib-", "xsmtpsib-"], pattern: `x(?:key|smtp)sib-${hex}{64}-${b}{16}` },
  { id: "resend-key", starts: ["re_"], pattern: `re_${b}{8}_${b}{24}` },
  { id: "postman-key", starts: ["PMAK-"], pattern: `PMAK-${hex}{24}-${hex}{34}` },

  // Payment, shops
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

  // Observation
  { id: "grafana-service-account", starts: ["glsa_"], pattern: `glsa_${b}{32}_[0-9a-fA-F]{8}` },
  { id: "grafana-cloud-token", starts: ["glc_eyJ"], pattern: "glc_eyJ[A-Za-z0-9+/=]{60,400}" },
  {
    id: "newrelic-key",
    starts: ["NRAK-", "NRJS-", "NRII-", "NRIQ-", "NRRA-"],
    pattern: "NR(?:AK-[A-Z0-9]{27}|JS-[a-f0-9]{19}|(?:II|IQ|RA)-[A-Za-z0-9_-]{32,42})",
  },
  { id: "newrelic-license", starts: ["NRAL"], back: 36, pattern: `${hex}{36}NRAL` },
  {
    id: "sentry-token",
    starts: ["sntrys_eyJ", "sntryu_"],
    pattern: `(?:sntrys_eyJ[A-Za-z0-9+/=_]{80,400}|sntryu_${hex}{64})`,
  },
  {
    id: "dynatrace-token",
    starts: ["dt0c01.", "dt0s01.", "dt0s16."],
    pattern: "dt0(?:c01|s01|s16)\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}",
  },
  { id: "honeycomb-key", starts: ["hcaik_", "hcaic_", "hcalk_"], pattern: "hca(?:ik|ic|lk)_[0-9a-z]{50,70}" },

  // Work tools
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
];

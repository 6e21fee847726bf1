import { b, base64, hex, type TokenFormat, UUID, w } from "./format.ts";

/** Messages and mail. */
export const MESSAGE_FORMATS: readonly TokenFormat[] = [
  {
    id: "slack-token",
    starts: ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-"],
    pattern: `xox[bpaorscd]-${w}{10,250}`,
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
  { id: "mailersend-token", starts: ["mlsn."], pattern: `mlsn\\.${hex}{64}` },
  { id: "telnyx-key", starts: ["KEY0"], pattern: `KEY0[0-9A-F]{31}_${b}{22}` },
  { id: "courier-key", starts: ["pk_prod_"], pattern: "pk_prod_[0-9A-Z]{28}", chance: 3 },
  { id: "matrix-token", starts: ["syt_"], pattern: `syt_[0-9A-Za-z+/=]{1,60}_[A-Za-z]{20}_${b}{6}` },
  { id: "intercom-token", starts: ["dG9rO"], pattern: `dG9rO${base64}{54,80}`, chance: 3.5 },
  { id: "pubnub-secret-key", starts: ["sec-c-"], pattern: `sec-c-[0-9A-Za-z-]{36,60}`, chance: 3 },
  { id: "hubspot-token", starts: ["pat-na", "pat-eu", "pat-ap"], pattern: `pat-(?:na|eu|ap)[0-9]-${UUID}` },
  {
    id: "linkedin-client-secret",
    starts: ["WPL_AP"],
    pattern: "WPL_AP[01]\\.[0-9A-Za-z]{16}\\.[A-Za-z0-9+/]{6,8}={0,2}",
  },
];

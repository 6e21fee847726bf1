import { b, hex, type TokenFormat, UUID, w } from "./format.ts";

/** Observation and flags. */
export const OBSERVATION_FORMATS: readonly TokenFormat[] = [
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
  { id: "axiom-token", starts: ["xaat-", "xapt-"], pattern: `xa(?:at|pt)-${UUID}` },
  { id: "posthog-personal-key", starts: ["phx_"], pattern: `phx_${b}{32,60}`, chance: 3.5 },
  { id: "launchdarkly-sdk-key", starts: ["sdk-"], pattern: `sdk-${UUID}` },
  { id: "statsig-secret-key", starts: ["secret-"], pattern: `secret-${b}{42,44}`, chance: 3.5 },
  {
    id: "stytch-secret",
    starts: ["secret-live-", "secret-test-"],
    pattern: `secret-(?:live|test)-${w}{36}=`,
    chance: 3.5,
  },
  { id: "checkly-key", starts: ["cu_"], pattern: `cu_${hex}{32}`, chance: 2.8 },
  { id: "rootly-key", starts: ["rootly_"], pattern: `rootly_${hex}{64}` },
];

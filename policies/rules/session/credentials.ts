import type { Finding } from "../../../specs/mod.ts";
import { failIfAny, rule } from "../../rule.ts";
import { PATCH_ALWAYS } from "../bindings.ts";
import { carriedOut, finding, selected } from "./calls.ts";

const ASK = "Ask the broker for a credential of this session, for this resource and for minutes";
/** How long a credential that the broker mints may live on after a call. */
const MAX_LIFE_MS = 3_600_000;

/** Places where credentials of the machine and of its user lie; a file of the same name in a repository is another. */
const PLACES: readonly RegExp[] = [
  /^(?:file:\/\/)?\/proc\/(?:\d+|self|thread-self|\*)\/(?:task\/\d+\/)?(?:environ|mem|fd|cwd|root|cmdline|maps)(?:\/|$)/,
  /^(?:file:\/\/)?(?:~|\$\{?HOME\}?|%USERPROFILE%|\/home\/[^/]+|\/Users\/[^/]+|\/root|[A-Za-z]:[\\/]Users[\\/][^\\/]+)[\\/]\.(?:aws|azure|ssh|gnupg|kube|docker|gcloud|netrc|npmrc|pypirc|yarnrc(?:\.yml)?|git-credentials|password-store|terraform\.d|config[\\/](?:gcloud|gh|hub|op|doctl|heroku)|cargo[\\/]credentials(?:\.toml)?|bash_history|zsh_history)(?:[\\/]|$)/,
  /^(?:file:\/\/)?(?:~|\$\{?HOME\}?|\/Users\/[^/]+)?\/Library\/Keychains(?:\/|$)/,
  /^(?:file:\/\/)?\/(?:var\/)?run\/secrets(?:\/|$)/,
  /^(?:file:\/\/)?\/etc\/(?:shadow|gshadow|krb5\.keytab)$/,
  /^(?:https?:\/\/)?(?:169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|100\.100\.100\.200|\[?fd00:ec2::254\]?)(?:[:/]|$)/i,
];

/** A path without the detours that lead to the same place. */
function plain(place: string): string {
  const parts: string[] = [];
  for (const part of place.replace(/^(file:\/\/)(?=\/)/, "").split("/")) {
    if (part === ".." && parts.length > 1) parts.pop();
    else if (part !== "." && (part !== "" || parts.length === 0)) parts.push(part);
  }
  return /^[a-z]+:\/\//i.test(place) && !place.startsWith("file:") ? place : parts.join("/");
}

/** L4: only what the broker gave for this session. */
export const credentialRule = rule({
  id: "O2",
  gate: "credential-origin",
  layer: "L4",
  mode: "enforce",
  severity: "critical",
  description:
    "Tool calls use only credentials that the broker gave to this session, and read no place where credentials lie",
  remediation: ASK,
  bindings: PATCH_ALWAYS,
  reads: ["session"],
  selector: selected,
  evaluate: ({ session: { log } }) => {
    const findings: Finding[] = [];
    for (const call of log === null ? [] : carriedOut(log)) {
      const tell = (what: string) => findings.push(finding(call, what, ASK));
      const place = call.touches.find((one) =>
        PLACES.some((pattern) => pattern.test(one) || pattern.test(plain(one)))
      );
      if (place !== undefined) tell(`it reached ${place}, where credentials lie`);
      const { credential } = call;
      if (credential === null) continue;
      if (credential.origin !== "broker") {
        tell(`it used a credential that the broker did not give (${credential.origin})`);
      } else if (credential.session !== log?.id) {
        tell(
          `its credential was given to ${credential.session ?? "nobody that is named"}, not to this session`,
        );
      } else if (credential.expiresAt === undefined) {
        tell("its credential has no end");
      } else if (Date.parse(credential.expiresAt) <= Date.parse(call.at)) {
        tell(`its credential ended at ${credential.expiresAt}`);
      } else if (Date.parse(credential.expiresAt) - Date.parse(call.at) > MAX_LIFE_MS) {
        tell(`its credential lasts until ${credential.expiresAt}, longer than an hour`);
      }
    }
    return failIfAny(
      findings,
      "passes when every credential is the broker's, for this session and for minutes",
    );
  },
});

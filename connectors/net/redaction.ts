/** Secrets that must not be shown: in errors, URLs, progress. */
import { type SecretMatcher, secretMatcher } from "./secret_matcher.ts";

export interface Redaction {
  /** Never shown from now on, in any of the forms in which it travels. */
  add(secret: string): void;
  /** The text without secrets. */
  hide(text: string): string;
  /** The same for a text that may have been cut: a secret's beginning at its end goes too. */
  hideCut(text: string): string;
  /** A URL for people: no user info, no values of parameters that are credentials by their name, no secrets. */
  url(url: URL | string): string;
}

const HIDDEN = "***";
/** A shorter one would blank out ordinary words; a credential of three characters protects nothing. */
const SHORTEST = 4;
const NAMES =
  "(?:x[-_])?(?:api|access|private|client|auth|app|user|refresh)?[-_]?(?:key|token|secret|password|passwd|pwd|signature|sig|sign|" +
  "credential|jwt|session(?:id)?|auth|authorization)|x-amz-(?:signature|credential|security-token)";
const SECRET_PARAMETER = new RegExp(`^(?:${NAMES})$`, "i");
/** The same in a text that quotes a URL. */
const IN_TEXT = new RegExp(`([?&](?:${NAMES})=)[^&#\\s"'<>]+`, "gi");

export function redaction(): Redaction {
  let forms: string[] = [];
  let known: SecretMatcher | undefined;
  const hide = (text: string): string => {
    let shown = text;
    known ??= secretMatcher(forms);
    if (known.inText(text)) { for (const form of forms) shown = shown.replaceAll(form, HIDDEN); }
    return shown.includes("=") ? shown.replace(IN_TEXT, `$1${HIDDEN}`) : shown;
  };
  return {
    add(secret) {
      const found = [secret, secret.trim()].flatMap(secretForms).filter((form) => form.length >= SHORTEST);
      // Longest first, so that no part of a longer form is left over.
      forms = [...new Set([...forms, ...found])].sort((a, b) => b.length - a.length);
      known = undefined;
    },
    hide,
    hideCut(text) {
      const shown = hide(text);
      for (const form of forms) {
        for (let length = Math.min(form.length - 1, shown.length); length >= SHORTEST; length--) {
          if (shown.endsWith(form.slice(0, length))) return shown.slice(0, shown.length - length) + HIDDEN;
        }
      }
      return shown;
    },
    url(url) {
      let parsed: URL;
      try {
        parsed = new URL(url);
      } catch {
        return hide(String(url));
      }
      if (parsed.username !== "" || parsed.password !== "") {
        parsed.username = "";
        parsed.password = "";
      }
      // By hand: URLSearchParams would write all other parameters anew.
      const query = parsed.search.slice(1).split("&").map((pair) => {
        const [name = "", value] = pair.split("=", 2);
        return value !== undefined && isSecretParameter(name) ? `${name}=${HIDDEN}` : pair;
      }).join("&");
      parsed.hash = "";
      return hide(
        parsed.href.slice(0, parsed.href.length - parsed.search.length) + (query === "" ? "" : `?${query}`),
      );
    },
  };
}

/** Whether a query parameter holds a credential, by its name. */
export function isSecretParameter(name: string): boolean {
  let plain = name;
  try {
    plain = decodeURIComponent(name);
  } catch { /* not encoded: as it is */ }
  return SECRET_PARAMETER.test(plain);
}

/** As it is, percent-encoded, in JSON (and JSON within JSON), and in base 64 with and without its padding. */
export function secretForms(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = new TextEncoder().encode(secret);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const bare = base64.replace(/=+$/, "");
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    base64,
    bare,
    bare.replaceAll("+", "-").replaceAll("/", "_"),
  ];
}

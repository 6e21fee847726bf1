/** Headers of every answer: nothing is framed, sniffed, cached by strangers or run that we did not serve. */

/** For what is no page: nothing may be loaded by it at all. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** For the dashboard: our own script and style, no inline ones; forms and connections go back to us only. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** Puts what is missing into the headers of an answer. */
export function secureHeaders(headers: Headers, https: boolean): void {
  const type = headers.get("content-type") ?? "";
  const wanted: Record<string, string> = {
    "content-security-policy": type.startsWith("text/html") ? PAGE_POLICY : NOTHING,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    // Not no-referrer: under it browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ...(https ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
  for (const [name, value] of Object.entries(wanted)) if (!headers.has(name)) headers.set(name, value);
}

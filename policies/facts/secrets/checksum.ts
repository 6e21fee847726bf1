/**
 * GitHub and npm end their tokens in the CRC-32 of what stands between prefix and checksum, as six digits of base 62, zeros in front.
 * https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function hasCrc32(token: string): boolean {
  const body = token.slice(token.indexOf("_") + 1);
  return body.length > 6 && base62(crc32(body.slice(0, -6))) === body.slice(-6);
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Six digits hold every number of 32 bits. */
function base62(number: number): string {
  let out = "";
  for (let rest = number, count = 0; count < 6; count++, rest = Math.floor(rest / 62)) {
    out = (DIGITS[rest % 62] ?? "") + out;
  }
  return out;
}

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

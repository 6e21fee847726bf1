/** Which addresses are on the public internet. Everything else is somebody's own network, or this machine. */

/** IANA special-purpose registries: not globally reachable, or a way to wrap another address. */
const NOT_PUBLIC_4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];
/** Inside 2000::/3, the only part of IPv6 that is public at all. */
const NOT_PUBLIC_6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];

interface Range {
  first: bigint;
  bits: bigint;
  width: bigint;
}

const ranges4 = NOT_PUBLIC_4.map((text) => range(text, 32n));
const ranges6 = NOT_PUBLIC_6.map((text) => range(text, 128n));
const linkLocal4 = range("169.254.0.0/16", 32n);
const linkLocal6 = range("fe80::/10", 128n);
const alibaba = parse4("100.100.100.200");
const aws6 = parse6("fd00:ec2::254");
const global6 = range("2000::/3", 128n);

/** Whether an address as text is one of the public internet. What is not an address is not. */
export function isPublic(address: string): boolean {
  const four = parse4(address);
  if (four !== null) return !ranges4.some((one) => within(four, one));
  const six = parse6(address);
  if (six === null) return false;
  return within(six, global6) && !ranges6.some((one) => within(six, one));
}

/**
 * Link-local addresses and those where clouds serve credentials to whoever asks: no data source has them, also where private
 * addresses are let through.
 */
export function isMetadata(address: string): boolean {
  const six = parse6(address);
  // Mapped into IPv6, or translated (NAT64).
  const wrapped = six !== null && (six >> 32n === 0xffffn || six >> 32n === 0x64ff9bn << 64n);
  const four = parse4(address) ?? (wrapped ? (six ?? 0n) & 0xffffffffn : null);
  if (four !== null) return within(four, linkLocal4) || four === alibaba;
  return six !== null && (within(six, linkLocal6) || six === aws6);
}

export function isAddress(text: string): boolean {
  return parse4(text) !== null || parse6(text) !== null;
}

function range(text: string, width: bigint): Range {
  const [address = "", bits = ""] = text.split("/");
  const first = width === 32n ? parse4(address) : parse6(address);
  if (first === null) throw new Error(`Not an address range: ${text}`);
  return { first, bits: BigInt(bits), width };
}

function within(address: bigint, { first, bits, width }: Range): boolean {
  return address >> (width - bits) === first >> (width - bits);
}

/** Four decimal numbers; other forms (hexadecimal, fewer parts) are for a URL parser to bring into this one. */
function parse4(text: string): bigint | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parse6(text: string): bigint | null {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(":")) return null;
  let plain = text;
  const tail = text.slice(text.lastIndexOf(":") + 1);
  if (tail.includes(".")) {
    const four = parse4(tail);
    if (four === null) return null;
    plain = `${text.slice(0, text.lastIndexOf(":") + 1)}${(four >> 16n).toString(16)}:${
      (four & 0xffffn).toString(16)
    }`;
  }
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const [left = [], right] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...(right ?? [])];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  return groups.reduce((sum, group) => sum * 65536n + BigInt(parseInt(group, 16)), 0n);
}

/**
 * What looks like a secret and is none. Only values that no issuer can have made are let go: a real token cannot be changed
 * to hold one of these words and still work.
 */
const WORDS = [
  "example",
  "placeholder",
  "changeme",
  "change-me",
  "change_me",
  "redacted",
  "your-",
  "your_",
  "yourtoken",
  "yourkey",
  "insert-",
  "insert_",
  "xxxxxx",
  "******",
  "......",
  "000000000000",
];

/** Values that vendors print in their own documentation, in pieces so that no scanner stops at this file. */
const PUBLISHED = [
  ["AKIAIOSFODNN7", "EXAMPLE"],
  ["wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "EXAMPLEKEY"],
  // The tokens of jwt.io and of RFC 7519 and 7515: their signatures, and the payload that all of them share.
  ["SflKxwRJSMeKKF2QT4fwpMeJ", "f36POk6yJV_adQssw5c"],
  ["eyJzdWIiOiIxMjM0", "NTY3ODkwIi"],
  ["dBjftJeZ4CVP-mB92K27", "uhbUJU1p1r_wW1gFWFOEjXk"],
  ["eyJzb21lIjoi", "cGF5bG9hZCJ9"],
  // The examples of RFC 6749 and RFC 5849.
  ["2YotnFZFEjr1", "zCsicMWpAA"],
  ["tGzv3JOkF0XG", "5Qx2TlKWIA"],
  ["7Fjfp0ZBr1Kt", "DRbnfVdmIw"],
  ["kkk9d7dh", "3k39sjv7"],
  // GitHub's reference for OAuth apps, Stripe's quick start, Slack's and Telegram's introductions, Discord's reference.
  ["16C7e42F292c6912E77", "10c838347Ae178B4a"],
  ["4eC39HqLyjWDarj", "tT1zdp7dc"],
  ["BQokikJOvBiI2Hl", "WgH4olfQ2"],
  ["17653672481-19874698323-", "pdFZKVeTuE8sk7oOcBrzbqgy"],
  ["AAHdqTcvCH1vGWJxf", "SeofSAs0K5PALDsaw"],
  ["MTk4NjIyNDgzNDcxOTI1MjQ4.", "Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"],
].map((parts) => parts.join(""));

export function isPlaceholder(value: string): boolean {
  const lower = value.toLowerCase();
  return PUBLISHED.some((known) => value.includes(known)) || WORDS.some((word) => lower.includes(word));
}

/** Shannon entropy in bits a character. */
export function entropy(text: string): number {
  if (text.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** How often the text changes between lower case, upper case, digits and other: words rarely do, random text does. */
export function classChanges(text: string): number {
  const classOf = (char: string) =>
    /[a-z]/.test(char) ? 0 : /[A-Z]/.test(char) ? 1 : /[0-9]/.test(char) ? 2 : 3;
  let changes = 0;
  let last = -1;
  for (const char of text) {
    const now = classOf(char);
    if (last >= 0 && now !== last) changes++;
    last = now;
  }
  return changes;
}

/** Letters and digits as no word has them. */
export function madeByChance(token: string, least = 3): boolean {
  return /[0-9]/.test(token) && /[A-Za-z]/.test(token) && entropy(token) >= least;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const HUMP = /[A-Z]?[a-z]+|[A-Z]+|[0-9]+/g;

/**
 * Whether a value is made of words, as names, resource paths and types are: `V1LocalObjectReference`, `gs_oauth2_refresh_token`,
 * `projects/p/secrets/s/versions/1`. Random text changes between letters and digits too often for that, and has words without vowels.
 */
export function madeOfWords(value: string): boolean {
  // Without capitals or signs between them nobody can tell where a word ends.
  if (!/[A-Z_./:#-]/.test(value)) return false;
  const humps = value.match(HUMP) ?? [];
  const words = humps.filter((hump) => hump.length > 2 && !/[0-9]/.test(hump));
  return words.some((word) => word.length > 3) &&
    humps.join("").length >= 3 * humps.length &&
    words.join("").length * 2 >= value.length &&
    words.every((word) => word.length < 5 || /[aeiouy]/i.test(word)) &&
    !words.some((word) => /[^aeiouy]{6}/i.test(word));
}

/** Whether a value assigned to a name like `password` or `token` is random enough to be a real one. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || UUID.test(value) || isPlaceholder(value)) return false;
  if (/^(?:test|fake|dummy|mock|sample|demo|local|dev)[-_]/i.test(value)) return false;
  // Hexadecimal has at most 4 bits a character; half a key's worth of it is enough.
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= 32 && entropy(value) >= 3;
  if (!/[0-9]/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return entropy(value) >= 3.5 && classChanges(value) >= 5 && !madeOfWords(value);
}

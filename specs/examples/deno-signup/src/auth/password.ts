const MIN_LENGTH = 10;
const ROUNDS = 1_000;

/** Problems of a password, empty when it may be used. */
export function checkPassword(password: string): string[] {
  const problems: string[] = [];
  if (password.length < MIN_LENGTH) problems.push(`shorter than ${MIN_LENGTH} characters`);
  if (!/[0-9]/.test(password)) problems.push("has no digit");
  if (!/[A-Za-z]/.test(password)) problems.push("has no letter");
  return problems;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function derive(password: string, salt: string): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt: encoder.encode(salt), iterations: ROUNDS },
    key,
    256,
  );
  return hex(new Uint8Array(bits));
}

/** `salt$hash`, ready to be stored. */
export async function hashPassword(
  password: string,
  salt: string = hex(crypto.getRandomValues(new Uint8Array(8))),
): Promise<string> {
  return `${salt}$${await derive(password, salt)}`;
}

/** Whether the password is the one that was hashed. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [salt = "", hash = ""] = stored.split("$");
  return hash !== "" && await derive(password, salt) === hash;
}

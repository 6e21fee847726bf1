/** Secrets that are planted, and a search for each form of them in every byte of a directory and of what was printed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** As it is, in base 64, percent-encoded, as a form has it, and in JSON. */
export function formsOf(secret: string): string[] {
  const base64 = (text: string) =>
    btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
  const forms = [
    secret,
    base64(secret).replace(/=+$/, ""),
    base64(secret).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"),
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
  ];
  return [...new Set(forms)];
}

export interface Found {
  readonly file: string;
  readonly secret: string;
  readonly form: string;
  readonly around: string;
}

/** Every place below a directory where a form of a secret stands; gzip is unpacked, UTF-16 is looked for, names count. */
export async function search(
  dir: string,
  secrets: Readonly<Record<string, string>>,
  except: (path: string) => boolean = () => false,
): Promise<Found[]> {
  const found: Found[] = [];
  const look = (file: string, bytes: Uint8Array) => {
    const text = new TextDecoder("latin1").decode(bytes);
    found.push(...inText(file, text, secrets));
    // Two bytes a letter, as V8 and spreadsheets keep some texts.
    if (text.includes("\u0000")) {
      found.push(...inText(`${file} (wide)`, text.replaceAll("\u0000", ""), secrets));
    }
  };
  const walk = async (at: string) => {
    for await (const entry of Deno.readDir(at)) {
      const path = join(at, entry.name);
      if (except(path)) continue;
      found.push(...inText(`${path} (name)`, entry.name, secrets));
      if (entry.isDirectory) await walk(path);
      if (!entry.isFile) continue;
      const bytes = await Deno.readFile(path);
      look(path, bytes);
      if (bytes[0] === 0x1f && bytes[1] === 0x8b) look(`${path} (unpacked)`, gunzipSync(bytes));
    }
  };
  await walk(dir);
  return found;
}

export function inText(file: string, text: string, secrets: Readonly<Record<string, string>>): Found[] {
  return Object.entries(secrets).flatMap(([secret, value]) =>
    formsOf(value).flatMap((form) => {
      // Letters beyond Latin-1 stand in files as UTF-8.
      const bytes = new TextDecoder("latin1").decode(new TextEncoder().encode(form));
      const place = text.indexOf(bytes);
      return place < 0
        ? []
        : [{ file, secret, form, around: text.slice(Math.max(0, place - 80), place + 40) }];
    })
  );
}

export function assertNone(found: readonly Found[]): void {
  assert.deepEqual(
    found.map(({ file, secret, form, around }) => `${secret} as ${form} in ${file}: ${around}`),
    [],
  );
}

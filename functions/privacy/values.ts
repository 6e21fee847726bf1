import { join } from "node:path";
import { type BundleFile, jcs } from "../../policies/mod.ts";
import { VALUES_FILE } from "../../pipelines/mod.ts";
import type { SealedValues } from "../../specs/mod.ts";
import { privateDirectory } from "../key_directory.ts";
import { type DataKeys, privacyFolder, seal, unseal } from "./data_keys.ts";

type SealedValue = SealedValues["values"][number];

/** What marks of a run stand for, each value sealed under the run's data key: `privacy/values/KID.jsonl` of the data directory. */
export interface ValueVault {
  /** To be kept; at the latest when `settled` resolves. */
  take(kid: string, mark: string, value: string): void;
  settled(): Promise<void>;
  /** Everything under one key. */
  sealed(kid: string): Promise<SealedValues>;
  /** The same as a file of a bundle; null when there is nothing. */
  file(kid: string): Promise<BundleFile | null>;
  forget(kid: string): Promise<void>;
}

export function valueVault(data: string, keys: DataKeys): ValueVault {
  const folder = join(privacyFolder(data), "values");
  const pathOf = (kid: string) => join(folder, `${kid}.jsonl`);
  const known = new Map<string, Set<string>>();
  const waiting = new Map<string, Map<string, string>>();
  let last: Promise<void> = Promise.resolve();

  const readAll = async (kid: string): Promise<SealedValue[]> => {
    try {
      const text = await Deno.readTextFile(pathOf(kid));
      // A line that was cut by a crash is no value: what it should have held was not written either.
      return text.split("\n").flatMap((line) => {
        try {
          return line === "" ? [] : [JSON.parse(line) as SealedValue];
        } catch {
          return [];
        }
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  };
  const marksOf = async (kid: string): Promise<Set<string>> => {
    const found = known.get(kid) ?? new Set((await readAll(kid)).map(({ mark }) => mark));
    known.set(kid, found);
    return found;
  };
  const write = async (): Promise<void> => {
    for (const [kid, values] of [...waiting]) {
      const there = await marksOf(kid);
      const fresh = [...values].filter(([mark]) => !there.has(mark));
      const key = fresh.length === 0 ? null : await keys.open(kid);
      // Once it is destroyed nothing is kept any more; the marks stand.
      if (key === null) {
        waiting.delete(kid);
        continue;
      }
      const lines = await Promise.all(fresh.map(async ([mark, value]) => {
        const { iv, ciphertext } = await seal(key, mark, new TextEncoder().encode(value));
        return JSON.stringify(
          { mark, iv: iv.toBase64(), ciphertext: ciphertext.toBase64() } satisfies SealedValue,
        );
      }));
      await privateDirectory(folder);
      // Begins a line of its own, whatever a crash has left.
      await Deno.writeTextFile(pathOf(kid), `\n${lines.join("\n")}\n`, {
        append: true,
        create: true,
        mode: 0o600,
      });
      // Those that came meanwhile stay for the next time; where it failed all do.
      for (const [mark] of fresh) {
        there.add(mark);
        values.delete(mark);
      }
      if (values.size === 0) waiting.delete(kid);
    }
  };
  const settled = (): Promise<void> => {
    if (waiting.size === 0) return last;
    last = last.catch(() => {}).then(write);
    return last;
  };
  const sealed = async (kid: string): Promise<SealedValues> => {
    await settled();
    const values = new Map((await readAll(kid)).map((one) => [one.mark, one]));
    const sorted = [...values.values()].sort((a, b) => a.mark < b.mark ? -1 : 1);
    return { v: 1, kid, algorithm: "A256GCM", values: sorted };
  };
  return {
    take(kid, mark, value) {
      if (known.get(kid)?.has(mark)) return;
      const values = waiting.get(kid) ?? new Map<string, string>();
      waiting.set(kid, values.set(mark, value));
    },
    settled,
    sealed,
    async file(kid) {
      const all = await sealed(kid);
      return all.values.length === 0
        ? null
        : { path: VALUES_FILE, mediaType: "application/json", bytes: new TextEncoder().encode(jcs(all)) };
    },
    async forget(kid) {
      known.delete(kid);
      await Deno.remove(pathOf(kid)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    },
  };
}

/** The values of a bundle, by their marks. */
export async function openedValues(key: CryptoKey, sealed: SealedValues): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { mark, iv, ciphertext } of sealed.values) {
    const bytes = await unseal(key, mark, {
      iv: Uint8Array.fromBase64(iv),
      ciphertext: Uint8Array.fromBase64(ciphertext),
    });
    values.set(mark, new TextDecoder().decode(bytes));
  }
  return values;
}

/** How fast the rules of secrets read what goes out, and how fast rows are searched for the run's own credentials. */
import { cpuUsage } from "node:process";
import { secretForms, secretMatcher } from "../../connectors/data/mod.ts";
import { scanPatchSecrets } from "../../policies/code/mod.ts";
import { scanSecrets } from "../../policies/mod.ts";

export interface SecretFigures {
  /** A patch that adds every source file of this repository, as a change is scanned: by hunk, by file, together. */
  patchMegabytes: number;
  patchMegabytesPerSecond: number;
  /** The same text as one message, once. */
  textMegabytesPerSecond: number;
  /** Rows of JSON against 40 credentials, each in all of its forms. */
  rowsMegabytesPerSecond: number;
  rowBytesMegabytesPerSecond: number;
}

/** Megabytes a second of processor time, the best of some rounds: the machine may have other things to do. */
function rate(bytes: number, rounds: number, work: () => void): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = cpuUsage();
    work();
    const { user, system } = cpuUsage(before);
    best = Math.min(best, Math.max(user + system, 1));
  }
  return Math.round(bytes / best * 10) / 10;
}

export async function benchSecrets(): Promise<SecretFigures> {
  const { patch, text } = await ownSources();
  const rows = JSON.stringify(Array.from({ length: 150_000 }, (_, id) => ({
    id,
    name: `Company ${id} of the list`,
    amount: id * 1.37,
    note: "paid by invoice, see the order",
    at: "2026-01-01T08:00:00Z",
  })));
  const bytes = new TextEncoder().encode(rows);
  const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const credentials = Array.from(
    { length: 40 },
    (_, which) =>
      Array.from(
        { length: 12 + which % 30 },
        (_, at) => alphabet[(which * 7919 + at * 104_729 + which * at) % 62],
      )
        .join(""),
  );
  const matcher = secretMatcher(credentials.flatMap(secretForms));
  const megabytes = (length: number) => Math.round(length / 1e5) / 10;
  const held: boolean[] = [];
  const figures = {
    patchMegabytes: megabytes(patch.length),
    patchMegabytesPerSecond: rate(patch.length, 3, () => void scanPatchSecrets(patch)),
    textMegabytesPerSecond: rate(text.length, 3, () => void scanSecrets(text)),
    rowsMegabytesPerSecond: rate(rows.length, 5, () => held.push(matcher.inText(rows))),
    rowBytesMegabytesPerSecond: rate(bytes.length, 5, () => held.push(matcher.inBytes(bytes))),
  };
  if (held.includes(true)) throw new Error("a credential of the bench was found in rows that hold none");
  return figures;
}

/** Every TypeScript file of this repository, as a patch that adds it and as one text. */
async function ownSources(): Promise<{ patch: Uint8Array; text: string }> {
  const root = new URL("../../", import.meta.url);
  const parts: string[] = [];
  const texts: string[] = [];
  for (const folder of ["connectors", "functions", "kernel", "pipelines", "policies", "specs"]) {
    for (const path of await sources(new URL(`${folder}/`, root), folder)) {
      const content = await Deno.readTextFile(new URL(path, root));
      if (!content.endsWith("\n")) continue;
      const lines = content.slice(0, -1).split("\n");
      texts.push(content);
      parts.push(
        `diff --git a/${path} b/${path}\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/${path}\n` +
          `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`,
      );
    }
  }
  return { patch: new TextEncoder().encode(parts.join("")), text: texts.join("") };
}

async function sources(folder: URL, path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await sources(new URL(`${name}/`, folder), `${path}/${name}`));
    else if (name.endsWith(".ts")) found.push(`${path}/${name}`);
  }
  return found.sort();
}

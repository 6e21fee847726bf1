/** `deno task wasm`: compiles cells.as, and writes it as text into the module that the product loads. */
import asc from "assemblyscript/asc";

/** One entry, no files of its own but the compiler's. */
const OPTIONS = [
  "cells.ts",
  "--outFile",
  "cells.wasm",
  ...["-O3", "--converge", "--noAssert"],
  ...["--runtime", "stub", "--enable", "simd", "--use", "abort="],
];

/** The module's bytes, as the pinned compiler makes them of a source. */
export async function compiled(source: string): Promise<Uint8Array> {
  let made: Uint8Array | null = null;
  const { error, stderr } = await asc.main(OPTIONS, {
    readFile: (name: string) => name === "cells.ts" ? source : null,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name === "cells.wasm" && typeof contents !== "string") made = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || made === null) throw new Error(`Cannot compile cells.as: ${stderr.toString()}`);
  return made;
}

/** The text of cells_wasm.ts for a module. */
export function moduleText(bytes: Uint8Array): string {
  const parts = btoa(String.fromCharCode(...bytes)).match(/.{1,100}/g) ?? [];
  return [
    "// Made of cells.as by `deno task wasm`.",
    "/** The compiled module in base64. */",
    "export const CELLS_WASM =",
    `${parts.map((part) => `  "${part}"`).join(" +\n")};\n`,
  ].join("\n");
}

if (import.meta.main) {
  const bytes = await compiled(await Deno.readTextFile(new URL("./cells.as", import.meta.url)));
  await Deno.writeTextFile(new URL("./cells_wasm.ts", import.meta.url), moduleText(bytes));
  console.log(`${bytes.length} bytes`);
}

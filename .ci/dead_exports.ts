/** `deno run -A .ci/dead_exports.ts`: exports that nothing uses, one a line; exit code 1 when there are any. */
import { readImportMap, readSources } from "./checkout.ts";
import { deadExports } from "./import_rules.ts";

const dead = deadExports(await readSources(), await readImportMap());
for (const line of dead) console.log(line);
Deno.exit(dead.length === 0 ? 0 : 1);

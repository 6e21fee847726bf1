import type { CommandHazard, FileFacts } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { placeOf } from "../oversight_place.ts";
import { scriptsOf } from "../scripts/script.ts";
import { codeHazards } from "./code.ts";
import { type Hazard, scriptHazards } from "./shell.ts";

const MAX_FOUND = 200;
const IMAGE = /(?:^|\/)(?:dockerfile|containerfile)(?:\.[^/]*)?$|\.dockerfile$/i;
/** What takes a schema back one step, or is there to be tried: others judge it, or nobody runs it. */
const ASIDE =
  /(?:^|\/)(?:migrations?|migrate|alembic|changelogs?|seeds?|seeders?)\/|(?:^|[/_.-])(?:migrations?|examples?|samples?|fixtures?|mocks?|conftest)[/_.-]/i;

/** Commands, calls and statements, new at head, that destroy beyond the project's own files, or run what they fetch (O1, D2). */
export async function commandHazards(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<CommandHazard[]> {
  const known = new Map<string, number>();
  const fresh: CommandHazard[] = [];
  const keyOf = ({ kind, name }: Pick<Hazard, "kind" | "name">) => `${kind}\n${name}`;
  for (const file of files) {
    if (file.binary || /^(?:docs|data|lockfile|binary|test)$/.test(file.kind) || ASIDE.test(file.path)) {
      continue;
    }
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (base === head) continue;
    const { place } = placeOf(file, base, head);
    if (place === "test" || place === "generated") continue;
    for (const one of base === null ? [] : await ofFile(file, file.from ?? file.path, base, place === "ci")) {
      known.set(keyOf(one), (known.get(keyOf(one)) ?? 0) + 1);
    }
    for (const one of head === null ? [] : await ofFile(file, file.path, head, place === "ci")) {
      fresh.push({ ...one, line: Math.max(1, one.line), path: file.path, place });
    }
  }
  return fresh.filter((one) => {
    const left = known.get(keyOf(one)) ?? 0;
    known.set(keyOf(one), left - 1);
    return left <= 0;
  }).slice(0, MAX_FOUND);
}

async function ofFile(file: FileFacts, path: string, text: string, ci: boolean): Promise<Hazard[]> {
  if (file.language !== null && file.language !== "shell") {
    return await codeHazards(text, file.language, path);
  }
  const found: Hazard[] = [];
  for (const script of await scriptsOf(path, text, file.language)) {
    // A runner of CI and an image are thrown away with all that is in them.
    found.push(...await scriptHazards(script, ci || IMAGE.test(path)));
  }
  return [...new Map(found.map((one) => [`${one.line}\n${one.kind}\n${one.name}`, one])).values()];
}

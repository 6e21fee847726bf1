import type { FileFacts, WorkflowChange } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { placeOf } from "../oversight_place.ts";
import { scriptsOf } from "../scripts/script.ts";
import { eventTextInScript } from "./event_shell.ts";
import { type EventText, eventTextIn } from "./event_text.ts";

/** Programs and scripts of a change that run text of an event, and did not at base (X5 of the gate catalogue). */
export async function eventChanges(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<WorkflowChange[]> {
  const found: WorkflowChange[] = [];
  const known = new Map<string, number>();
  const fresh: { path: string; one: EventText }[] = [];
  for (const file of files) {
    if (file.binary || /^(?:docs|data|lockfile|binary|test)$/.test(file.kind)) continue;
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (base === head) continue;
    const { place } = placeOf(file, base, head);
    if (place === "test" || place === "generated") continue;
    for (const one of base === null ? [] : await ofFile(file, file.from ?? file.path, base)) {
      known.set(keyOf(one), (known.get(keyOf(one)) ?? 0) + 1);
    }
    for (const one of head === null ? [] : await ofFile(file, file.path, head)) {
      fresh.push({ path: file.path, one });
    }
  }
  for (const { path, one } of fresh) {
    const left = known.get(keyOf(one)) ?? 0;
    if (left > 0) known.set(keyOf(one), left - 1);
    else found.push({ ...one, line: Math.max(1, one.line), path, system: "other" });
  }
  return found;
}

const keyOf = ({ kind, name }: EventText): string => `${kind}\n${name}`;

async function ofFile(file: FileFacts, path: string, text: string): Promise<EventText[]> {
  if (file.language !== null && file.language !== "shell") {
    return await eventTextIn(text, file.language, path);
  }
  const found: EventText[] = [];
  for (const script of await scriptsOf(path, text, file.language)) {
    found.push(...await eventTextInScript(script, path));
  }
  return found;
}

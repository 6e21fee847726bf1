import type { FileFacts, HookBypass } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { placeOf } from "../oversight_place.ts";
import { scriptsOf } from "../scripts/script.ts";
import { codeBypasses } from "./code.ts";
import { hooksDropped } from "./hook_sets.ts";
import { type Bypass, ofSetting, shellBypasses, VARIABLES } from "./shell.ts";

const MAX_FOUND = 200;
const GIT_CONFIG = /(?:^|\/)(?:\.?gitconfig|\.git\/config|[^/]*\.gitconfig)$/;
const ENVIRONMENT = /(?:^|\/)(?:\.env(?:\.[\w.-]+)?|\.envrc|[\w.-]+\.env|\.huskyrc)$/;

/** New ways around hooks and signatures (S3 of the gate catalogue). */
export async function hookBypasses(files: readonly FileFacts[], contents: Contents): Promise<HookBypass[]> {
  const sides: { file: FileFacts; base: Bypass[]; head: Bypass[]; place: HookBypass["place"] }[] = [];
  for (const file of files) {
    if (file.binary || /^(?:docs|data|lockfile|binary)$/.test(file.kind)) continue;
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (base === head) continue;
    sides.push({
      file,
      base: base === null ? [] : await ofFile(file, file.from ?? file.path, base),
      head: [
        ...hooksDropped(file, base, head),
        ...(head === null ? [] : await ofFile(file, file.path, head)),
      ],
      place: placeOf(file, base, head).place,
    });
  }
  const known = new Map<string, number>();
  const keyOf = ({ kind, detail }: Bypass) => `${kind}\n${detail}`;
  for (const { base } of sides) {
    for (const one of base) known.set(keyOf(one), (known.get(keyOf(one)) ?? 0) + 1);
  }
  const found: HookBypass[] = [];
  for (const { file, head, place } of sides) {
    for (const one of head) {
      const left = known.get(keyOf(one)) ?? 0;
      known.set(keyOf(one), left - 1);
      if (left > 0) continue;
      found.push({
        ...one,
        line: Math.max(1, one.line),
        detail: one.detail.slice(0, 200),
        path: file.path,
        place,
      });
      if (found.length >= MAX_FOUND) return found;
    }
  }
  return found;
}

async function ofFile(file: FileFacts, path: string, text: string): Promise<Bypass[]> {
  if (GIT_CONFIG.test(path)) return ofGitConfig(text);
  if (ENVIRONMENT.test(path)) return ofEnvironment(text);
  const found: Bypass[] = [];
  for (const script of await scriptsOf(path, text, file.language)) {
    for (const [name, value] of Object.entries(script.env)) {
      if (VARIABLES[name]?.test(value)) {
        found.push({
          line: lineOf(text, name),
          kind: "hook-variable",
          detail: `${name}=${value} tells the hooks to do nothing`,
          certain: true,
        });
      }
    }
    found.push(...await shellBypasses(script, path));
  }
  const unique = new Map(found.map((one) => [`${one.line}\n${one.kind}\n${one.detail}`, one]));
  if (file.language !== null && file.language !== "shell") {
    return await codeBypasses(text, file.language, path);
  }
  return [...unique.values()];
}

function lineOf(text: string, name: string): number {
  const at = text.split("\n").findIndex((line) => line.includes(name));
  return at + 1;
}

function ofGitConfig(text: string): Bypass[] {
  const found: Bypass[] = [];
  let section = "";
  for (const [at, line] of text.split("\n").entries()) {
    const head = /^\s*\[\s*([\w.-]{1,50})/.exec(line);
    if (head) section = head[1] ?? "";
    const set = /^\s*(?:\[[^\]]{0,80}\]\s*)?([\w-]{1,50})\s*=\s*(.{0,300})$/.exec(line);
    if (set) {
      for (const one of ofSetting(`${section}.${set[1]}`, set[2] ?? "")) {
        found.push({ ...one, line: at + 1 });
      }
    }
  }
  return found;
}

function ofEnvironment(text: string): Bypass[] {
  return text.split("\n").flatMap((line, at) => {
    const set = /^\s*(?:export\s+)?(\w{1,50})\s*=\s*["']?([^"'#\s]{0,50})/.exec(line);
    return set && VARIABLES[set[1] ?? ""]?.test(set[2] ?? "")
      ? [{
        line: at + 1,
        kind: "hook-variable",
        detail: `${set[1]}=${set[2]} tells the hooks to do nothing`,
        certain: true,
      }]
      : [];
  });
}

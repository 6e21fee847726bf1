import type { FileFacts, SwallowedError } from "../../../specs/mod.ts";
import { changedLines } from "../changed_lines.ts";
import type { Contents } from "../content.ts";
import { placeOf } from "../oversight_place.ts";
import { type Script, scriptsOf } from "../scripts/script.ts";
import { type CodeSwallows, codeSwallows, maySwallow, toldIn, wasTold } from "./code.ts";
import { handledIn, wasHandled } from "./handlers.ts";
import { isStrict, shellSwallows } from "./shell.ts";
import type { Swallow } from "./swallow.ts";

const MAX_FOUND = 500;
const MAX_OF_A_SIDE = 5000;

interface Side {
  swallows: Swallow[];
  /** Names of scripts that run checks, and those of which nothing does anything, with their lines. */
  checking: Set<string>;
  idle: Map<string, number>;
  /** Commands of scripts that tell their failure, and those of them that end their script by it. */
  told: Set<string>;
  firm: Set<string>;
  text: string | null;
  scripts: readonly Script[];
  code: CodeSwallows | null;
}

const NOTHING: Side = {
  swallows: [],
  checking: new Set(),
  idle: new Map(),
  told: new Set(),
  firm: new Set(),
  text: null,
  scripts: [],
  code: null,
};

/** New places at head where a failure is not told (S2 of the gate catalogue). */
export async function swallowedErrors(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<SwallowedError[]> {
  const sides: { file: FileFacts; place: SwallowedError["place"]; base: Side; head: Side }[] = [];
  for (const file of files) {
    if (file.binary || /^(?:docs|data|lockfile|binary)$/.test(file.kind)) continue;
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (base === head) continue;
    const { place } = placeOf(file, base, head);
    // What a test passes over is the matter of the rules about tests.
    if (file.language !== null && file.language !== "shell") {
      if (place === "test" || place === "generated") continue;
      const { added, removed } = changedLines(base, head);
      if (!maySwallow(added, file.language) && !maySwallow(removed, file.language)) continue;
    }
    const from = file.from ?? file.path;
    const [before, after] = [
      base === null ? [] : await scriptsOf(from, base, file.language),
      head === null ? [] : await scriptsOf(file.path, head, file.language),
    ];
    sides.push({
      file,
      place,
      base: await sideOf(file, from, base, before, new Set(after.map(identity))),
      head: await sideOf(file, file.path, head, after, new Set(before.map(identity))),
    });
  }
  // A command that a script told the failure of may have moved to another one.
  const toldBefore = new Set(
    sides.flatMap(({ base }) => base.scripts.length > 0 ? [...base.told] : []).slice(0, 100_000),
  );
  const known = new Map<string, number>();
  for (const { base } of sides) {
    for (const { key } of base.swallows) known.set(key, (known.get(key) ?? 0) + 1);
  }
  const found: SwallowedError[] = [];
  for (const { file, place, base, head } of sides) {
    const codeSilenced = silencing(base.code, head.code);
    // A script that checked, and now only says so; one of several steps under one name says nothing of the others.
    for (const [name, line] of head.idle) {
      const alone = (side: Side) => side.scripts.filter((one) => one.name === name).length === 1;
      if (!base.checking.has(name) || !alone(base) || !alone(head)) continue;
      const detail = "what was a check does nothing now";
      found.push({
        path: file.path,
        line,
        kind: "does-nothing",
        detail,
        place,
        checks: true,
        silenced: true,
      });
    }
    const lost = strictLost(base, head);
    if (lost) {
      const detail = "the script ended at its first failure, and goes on now";
      found.push({
        path: file.path,
        line: 1,
        kind: "not-strict",
        detail,
        place,
        checks: false,
        silenced: true,
      });
    }
    for (const swallow of head.swallows) {
      const left = known.get(swallow.key) ?? 0;
      if (left > 0) {
        known.set(swallow.key, left - 1);
        continue;
      }
      const silenced = swallow.kind === "global-handler" || swallow.body !== undefined
        ? swallow.kind === "global-handler" || codeSilenced(swallow)
        : /^(?:set-plus-e|ends-well|trap-exit)$/.test(swallow.kind)
        ? base.scripts.some(({ name }) => name === swallow.name)
        : /^(?:forgiven|goes-on)$/.test(swallow.kind)
        ? swallow.commands.some((command) => base.firm.has(command))
        : swallow.commands.some((command) => toldBefore.has(command));
      if (swallow.onlySilenced && !silenced) continue;
      found.push({
        path: file.path,
        line: Math.max(1, swallow.line),
        kind: swallow.kind,
        detail: swallow.detail,
        place,
        checks: swallow.checks,
        silenced,
      });
      if (found.length >= MAX_FOUND) return found;
    }
  }
  return found;
}

/** Whether what a place of head silences told its failure at base. */
function silencing(base: CodeSwallows | null, head: CodeSwallows | null): (swallow: Swallow) => boolean {
  if (base === null || head === null) return () => false;
  let known: { told: Set<string>; still: Set<string>; handled: Set<string>; stays: Set<string> } | null =
    null;
  return (swallow) => {
    const { told, still, handled, stays } = known ??= {
      told: toldIn(base),
      still: toldIn(head),
      handled: handledIn(base.root),
      stays: handledIn(head.root),
    };
    // A call that is told elsewhere as it was is not the one that is silenced.
    return wasTold(swallow, told) ||
      (swallow.calls ?? []).some((call) => call.length >= 8 && told.has(call) && !still.has(call)) ||
      (wasHandled(swallow.handled ?? [], handled) && !wasHandled(swallow.handled ?? [], stays));
  };
}

/** Whether a script that ended at its first failure does so no more, and still runs what it ran. */
function strictLost(base: Side, head: Side): boolean {
  const [before, after] = [base.scripts, head.scripts];
  const [old, now] = [before[0], after[0]];
  if (before.length !== 1 || after.length !== 1 || old === undefined || now === undefined) return false;
  return isStrict(old) && !isStrict(now) && !head.swallows.some(({ kind }) => kind === "goes-on") &&
    [...head.told].some((command) => base.firm.has(command));
}

const identity = ({ text, ignored }: Script): string => `${ignored ?? ""}\n${text}`;

/** `other`: scripts of the other side. One that stands on both has swallowed nothing new. */
async function sideOf(
  file: FileFacts,
  path: string,
  text: string | null,
  scripts: readonly Script[],
  other: ReadonlySet<string>,
): Promise<Side> {
  if (text === null) return NOTHING;
  if (scripts.length > 0) {
    const swallows: Swallow[] = [];
    const told = new Set<string>();
    const firm = new Set<string>();
    const checking = new Set<string>();
    const idle = new Map<string, number>();
    for (const script of scripts) {
      if (other.has(identity(script))) continue;
      const one = await shellSwallows(script, path);
      if (one.checks > 0) checking.add(script.name);
      if (one.idle) idle.set(script.name, script.line);
      if (swallows.length < MAX_OF_A_SIDE) swallows.push(...one.swallows);
      for (const command of one.told) {
        if (told.size >= MAX_OF_A_SIDE) break;
        told.add(command);
        if (one.firm) firm.add(command);
      }
    }
    return { ...NOTHING, swallows, checking, idle, told, firm, text, scripts };
  }
  if (file.language === null) return { ...NOTHING, text };
  const code = await codeSwallows(text, file.language, path);
  return { ...NOTHING, text, code, swallows: code?.swallows ?? [] };
}

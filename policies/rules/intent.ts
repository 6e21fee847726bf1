import type { ExportedSymbol, FileFacts, Finding, Intent, IntentType, PatchFacts } from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import type { Scope } from "../facts/scope.ts";
import { fail, failIfAny, pass, rule } from "../rule.ts";
import { PATCH_ALWAYS } from "./bindings.ts";
import { renamesOf } from "./execution.ts";
import { infraIntent } from "./intent_infra.ts";
import { routeIntent } from "./intent_routes.ts";
import { namesPath, namesSymbol, type Rename, renamedSymbol } from "./named.ts";

/** What a kind of intent lets happen to the API and the files without a name in `removes` or `renames`. */
const ALLOWS: Readonly<
  Record<IntentType, { additions: boolean; signatures: boolean; edits: boolean; manifests: boolean }>
> = {
  IMPORT: { additions: true, signatures: false, edits: false, manifests: true },
  CREATE: { additions: true, signatures: true, edits: true, manifests: true },
  UPDATE: { additions: true, signatures: true, edits: true, manifests: true },
  DESTROY: { additions: false, signatures: true, edits: true, manifests: true },
  REFACTOR: { additions: false, signatures: false, edits: true, manifests: false },
  MIGRATE: { additions: true, signatures: true, edits: true, manifests: true },
};

type Effect = keyof (typeof ALLOWS)[IntentType];

/** L1: what the change does is what its intent says. */
export const intentRules = [
  rule({
    id: "C3",
    gate: "intent",
    layer: "L1",
    mode: "enforce",
    severity: "high",
    description:
      "Removed, added and changed symbols and files are what the declared intent allows, or are named in removes or renames",
    remediation: "Restore what was removed, or declare it in intent.removes or intent.renames",
    bindings: PATCH_ALWAYS,
    reads: ["spec", "patch", "change", "scope"],
    evaluate: ({ spec, patch, scope }) => {
      const intents = intentsOf(spec);
      const removes = intents.flatMap((intent) => intent.removes);
      const renames = renamesOf(spec);
      const allows = (effect: Effect, path: string) => {
        const own = scope.intentsFor(path);
        // What no intent covers is the finding of the scope gate.
        return own.length === 0 || own.some((intent) => ALLOWS[intent.type][effect]);
      };
      const { removed, added, changed, unread } = patch.exports;
      const renamed = matchRenames(removed, added, patch.files, renames);
      const findings: Finding[] = [];

      for (const symbol of removed) {
        if (renamed.gone.has(symbol) || removes.some((entry) => namesSymbol(entry, symbol))) continue;
        findings.push(undeclared(symbol, "disappears", moveOf(symbol, added)));
      }
      for (const symbol of added) {
        if (symbol.public !== true || renamed.come.has(symbol) || allows("additions", symbol.path)) continue;
        findings.push({
          ...undeclared(symbol, "is new", null),
          remediation: `${
            typesFor(scope, symbol.path)
          } adds nothing to the API: take ${symbol.name} out, keep it internal, or declare CREATE or UPDATE for ${symbol.path}`,
        });
      }
      for (const { path, name, before, after } of changed) {
        if (allows("signatures", path) || removes.some((entry) => namesSymbol(entry, { path, name }))) {
          continue;
        }
        findings.push({
          message: `The parameters of ${name} change from ${before} to ${after} (required..all)`,
          path,
          remediation: `Keep the signature, add ${
            JSON.stringify(`${path}::${name}`)
          } to intent.removes, or declare UPDATE for ${path}`,
        });
      }
      findings.push(...fileFindings(patch.files, removes, renames, scope, allows));
      findings.push(...wholeFindings(patch.files, intents, patch.infra));
      const infra = infraIntent(patch.infra, { intents, scope, removes, renames, files: patch.files });
      findings.push(
        ...infra.findings.filter(({ path, message }) =>
          !/way back/.test(message) ||
          !findings.some((one) => one.path === path && /way back/.test(one.message))
        ),
      );
      const routes = routeIntent(patch.routes, { removes, renames, scope });
      findings.push(...routes.findings);
      const doubtful = [...infra.doubtful, ...routes.doubtful];
      if (findings.length === 0 && doubtful.length > 0) {
        return fail(doubtful, "passes when every effect can be told, or a human decides", {
          escalates: true,
        });
      }

      const blind = unread.filter((path) =>
        !infra.read.has(path) &&
        scope.intentsFor(path).some((intent) => intent.type === "REFACTOR" || intent.type === "DESTROY")
      );
      if (findings.length === 0 && blind.length > 0) {
        return fail(
          blind.map((path) => ({
            message: `Nobody here can read the symbols of ${path}, so that its API cannot be compared`,
            path,
            remediation: "Let a human decide",
          })),
          "passes when every changed file can be compared",
          { escalates: true },
        );
      }
      return findings.length > 0
        ? failIfAny(
          findings,
          `passes when the named symbols and files are restored, or declared in intent.removes or intent.renames`,
        )
        : pass(
          unread.filter((path) => !infra.read.has(path)).map((path) => ({
            message: `The symbols of ${path} were not compared: no scanner reads it`,
            path,
            remediation: "",
          })),
        );
    },
  }),
];

/** Removed and added symbols that a declared rename or move pairs. */
function matchRenames(
  removed: readonly ExportedSymbol[],
  added: readonly ExportedSymbol[],
  files: readonly FileFacts[],
  renames: readonly Rename[],
): { gone: Set<ExportedSymbol>; come: Set<ExportedSymbol> } {
  const gone = new Set<ExportedSymbol>();
  const come = new Set<ExportedSymbol>();
  const moved = new Map(
    files.filter((file) => file.from !== undefined).map((file) => [file.from, file.path]),
  );
  for (const symbol of removed) {
    for (const target of [...renamedSymbol(symbol, renames), ...samePackage(symbol)]) {
      const found = added.find((candidate) =>
        !come.has(candidate) && candidate.name === target.name &&
        (target.path === null || target.path === candidate.path ||
          moved.get(target.path) === candidate.path ||
          (target.path.endsWith("/*.go") && inPackage(candidate.path, target.path)) ||
          (target.path.endsWith("/**.rs") && inCrate(candidate.path, target.path)))
      );
      if (!found) continue;
      gone.add(symbol);
      come.add(found);
      break;
    }
  }
  return { gone, come };
}

/**
 * A Go package is its directory: in which of its files a symbol stands is nobody's business. Nor is it in which file of a crate the
 * methods of a Rust type stand.
 */
function samePackage(symbol: ExportedSymbol): { path: string; name: string }[] {
  if (symbol.path.endsWith(".rs") && /^[A-Z]\w*::/.test(symbol.name)) {
    return [{ path: `${crateOf(symbol.path)}/**.rs`, name: symbol.name }];
  }
  return symbol.path.endsWith(".go") ? [{ path: `${directoryOf(symbol.path)}/*.go`, name: symbol.name }] : [];
}

const crateOf = (path: string): string => /^(?:.*\/)?src(?=\/)/.exec(path)?.[0] ?? directoryOf(path);

function inCrate(path: string, target: string): boolean {
  return path.endsWith(".rs") && `${crateOf(path)}/**.rs` === target;
}

function inPackage(path: string, target: string): boolean {
  return path.endsWith(".go") && `${directoryOf(path)}/*.go` === target;
}

const directoryOf = (path: string): string => path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";

/** The same symbol that appears elsewhere in the change: a move that only has to be declared. */
function moveOf(symbol: ExportedSymbol, added: readonly ExportedSymbol[]): ExportedSymbol | null {
  return added.find((candidate) => candidate.name === symbol.name && candidate.path !== symbol.path) ?? null;
}

function undeclared(symbol: ExportedSymbol, how: string, moved: ExportedSymbol | null): Finding {
  const address = `${symbol.path}::${symbol.name}`;
  const rename = moved
    ? `{ from: ${JSON.stringify(address)}, to: ${
      JSON.stringify(`${moved.path}::${moved.name}`)
    } } to intent.renames, or `
    : "";
  return {
    message: `The exported ${symbol.kind} ${symbol.name} of ${symbol.path} ${how}${
      moved ? ` and appears in ${moved.path}` : ""
    }, and the spec does not say so`,
    path: symbol.path,
    ...(symbol.line === undefined || how !== "is new" ? {} : { line: symbol.line }),
    remediation: `Restore it, or add ${rename}${JSON.stringify(address)} to intent.removes`,
  };
}

function typesFor(scope: Scope, path: string): string {
  return [...new Set(scope.intentsFor(path).map((intent) => intent.type))].join(", ") || "The intent";
}

/** Files that go, move or change in a way that their intent does not allow. Tests have gates of their own. */
function fileFindings(
  files: readonly FileFacts[],
  removes: readonly string[],
  renames: readonly Rename[],
  scope: Scope,
  allows: (effect: Effect, path: string) => boolean,
): Finding[] {
  const findings: Finding[] = [];
  for (const file of files) {
    const gone = file.status === "D" ? file.path : file.status === "R" ? file.from : undefined;
    if (
      gone !== undefined && file.kind !== "test" && file.kind !== "lockfile" &&
      scope.intentsFor(gone).length > 0
    ) {
      const named = removes.some((entry) => namesPath(entry, gone)) ||
        renames.some((rename) => movesFile(rename, gone, file));
      if (!named) {
        findings.push({
          message: file.status === "R"
            ? `${gone} is moved to ${file.path}, and the spec does not say so`
            : `${gone} is deleted, and the spec does not say so`,
          path: gone,
          remediation: file.status === "R"
            ? `Keep it in its place, or add { from: ${JSON.stringify(gone)}, to: ${
              JSON.stringify(file.path)
            } } to intent.renames`
            : `Restore it, or add ${JSON.stringify(gone)} to intent.removes`,
        });
      }
    }
    if ((file.status === "M" || file.status === "T") && file.kind === "code" && !allows("edits", file.path)) {
      findings.push({
        message: `${file.path} is existing code and changes; ${
          typesFor(scope, file.path)
        } only brings new things in`,
        path: file.path,
        remediation: `Leave ${file.path} as it is, or declare UPDATE for it`,
      });
    }
    if (
      file.kind === "manifest" && file.status !== "D" && file.declares !== "nothing-new" &&
      !allows("manifests", file.path)
    ) {
      findings.push({
        message: `${file.path} declares what the project depends on and changes; ${
          typesFor(scope, file.path)
        } adds no dependency`,
        path: file.path,
        remediation: `Leave ${file.path} as it is, or declare UPDATE for it`,
      });
    }
  }
  return findings;
}

function movesFile(rename: Rename, from: string, file: FileFacts): boolean {
  const strip = (path: string) => path.trim().replace(/^\.\//, "");
  const [source, target] = [strip(rename.from), strip(rename.to)];
  if (source === from) return file.status === "D" || file.path === target;
  return source.endsWith("/") && target.endsWith("/") && from.startsWith(source) &&
    (file.status === "D" || file.path === target + from.slice(source.length));
}

/** What the change as a whole has to hold for its kind. */
function wholeFindings(
  files: readonly FileFacts[],
  intents: readonly Intent[],
  infra: PatchFacts["infra"],
): Finding[] {
  const findings: Finding[] = [];
  const types = new Set(intents.map((intent) => intent.type));
  const adds = files.some((file) =>
    file.added > 0 || file.status === "A" || (file.binary && file.status !== "D")
  );
  if ((types.has("CREATE") || types.has("IMPORT")) && types.size === 1 && !adds) {
    findings.push({
      message: "The intent is to bring something in, but the change adds nothing",
      remediation: "Add what the spec asks for, or declare another intent",
    });
  }
  if (
    types.has("DESTROY") && types.size === 1 &&
    !files.some((file) => file.removed > 0 || file.status === "D") &&
    // A migration takes away by what it adds.
    !infra?.effects.some(({ action }) => action === "delete" || action === "data")
  ) {
    findings.push({
      message: "The intent is DESTROY, but the change removes nothing",
      remediation: "Remove what intent.removes names",
    });
  }
  if (types.has("MIGRATE")) {
    const paths = new Set(files.filter((file) => file.status !== "D").map((file) => file.path));
    for (const path of paths) {
      const back = /(^|[._/-])up\.(sql|[cm]?[jt]s|py)$/.test(path)
        ? path.replace(/up\.(\w+)$/, "down.$1")
        : null;
      if (back !== null && !paths.has(back)) {
        findings.push({
          message: `${path} has no way back: ${back} is not in the change`,
          path,
          remediation: `Add ${back}`,
        });
      }
    }
  }
  return findings;
}

import type { FileFacts, Finding, InfraEffect, InfraFacts, Intent, IntentType } from "../../specs/mod.ts";
import type { Scope } from "../facts/scope.ts";
import { namesInfra, renamesInfra } from "./infra_name.ts";
import { namesPath, type Rename } from "./named.ts";

/** What a kind of intent lets happen to tables, resources and objects that the spec does not name. */
const ALLOWS: Readonly<Record<IntentType, { create: boolean; update: boolean; data: boolean }>> = {
  IMPORT: { create: true, update: false, data: false },
  CREATE: { create: true, update: true, data: true },
  UPDATE: { create: true, update: true, data: true },
  DESTROY: { create: false, update: true, data: true },
  REFACTOR: { create: false, update: false, data: false },
  MIGRATE: { create: true, update: true, data: true },
};

/** Parts of a configuration through which values go in and out: a refactoring may need new ones. */
const PLUMBING = new Set(["variable", "output"]);
const DID: Readonly<Record<InfraEffect["action"], string>> = {
  create: "is created",
  update: "is changed",
  delete: "disappears",
  replace: "is destroyed and made anew",
  rename: "is renamed",
  data: "loses or changes rows",
};

export interface InfraIntent {
  findings: Finding[];
  /** Only a human can say. */
  doubtful: Finding[];
  /** Files whose effects are known, so that nobody has to compare their symbols. */
  read: ReadonlySet<string>;
}

/** Effects on databases and infrastructure that the declared intents do not cover, each by its name. */
export function infraIntent(
  infra: InfraFacts | undefined,
  { intents, scope, removes, renames, files }: {
    intents: readonly Intent[];
    scope: Scope;
    removes: readonly string[];
    renames: readonly Rename[];
    files: readonly FileFacts[];
  },
): InfraIntent {
  const findings: Finding[] = [];
  const doubtful: Finding[] = [];
  if (infra === undefined) return { findings, doubtful, read: new Set() };
  const deleted = new Set(files.filter(({ status }) => status === "D").map(({ path }) => path));
  for (const effect of infra.effects) {
    const own = scope.intentsFor(effect.path);
    // What no intent covers is the finding of the scope gate.
    if (own.length === 0 || isCovered(effect, { own, infra, removes, renames, deleted })) continue;
    findings.push(undeclared(effect, [...new Set(own.map(({ type }) => type))].join(", ")));
  }
  // Beside code, what the change as a whole creates or takes away may be the code.
  const known = new Set([...infra.read, ...infra.migrations.map(({ path }) => path)]);
  const alone = files.every(({ path, kind }) => known.has(path) || kind === "docs" || kind === "test");
  if (alone) findings.push(...wholeFindings(infra, intents));
  if (intents.some(({ type }) => type === "MIGRATE")) {
    for (const { path, back, status } of infra.migrations) {
      if (status !== "added" || back === "present") continue;
      (back === "missing" ? findings : doubtful).push({
        message: `${path} has no way back that undoes what it does`,
        path,
        remediation: back === "missing"
          ? "Add the down migration"
          : "Add a down migration, or let a human decide: MIGRATE goes forward and back",
      });
    }
  }
  if (infra.truncated) {
    doubtful.push({
      message: "The change does more to databases and infrastructure than can be listed",
      remediation: "Divide the change",
    });
  }
  for (const { path, line, why, class: kind, family } of infra.unread) {
    const strict = scope.intentsFor(path).some(({ type }) => type === "REFACTOR" || type === "DESTROY");
    // Of SQL the symbols are asked for by the rule itself.
    if (kind !== "malformed" || !strict || family === "sql") continue;
    doubtful.push({
      message: `What ${path} does cannot be told: ${why}`,
      path,
      ...(line === undefined ? {} : { line }),
      remediation: "Fix the file, or let a human decide",
    });
  }
  return { findings, doubtful, read: new Set(infra.read) };
}

function isCovered(
  effect: InfraEffect,
  { own, infra, removes, renames, deleted }: {
    own: readonly Intent[];
    infra: InfraFacts;
    removes: readonly string[];
    renames: readonly Rename[];
    deleted: ReadonlySet<string>;
  },
): boolean {
  const allowed = (what: "create" | "update" | "data") => own.some(({ type }) => ALLOWS[type][what]);
  const named = removes.some((entry) => namesInfra(entry, effect)) ||
    // A file that goes by its name takes along what it declared; a migration that goes takes nothing along.
    (deleted.has(effect.path) && effect.action === "delete" &&
      !infra.migrations.some(({ path }) => path === effect.path) &&
      removes.some((entry) => namesPath(entry, effect.path)));
  switch (effect.action) {
    case "create":
      // Manifests may be ordered anew; what a refactoring may not bring are objects with a name.
      return allowed("create") ||
        (PLUMBING.has(effect.kind) && own.some(({ type }) => type === "REFACTOR")) ||
        isTarget(effect, infra, renames);
    case "update":
      return allowed("update") || named || effect.family === "kubernetes";
    case "data":
      // A query that the program runs is code; only a migration runs by being there.
      return allowed("data") || named || !infra.migrations.some(({ path }) => path === effect.path);
    case "delete":
    case "replace":
      return named || (effect.action === "delete" && isPaired(effect, infra, renames));
    case "rename":
      return effect.mapped === true || named ||
        renames.some((rename) => renamesInfra(rename, effect, effect.to));
  }
}

/** Dropped under one name and made under the other that `renames` says. */
function isPaired(effect: InfraEffect, infra: InfraFacts, renames: readonly Rename[]): boolean {
  return renames.some((rename) =>
    namesInfra(rename.from, effect) &&
    infra.effects.some((other) =>
      other.action === "create" && other.family === effect.family &&
      renamesInfra(rename, effect, other.name) && namesInfra(rename.to, other)
    )
  );
}

function isTarget(effect: InfraEffect, infra: InfraFacts, renames: readonly Rename[]): boolean {
  return renames.some((rename) =>
    namesInfra(rename.to, effect) &&
    infra.effects.some((other) => other.action === "delete" && namesInfra(rename.from, other))
  );
}

function undeclared(effect: InfraEffect, types: string): Finding {
  const { action, kind, name, path, line, to } = effect;
  const loses = action === "delete" || action === "replace" || action === "rename";
  return {
    message: `Undeclared effect: the ${kind} ${name} ${DID[action]}${
      to === undefined ? "" : ` to ${to}`
    }, and ${types} does not say so`,
    path,
    ...(line === undefined ? {} : { line }),
    remediation: action === "rename"
      ? `Keep the name, or add { from: ${JSON.stringify(name)}, to: ${
        JSON.stringify(to ?? "")
      } } to intent.renames`
      : loses
      ? `Keep it, or add ${JSON.stringify(name)} to intent.removes`
      : action === "create"
      ? `Take ${name} out, or declare CREATE or UPDATE for ${path}`
      : `Leave ${name} as it is, or declare UPDATE for ${path}`,
  };
}

/** What the change as a whole has to hold for its kind, as far as it is about databases and infrastructure alone. */
function wholeFindings(infra: InfraFacts, intents: readonly Intent[]): Finding[] {
  const types = new Set(intents.map(({ type }) => type));
  if (types.size !== 1 || infra.effects.every(({ action }) => action === "data") || infra.unread.length > 0) {
    return [];
  }
  const has = (...actions: InfraEffect["action"][]) =>
    infra.effects.some(({ action }) => actions.includes(action));
  if (types.has("CREATE") && !has("create")) {
    return [{
      message: "The intent is CREATE, but the change creates no table, resource or object",
      remediation: "Create what the spec asks for, or declare UPDATE",
    }];
  }
  if (types.has("DESTROY") && !has("delete", "replace", "data")) {
    return [{
      message: "The intent is DESTROY, but no table, resource or object goes",
      remediation: "Remove what intent.removes names, or declare UPDATE",
    }];
  }
  return [];
}

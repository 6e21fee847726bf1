import { explain, explainText } from "../../policies/mod.ts";
import type { Handler } from "./command.ts";
import { dataDirectory } from "./data_dir.ts";
import { documentProblem } from "./run_id.ts";
import { notFound, withService } from "./session.ts";

/** `forge policy list`: every rule that is built in, then those of installed packs, which judge where they are named. */
export const list: Handler = async (invocation) => {
  if (invocation.options.catalogue === true) return await catalogue();
  const [
    { builtInNames, builtInPack, listCodeRules, listPullRules, listRules },
    { listDataRules },
    { gateOf },
    { packDirectory },
  ] = await Promise.all(
    [
      import("../../policies/code/mod.ts"),
      import("../../policies/mod.ts"),
      import("../../policies/packs/mod.ts"),
      import("../pack_directory.ts"),
    ],
  );
  const directory = packDirectory(dataDirectory(invocation));
  const { packs: active, damaged } = await directory.list();
  const rules = [...listRules(), ...listCodeRules(), ...listDataRules(), ...listPullRules()];
  const packs: Record<string, unknown>[] = [];
  for (const name of builtInNames()) {
    const pack = await builtInPack(name);
    if (pack === null) continue;
    const { version, digest, applies } = pack;
    const members = pack.rules.map(({ rule, gate }) => `${rule} ${gate}`);
    packs.push({ name, version, digest, source: "built-in", applies, members });
  }
  for (const { name, version, revision, digest } of active) {
    const found = await directory.find(name, new Date().toISOString());
    const usable = found?.ok ? found.value.pack : null;
    packs.push({
      name,
      version,
      revision,
      digest,
      source: "installed",
      level: usable?.level ?? "tainted",
      ...(found && !found.ok ? { error: found.error } : {}),
    });
    for (const rule of usable?.manifest.rules ?? []) {
      const id = rule.id.startsWith(`${name}/`) ? rule.id : `${name}/${rule.id}`;
      const gate = gateOf(rule.id, rule.gate);
      rules.push({
        pack: name,
        version,
        rule: id,
        gate,
        layer: rule.layer,
        mode: rule.mode,
        description: rule.message,
      });
    }
  }
  const width = Math.max(...rules.map((rule) => rule.rule.length));
  return {
    exit: 0,
    document: { rules, packs, damaged },
    text: [
      ...rules.map((rule) =>
        `${rule.layer}  ${rule.rule.padEnd(width)}  ${rule.mode.padEnd(7)}  ${rule.gate}: ${rule.description}`
      ),
      "",
      ...packs.map((pack) =>
        `${pack.name}@${pack.version}  ${pack.source}${
          pack.source === "installed"
            ? `  revision ${pack.revision}  ${pack.level}`
            : `  ${pack.applies}, ${(pack.members as string[]).length} rules  ${
              String(pack.digest).slice(0, 19)
            }`
        }`
      ),
      ...damaged.map((problem) => `${problem.value}  damaged: ${problem.message}`),
    ].join("\n"),
  };
};

/** `forge policy list --catalogue`: the classes of the catalogue, and what holds each. */
async function catalogue(): ReturnType<Handler> {
  const { gateCatalogue } = await import("../../policies/code/mod.ts");
  const rows = gateCatalogue();
  return {
    exit: 0,
    document: { catalogue: rows },
    text: rows.flatMap(({ id, class: about, pack, layer, action, rules, checks, languages }) => [
      `${id.padEnd(4)}${layer}  ${about}  (${pack}; ${action}; ${languages.join(", ")})`,
      ...rules.map(({ rule, gate }) => `        ${rule} ${gate}`),
      ...checks.map(({ what, test, named }) => `        engine: ${what} (${test}: ${named})`),
    ]).join("\n"),
  };
}

/** `forge policy explain RUN` */
export const explainRun: Handler = (invocation) =>
  withService(invocation, { workers: false }, async (service) => {
    const [run = ""] = invocation.operands;
    if (documentProblem(run) || !(await service.view(run))) {
      throw notFound("run", run, "See: forge workflow list");
    }
    const decisions = await service.decisions(run);
    return { exit: 0, document: { run, decisions: explain(decisions) }, text: explainText(decisions) };
  });

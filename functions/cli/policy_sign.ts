import { join } from "node:path";
import type { PackFiles } from "../../policies/mod.ts";
import type { PackManifest } from "../../specs/mod.ts";
import { keyDirectory } from "../key_directory.ts";
import { readPackPath } from "../pack_files.ts";
import { writeWhole } from "../whole_file.ts";
import { CommandError, type Handler, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { refusedAs } from "./policy_packs.ts";
import { principalOf } from "./session.ts";

const SIGNED = "pack.dsse.json";

/** `forge policy sign DIR`: digests of the members, canonical manifest, signature; with --out the archive. */
export const sign: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const { io, options } = invocation;
  const dir = pathOf(io, given);
  const data = dataDirectory(invocation);
  const files = refusedAs(await readPackPath(dir), 2);
  const { compileRule, countersign, digestedManifest, draftManifest, signManifest, writeArchive } =
    await import(
      "../../policies/packs/mod.ts"
    );
  const { manifest, members } = refusedAs(await draftManifest(files), 2);
  for (const rule of manifest.rules) {
    const compiled = await compileRule(rule, members);
    if (!compiled.ok) {
      throw new CommandError(
        { ...compiled.error, message: `The rule ${rule.id} cannot be compiled: ${compiled.error.message}` },
        2,
      );
    }
  }
  const untested = await untestedRules(manifest, members);
  if (untested.length > 0 && options.untested !== true) {
    throw new CommandError({
      code: "pack-untested",
      message: `The rule ${untested[0]} can block and is not proven by its examples`,
      value: untested.join(", "),
      remedy:
        "See what is missing: forge policy test DIR; or give it the mode shadow, or sign with --untested",
    }, 1);
  }
  const { id: principal } = await principalOf(invocation, data);
  const signer = await keyDirectory(data).signer(principal);
  if (!signer) {
    throw usage(
      `There is no key for the principal '${principal}'`,
      `Make one: forge init --user ${principal}`,
      {
        value: principal,
      },
    );
  }
  // The same manifest signed before keeps the signatures that it has.
  const before = files.get(SIGNED);
  const signed = before === undefined
    ? await signManifest(manifest, signer)
    : await countersign(before, manifest, signer);
  const digest = await digestedManifest(manifest);
  const out = typeof options.out === "string" ? pathOf(io, options.out) : null;
  if ((await Deno.stat(dir)).isDirectory) await writeWhole(join(dir, SIGNED), signed, 0o644);
  if (out !== null) await writeWhole(out, writeArchive(new Map([...members, [SIGNED, signed]])), 0o644);
  const { name, version, revision } = manifest;
  return {
    exit: 0,
    document: {
      name,
      version,
      revision,
      digest,
      keyId: signer.keyId,
      signature: join(dir, SIGNED),
      archive: out,
      members: manifest.members,
      untested,
    },
    text: [
      `signed ${name} ${version}, revision ${revision}, by ${principal} (${signer.keyId})`,
      `  ${digest}`,
      `  ${join(dir, SIGNED)}`,
      ...(out === null ? [] : [`  ${out}`]),
      ...untested.map((rule) => `  not proven by examples: ${rule}`),
    ].join("\n"),
  };
};

/** Rules that may block although their examples do not prove them. One that is only watched may still be without. */
async function untestedRules(manifest: PackManifest, members: PackFiles): Promise<string[]> {
  const blocking = manifest.rules.filter((rule) =>
    [rule.mode, rule.tiers.standard, rule.tiers.critical].some((mode) =>
      mode === "warn" || mode === "enforce"
    )
  );
  if (blocking.length === 0) return [];
  const { tryPack } = await import("../../policies/code/mod.ts");
  const trial = await tryPack({ name: manifest.name, rules: blocking }, members);
  return trial.rules.filter(({ ok }) => !ok).map(({ rule }) => rule);
}

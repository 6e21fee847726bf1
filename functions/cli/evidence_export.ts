import { dirname, join } from "node:path";
import { isPrincipalName } from "../key_directory.ts";
import { installedTrust } from "../trust_directory.ts";
import { CommandError, type Handler, usage } from "./command.ts";
import { pathOf } from "./data_dir.ts";
import { notFound, withService } from "./session.ts";

/** `forge evidence export RUN DIR` */
export const exportBundle: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service) => {
    const [given = "", target = ""] = invocation.operands;
    const id = given.startsWith("run_")
      ? (await service.evidence({ run: given, limit: 1 }))[0]?.id ?? given
      : given;
    const found = /^ev_[0-9a-z]+$/.test(id) ? await service.manifest(id) : null;
    const files = found && await service.evidenceBundle?.(id);
    if (!found || !files) throw notFound("evidence", given, "See: forge evidence list");
    const path = pathOf(invocation.io, target);
    await mustBeFree(path, target);
    if (target.endsWith(".tar")) {
      const { writeTar } = await import("../../policies/evidence/reading/mod.ts");
      await Deno.writeFile(path, writeTar(files), { createNew: true });
    } else {
      for (const [name, bytes] of files) {
        await Deno.mkdir(dirname(join(path, name)), { recursive: true });
        await Deno.writeFile(join(path, name), bytes, { createNew: true });
      }
    }
    return {
      exit: 0,
      document: { id, run: found.manifest.run, path, files: files.size },
      text:
        `${id}  ${files.size} files  ${path}\ncheck it: forge evidence verify ${target} --trust-root DIR, with DIR from: forge evidence keys DIR`,
    };
  });

/** `forge evidence keys DIR` */
export const exportKeys: Handler = (invocation) =>
  withService(invocation, { workers: false, only: "code" }, async (service, data) => {
    const [target = ""] = invocation.operands;
    const { trustFolders } = await import("../evidence_trust.ts");
    const path = pathOf(invocation.io, target);
    await mustBeFree(path, target);
    await service.transparency?.();
    const names: string[] = [];
    for (const folder of trustFolders(data)) {
      for await (const { name, isFile } of readDirectory(folder)) {
        if (!isFile || !(/\.(pem|vkey)$/.test(name) || TRUST_FILES.includes(name))) continue;
        const text = await Deno.readTextFile(join(folder, name));
        if (text.includes("PRIVATE KEY")) continue;
        await Deno.mkdir(path, { recursive: true });
        await Deno.writeTextFile(join(path, name), text, { createNew: true });
        names.push(name);
      }
    }
    for (const [name, text] of await formerKeys(data)) {
      await Deno.writeTextFile(join(path, name), text, { createNew: true });
      names.push(name);
    }
    const root = await installedTrust(data);
    if (!root.ok) throw new CommandError(root.error, 2);
    for (const { id, name: given, publicKey, revoked } of root.value.keys) {
      // The file's name says whose key it is; what is no name of a file says nobody's.
      const name = given !== undefined && isPrincipalName(given) ? given : id;
      const file = `${name}.pem`;
      if (revoked !== undefined || names.includes(file) || names.includes(`${name}.pub.pem`)) continue;
      await Deno.mkdir(path, { recursive: true });
      await Deno.writeTextFile(join(path, file), publicKey, { createNew: true });
      names.push(file);
    }
    if (names.length === 0) {
      throw usage("There are no keys here yet", "They are made by the first run, and by forge init", {
        value: data,
      });
    }
    return {
      exit: 0,
      document: { path, keys: names.sort() },
      text: [path, ...names.sort().map((name) => `  ${name}`)].join("\n"),
    };
  });

/** What tells of keys beside the keys: when each was in use, and who witnesses the log. */
const TRUST_FILES = ["keys.json", "witnesses.json"];

/** Keys of evidence that were in use before, each as a file of its own for tools that read PEM. Revoked ones are for no other tool. */
async function formerKeys(data: string): Promise<[string, string][]> {
  const { readRing } = await import("../signing/key_ring.ts");
  const { keys } = await readRing(join(data, "signing"));
  const active = await Deno.readTextFile(join(data, "signing", "evidence.pem")).catch(() => "");
  return keys.filter(({ use, publicKey, revoked }) =>
    use === "evidence" && publicKey !== active && revoked === undefined
  )
    .map(({ kid, publicKey }) => [`evidence-${kid.slice(0, 12)}.pem`, publicKey]);
}

/** What is exported never mixes with what was there. */
async function mustBeFree(path: string, given: string): Promise<void> {
  try {
    const info = await Deno.lstat(path);
    if (info.isDirectory) {
      for await (const _ of Deno.readDir(path)) throw notEmpty(given);
      return;
    }
    throw notEmpty(given);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const notEmpty = (given: string) =>
  usage("There is something at this path already", "Give a path that does not exist yet", { value: given });

async function* readDirectory(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

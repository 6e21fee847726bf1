import type { PackFiles, StoredInput, VerifiedPack } from "../../policies/mod.ts";
import type { Problem, TrustRoot } from "../../specs/mod.ts";
import { auditFile } from "../audit_file.ts";
import { packDirectory } from "../pack_directory.ts";
import { readPackPath } from "../pack_files.ts";
import { installedTrust, readTrustRoot } from "../trust_directory.ts";
import { CommandError, type Handler, type Invocation, usage } from "./command.ts";
import { dataDirectory, pathOf } from "./data_dir.ts";
import { DEFAULT_RUNS, fromRuns } from "./policy_proof.ts";
import { notFound, withService } from "./session.ts";

/** `forge policy show PACK`: a built-in pack, or an installed one with what its manifest says. */
export const show: Handler = async (invocation) => {
  const [name = ""] = invocation.operands;
  const { builtInPack } = await import("../../policies/code/mod.ts");
  const pack = await builtInPack(name);
  if (pack !== null) {
    return {
      exit: 0,
      document: { pack: { ...pack, source: "built-in" } },
      text: [
        `${name} ${pack.version}  built in, ${pack.applies}  ${pack.digest}`,
        ...pack.rules.map((rule) =>
          `  ${rule.layer}  ${rule.rule}  ${rule.mode}  ${rule.gate}: ${rule.description}`
        ),
      ].join("\n"),
    };
  }
  const packs = packDirectory(dataDirectory(invocation));
  const active = await packs.active(name);
  if (active === null) throw notFound("pack", name, "See: forge policy list; forge policy install PATH");
  if (!active.ok) throw new CommandError(active.error, 1);
  const found = await packs.find(name, new Date().toISOString());
  const problem = found === null || found.ok ? null : found.error;
  const manifest = found?.ok ? found.value.pack.manifest : null;
  const { revision, digest, installedAt, by } = active.value;
  return {
    exit: problem === null ? 0 : 1,
    document: {
      pack: {
        name,
        version: active.value.version,
        revision,
        digest,
        source: "installed",
        installedAt,
        by,
        level: found?.ok ? found.value.pack.level : "tainted",
        signers: found?.ok ? found.value.pack.signers : [],
        manifest,
      },
      ...(problem === null ? {} : { error: problem }),
    },
    text: [
      `${name} ${active.value.version}  revision ${revision}  ${digest}`,
      `  installed ${installedAt} by ${by}`,
      ...(found?.ok
        ? [
          `  ${found.value.pack.level}, signed by ${found.value.pack.signers.join(", ")}`,
          `  valid ${manifest?.notBefore} to ${manifest?.expiresAt}`,
          ...(manifest?.requires.packs ?? []).map((one) => `  requires ${one.name} ${one.version}`),
          ...(manifest?.rules ?? []).map((rule) =>
            `  ${rule.layer}  ${rule.id}  ${rule.kind}  ${rule.mode}  ${rule.message}`
          ),
          ...(manifest?.overlays ?? []).map((one) =>
            `  tightens ${one.rule} to ${[one.mode, one.severity].filter(Boolean).join(", ")}`
          ),
        ]
        : [`  cannot judge: ${problem?.message} (${problem?.code})`, `  to do: ${problem?.remedy}`]),
    ].join("\n"),
  };
};

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

/** `forge policy verify PATH`: whether a pack would be taken here, or by a given trust root; nothing is installed. */
export const verify: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const at = instantOf(invocation);
  const { compileRule, rollbackProblem, verifyPack } = await import("../../policies/packs/mod.ts");
  const checks: Check[] = [];
  const said = (name: string, problem: Problem | null, detail: string): boolean => {
    checks.push({
      name,
      ok: problem === null,
      detail: problem === null ? detail : `${problem.code}: ${problem.message}`,
    });
    return problem === null;
  };
  const path = pathOf(invocation.io, given);
  const files = await readPackPath(path);
  if (!files.ok && files.error.code === "pack-not-found") throw new CommandError(files.error, 2);
  const root = await rootOf(invocation);
  let pack: VerifiedPack | null = null;
  if (
    said("trust-root", root.keys.length > 0 ? null : NO_ROOT, `${root.keys.length} keys`) &&
    said("archive", files.ok ? null : files.error, files.ok ? `${files.value.size} files` : "") && files.ok
  ) {
    const verified = await verifyPack(files.value, { root, at });
    if (
      said("signature", verified.ok ? null : verified.error, "signed, whole and within its time") &&
      verified.ok
    ) {
      pack = verified.value;
      const { manifest, members } = verified.value;
      let body: Problem | null = null;
      for (const rule of manifest.rules) {
        const compiled = await compileRule(rule, members);
        if (!compiled.ok) body ??= { ...compiled.error, message: `${rule.id}: ${compiled.error.message}` };
      }
      said("rules", body, `${manifest.rules.length} rules, ${manifest.overlays.length} overlays`);
      const active = await packDirectory(dataDirectory(invocation)).active(manifest.name);
      const rollback = active?.ok ? rollbackProblem(verified.value, active.value) : null;
      said(
        "revision",
        active && !active.ok ? active.error : rollback && !rollback.ok ? rollback.error : null,
        active?.ok ? `${manifest.revision}; ${active.value.revision} is installed` : `${manifest.revision}`,
      );
    }
  }
  const verified = checks.every((check) => check.ok) && pack !== null;
  return {
    exit: verified ? 0 : 1,
    document: {
      verified,
      checks,
      pack: pack === null ? null : {
        name: pack.manifest.name,
        version: pack.manifest.version,
        revision: pack.manifest.revision,
        digest: pack.digest,
        level: pack.level,
        signers: pack.signers,
      },
    },
    text: [
      ...checks.map((check) => `${check.ok ? "ok  " : "FAIL"}  ${check.name}  ${check.detail}`),
      verified && pack
        ? `${pack.manifest.name} ${pack.manifest.version} is verified (${pack.level})  ${pack.digest}`
        : "not verified",
    ].join("\n"),
  };
};

/** `forge policy install PATH`: verifies, then swaps; whatever is refused leaves the release before in its place. */
export const install: Handler = async (invocation) => {
  const [given = ""] = invocation.operands;
  const { options, io } = invocation;
  const data = dataDirectory(invocation);
  const { compileRule } = await import("../../policies/packs/mod.ts");
  const read = await readPackPath(pathOf(io, given));
  // Nothing there is a mistake of the command line; a pack that cannot be read is one that is refused.
  const files: PackFiles = refusedAs(read, !read.ok && read.error.code === "pack-not-found" ? 2 : 1);
  const by = (io.env("USER") || io.env("LOGNAME") || "owner").slice(0, 200);
  const packs = packDirectory(data);
  const root = options["trust-root"] === undefined ? {} : { root: await rootOf(invocation) };
  const take = (decisions: AsyncIterable<StoredInput> | Iterable<StoredInput>) =>
    packs.install(files, { at: new Date().toISOString(), by, compile: compileRule, decisions, ...root });
  // A release that comes after another one is held against the decisions of this installation's runs, too.
  const isLater = (await packs.names()).length > 0;
  const installed = refusedAs(
    isLater
      ? await withService(
        invocation,
        { workers: false },
        (service) => take(fromRuns(service, DEFAULT_RUNS, { count: 0 })),
      )
      : await take([]),
    1,
  );
  const { active, before, changed } = installed;
  if (changed) {
    await auditFile(data).append({
      action: "policy.install",
      actor: by,
      object: active.name,
      detail: { version: active.version, revision: active.revision, digest: active.digest },
    });
  }
  const { name, version, revision, digest } = active;
  return {
    exit: 0,
    document: {
      installed: { name, version, revision, digest },
      before: before === null
        ? null
        : { name, version: before.version, revision: before.revision, digest: before.digest },
      changed,
    },
    text: changed
      ? `installed ${name} ${version}, revision ${revision}${
        before === null ? "" : `, in the place of ${before.version}, revision ${before.revision}`
      }\n  ${digest}`
      : `${name} ${version}, revision ${revision}, was installed already`,
  };
};

const NO_ROOT: Problem = {
  code: "pack-trust-root",
  message: "No key is trusted: neither --trust-root nor a key of the data directory",
  remedy: "Give --trust-root DIR, or put public keys into trust/ of the data directory",
};

/** The root that the command names, else that of the installation. */
async function rootOf(invocation: Invocation): Promise<TrustRoot> {
  const given = invocation.options["trust-root"];
  return refusedAs(
    typeof given === "string"
      ? await readTrustRoot(pathOf(invocation.io, given))
      : await installedTrust(dataDirectory(invocation)),
    2,
  );
}

function instantOf({ options }: Invocation): string {
  const given = options.at;
  if (typeof given !== "string") return new Date().toISOString();
  const at = new Date(given);
  if (Number.isNaN(at.getTime())) {
    throw usage("--at is no instant", "For example --at 2026-11-01T00:00:00Z", { value: given });
  }
  return at.toISOString();
}

/** The value, or the problem as the end of the command. */
export function refusedAs<T>(
  result: { ok: true; value: T } | { ok: false; error: Problem },
  exit: number,
): T {
  if (result.ok) return result.value;
  throw new CommandError(result.error, exit);
}

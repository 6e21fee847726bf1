import {
  digestOf,
  ok,
  type PackManifest,
  type Problem,
  type Result,
  type TrustRoot,
} from "../../specs/mod.ts";
import { ARCHIVE_LIMITS, type PackFiles, sameBytes } from "./archive.ts";
import { contentProblem } from "./content.ts";
import { draftManifest } from "./draft.ts";
import type { Members } from "./kinds.ts";
import { refuse } from "./refusal.ts";
import { DRAFT_FILES, ENVELOPE_FILE, manifestBytes, openManifest } from "./signature.ts";
import type { TrustLevel } from "./trust.ts";

/** A pack that may load: signed by whom the trust root names, within its time, whole. */
export interface VerifiedPack {
  manifest: PackManifest;
  members: Members;
  /** Of the manifest, which names every member by its own digest: the same for the directory and for the archive. */
  digest: string;
  level: Exclude<TrustLevel, "tainted">;
  signers: string[];
}

/** Kinds whose rules only compare data: what an untrusted pack may hold. */
const PLAIN_KINDS: ReadonlySet<string> = new Set(["cel", "astgrep", "secrets"]);

/** Everything that must hold before a pack may load. Time is an input; nothing of the pack says who is to be believed. */
export async function verifyPack(
  files: PackFiles,
  trust: { root: TrustRoot; at: string },
): Promise<Result<VerifiedPack, Problem>> {
  const envelope = files.get(ENVELOPE_FILE);
  if (!envelope) {
    return refuse(
      "pack-unsigned",
      `The pack holds no ${ENVELOPE_FILE}: it is not signed`,
      "forge policy sign DIR",
    );
  }
  const opened = await openManifest(envelope, trust.root, trust.at);
  if (!opened.ok) return opened;
  const { manifest, payload, level, signers } = opened.value;
  const drafts: readonly string[] = DRAFT_FILES;
  const members = new Map([...files].filter(([path]) => path !== ENVELOPE_FILE && !drafts.includes(path)));
  const problem = windowProblem(manifest, trust.at) ?? await memberProblem(manifest, members) ??
    await draftProblem(files, payload) ?? contentProblem(manifest) ??
    (level === "untrusted" ? untrustedProblem(manifest, members) : null);
  if (problem) return problem;
  return ok({ manifest, members, digest: await digestOf(payload), level, signers });
}

type Refused = Result<never, Problem> | null;

function windowProblem({ name, notBefore, expiresAt }: PackManifest, at: string): Refused {
  if (Date.parse(at) < Date.parse(notBefore)) {
    return refuse(
      "pack-not-yet-valid",
      `The pack ${name} is valid from ${notBefore} on; it is ${at}`,
      "Wait",
      {
        value: notBefore,
      },
    );
  }
  if (Date.parse(at) >= Date.parse(expiresAt)) {
    return refuse(
      "pack-expired",
      `The pack ${name} was valid until ${expiresAt}; it is ${at}`,
      "Install a release of it that is valid",
      { value: expiresAt },
    );
  }
  return null;
}

/** The members are those of the manifest: none more, none less, none changed. */
async function memberProblem(manifest: PackManifest, members: Members): Promise<Refused> {
  const named = new Map(manifest.members.map(({ path, sha256 }) => [path, sha256]));
  if (named.size !== manifest.members.length) {
    return refuse("pack-member-duplicate", "The manifest names a member twice", "Sign the pack again");
  }
  if (named.has(ENVELOPE_FILE)) {
    return refuse("pack-member-duplicate", `A member has the name of the signature`, "Give it another name", {
      path: ENVELOPE_FILE,
    });
  }
  for (const [path, sha256] of named) {
    const bytes = members.get(path);
    if (!bytes) {
      return refuse("pack-member-missing", `The member '${path}' is not there`, "Fetch the pack again", {
        path,
      });
    }
    if (bytes.length > ARCHIVE_LIMITS.memberBytes) {
      return refuse("pack-archive-size", `The member '${path}' is too big`, "Make the member smaller", {
        path,
      });
    }
    if (await digestOf(bytes) !== `sha256:${sha256}`) {
      return refuse(
        "pack-member-digest",
        `The member '${path}' is not the one that was signed`,
        "Fetch the pack again, or sign it again after a change",
        { path },
      );
    }
  }
  const extra = [...members.keys()].find((path) => !named.has(path));
  return extra === undefined ? null : refuse(
    "pack-member-extra",
    `The pack holds '${extra}', which its manifest does not name`,
    "Remove the file, or sign the pack again",
    { path: extra },
  );
}

/** An author's manifest that stands beside the signature says what was signed: whoever reads it must not be misled. */
async function draftProblem(files: PackFiles, payload: Uint8Array): Promise<Refused> {
  if (!DRAFT_FILES.some((name) => files.has(name))) return null;
  const draft = await draftManifest(files);
  if (draft.ok && sameBytes(manifestBytes(draft.value.manifest), payload)) return null;
  return refuse(
    "pack-draft-differs",
    `The author's manifest is not the one that was signed${draft.ok ? "" : `: ${draft.error.message}`}`,
    "Sign the pack again",
  );
}

function untrustedProblem(manifest: PackManifest, members: Members): Refused {
  const rule = manifest.rules.find(({ kind }) => !PLAIN_KINDS.has(kind));
  if (rule) {
    return refuse(
      "pack-untrusted-kind",
      `The pack ${manifest.name} is untrusted, and its rule ${rule.id} is of the kind ${rule.kind}`,
      "Untrusted packs hold rules of the kinds cel, astgrep and secrets; or give its key the level trusted",
      { value: rule.id },
    );
  }
  for (const [path, bytes] of members) {
    const isWasm = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
    if (isWasm || /\.wasm$/i.test(path)) {
      return refuse(
        "pack-untrusted-kind",
        `The pack ${manifest.name} is untrusted, and its member '${path}' is WebAssembly`,
        "Untrusted packs hold no code; or give its key the level trusted",
        { path },
      );
    }
  }
  return null;
}

/** Whether one release may take the place of another: never an older one, and a revision means one content only. */
export function rollbackProblem(
  pack: Pick<VerifiedPack, "manifest" | "digest">,
  seen: { revision: number; digest: string } | null,
): Refused {
  const { name, revision } = pack.manifest;
  if (seen === null || revision > seen.revision) return null;
  if (revision < seen.revision) {
    return refuse(
      "pack-rollback",
      `The pack ${name} has revision ${revision}; ${seen.revision} was installed here before`,
      "Install a release with a higher revision",
      { value: String(revision) },
    );
  }
  return pack.digest === seen.digest ? null : refuse(
    "pack-revision-reused",
    `The pack ${name} has revision ${revision}, under which another content (${seen.digest}) was installed`,
    "Each release has a revision of its own: sign it with a higher one",
    { value: String(revision) },
  );
}

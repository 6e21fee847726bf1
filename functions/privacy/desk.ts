import { join } from "node:path";
import type { Blobs, Engine, EngineOptions } from "../../kernel/mod.ts";
import { type PersonalData, privacyOf } from "../../pipelines/mod.ts";
import { keyRedaction, type PersonalMarker, personalMarker } from "../../policies/mod.ts";
import { type PersonalHandling, PrivacySettings, type RunPrivacy, stricter } from "../../specs/mod.ts";
import { privateDirectory } from "../key_directory.ts";
import { SigningFailed } from "../signing/held_key.ts";
import { writeBoundary } from "./boundary.ts";
import { type DataKeys, dataKeys, type Destroyed, privacyFolder } from "./data_keys.ts";
import { digestKey } from "./personal_key.ts";
import { privateBlobs } from "./private_blobs.ts";
import { type PrivacyScope, privacyScope, scopedEngine } from "./scope.ts";
import { openedValues, valueVault } from "./values.ts";
import type { Environment } from "./wrapping_key.ts";

/** Everything that an installation does with personal data of runs. */
export interface PrivacyDesk {
  readonly keys: DataKeys;
  readonly scope: PrivacyScope;
  /** Plain ones, and sealed ones of runs that want it. */
  readonly blobs: Blobs;
  /** An engine's options with all of this around what runs do. */
  around(options: EngineOptions, view: Engine["view"]): EngineOptions;
  readonly personal: PersonalData;
  /** Destroys the key of a run, with all that was sealed under it. False when it was before. */
  shred(grave: Destroyed): Promise<boolean>;
}

/** How long working copies of a run that redacts stay after its end, for a retry, a watch, a fork. */
const REDACTED_DAYS = 7;
const REDACTED_MS = REDACTED_DAYS * 86_400_000;

const settingsFile = (data: string) => join(data, "privacy.json");

/** The installation's setting; nothing is done where there is none. @throws {SigningFailed} when the file has not its form */
export async function readPrivacySettings(data: string): Promise<PrivacySettings> {
  let text: string;
  try {
    text = await Deno.readTextFile(settingsFile(data));
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (isAbsent) return PrivacySettings.parse({ v: 1 });
    throw error;
  }
  try {
    return PrivacySettings.parse(JSON.parse(text));
  } catch {
    // Nobody can tell what it wanted: nothing is begun.
    throw new SigningFailed(
      "Cannot read privacy.json of the data directory: it has not its form",
      'For example { "v": 1, "personalData": "redacted" }; or set it: forge evidence privacy --set redacted',
    );
  }
}

export async function writePrivacySettings(data: string, settings: PrivacySettings): Promise<void> {
  await privateDirectory(data);
  const draft = `${settingsFile(data)}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, `${JSON.stringify(PrivacySettings.parse(settings), null, 2)}\n`, {
    mode: 0o600,
  });
  await Deno.rename(draft, settingsFile(data));
}

export const sealedBlobsFolder = (data: string): string => join(privacyFolder(data), "blobs");

export async function privacyDesk(given: {
  data: string;
  plain: Blobs;
  env: Environment;
  /** False: nothing is written, and no run begins. */
  makes: boolean;
  now?: () => number;
}): Promise<PrivacyDesk> {
  const { data, plain, env, makes, now = Date.now } = given;
  // Events are marked without waiting: the key is there before the first one.
  const [digest, secrets] = makes
    ? [await digestKey(data, "marks"), await digestKey(data, "secrets")]
    : [null, null];
  keyRedaction(secrets);
  const keys = dataKeys(data, env);
  const vault = valueVault(data, keys);
  const scope = privacyScope();
  const blobs = privateBlobs(plain, sealedBlobsFolder(data), keys, () => scope.current());
  const markers = new Map<string, PersonalMarker>();
  const markerOf = (privacy: RunPrivacy): PersonalMarker => {
    const { kid, handling } = privacy;
    if (digest === null) {
      throw new Error("Cannot mark personal data: the installation's key is not there yet");
    }
    const known = markers.get(`${kid} ${handling}`);
    if (known !== undefined) return known;
    const marker = handling === "encrypted"
      ? personalMarker(digest, (mark, value) => vault.take(kid, mark, value))
      : personalMarker(digest);
    if (markers.size > 1000) markers.clear();
    markers.set(`${kid} ${handling}`, marker);
    return marker;
  };
  const of = (privacy: RunPrivacy) =>
    Promise.resolve({
      mark: markerOf(privacy),
      values: async () => privacy.handling === "encrypted" ? await vault.file(privacy.kid) : null,
      settled: () => vault.settled(),
    });
  const shred = async (grave: Destroyed): Promise<boolean> => {
    const done = await keys.destroy(grave);
    await vault.forget(grave.kid);
    await blobs.forget(grave.kid);
    return done;
  };
  /** Nothing that was redacted can be brought back, once its run will not be taken up again. */
  const ended = async ({ kid, handling }: RunPrivacy, status: string): Promise<void> => {
    if (handling !== "redacted") return;
    await keys.expire(kid, status === "escalated" ? null : new Date(now() + REDACTED_MS));
    await sweep();
  };
  const sweep = async (): Promise<void> => {
    const at = new Date(now());
    for (const kid of await keys.expired(at)) {
      await shred({
        kid,
        at: at.toISOString(),
        by: "installation",
        reason: `redacted: ${REDACTED_DAYS} days after the end of its run`,
      });
    }
  };
  if (makes) await sweep();
  return {
    keys,
    scope,
    blobs,
    around: (options, view) =>
      scopedEngine(
        scope,
        {
          ...options,
          blobsOf(input) {
            const privacy = privacyOf(input);
            return privacy === null ? blobs : blobs.of(privacy.kid);
          },
          boundary: writeBoundary({ of: markerOf, settled: () => vault.settled() }),
        },
        view,
        ended,
      ),
    personal: {
      async begin(asked: PersonalHandling = "none") {
        const handling = stricter(asked, (await readPrivacySettings(data)).personalData);
        if (handling === "none") return null;
        const privacy: RunPrivacy = { handling, kid: await keys.make() };
        return { privacy, blobs: blobs.of(privacy.kid), ...await of(privacy) };
      },
      of,
      current: () => scope.current(),
      async gone({ kid }) {
        const grave = await keys.destroyed(kid);
        return grave === null ? null : `${grave.at} by ${grave.by}: ${grave.reason}`;
      },
      async opened(kid) {
        const key = await keys.open(kid);
        return key === null ? new Map() : await openedValues(key, await vault.sealed(kid));
      },
    },
    shred,
  };
}

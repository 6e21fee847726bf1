/** Where things lie in a bundle: whoever seals one and whoever reads it agree on it here. */
export const MANIFEST = "manifest.json";
/** The manifest does not list its own signature, nor the proof that it is in the log. */
export const SIGNATURE = "manifest.dsse.json";

export const VSA_FILE = "statements/99-vsa.dsse.json";

/** Where the proof of a decision lies. */
export const proofFile = (at: number) => `log/decision-${String(at + 1).padStart(2, "0")}.tlog-proof`;

/** Where the archive of a signed pack lies in the bundle, by the digest of its manifest. */
export const packFile = (digest: string) => `packs/${digest.slice("sha256:".length)}.tar`;

/** Where the input of a decision lies in the bundle. */
export const inputFile = (digest: string) => `inputs/${digest.slice("sha256:".length)}.json`;

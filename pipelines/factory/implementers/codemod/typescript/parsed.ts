/**
 * What the compiler read, for several projects over trees that are alike, one after the other: a file of the same path and text is
 * parsed and bound once. The compiler's registry knows files by name and version, so all projects have the same root, versions stand
 * for texts, and each project's service is kept until the last one is done.
 */
export interface ParsedFiles {
  /** The folder that all files seem to lie in. */
  readonly root: string;
  /** The same for the same text, and for no other. */
  versionOf(text: string): string;
  /** Keeps what a project read until `dispose`. */
  keep(service: { dispose(): void }): void;
  dispose(): void;
}

/** A folder for each: the compiler shares parsed files by their name, and other applications go on at the same time. */
let folders = 0;

/** Nothing read yet. */
export function parsedFiles(): ParsedFiles {
  const versions = new Map<string, string>();
  const kept: { dispose(): void }[] = [];
  return {
    root: `/${++folders}/`,
    versionOf(text) {
      let version = versions.get(text);
      if (version === undefined) {
        version = String(versions.size + 1);
        versions.set(text, version);
      }
      return version;
    },
    keep: (service) => void kept.push(service),
    dispose() {
      for (const service of kept.splice(0)) service.dispose();
      versions.clear();
    },
  };
}

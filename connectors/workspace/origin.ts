import { join } from "node:path";
import { discover } from "./discover.ts";

const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * What a repository on this machine is known by: the URL of its remote `origin`, where it has one, and its git directory. Only its
 * own configuration is read; nothing is run.
 */
export async function repositoryPlaces(location: string): Promise<string[]> {
  const found = await discover(location);
  if (!found.ok) return [location];
  const { commonDir } = found.value;
  const path = join(commonDir, "config");
  const info = await Deno.stat(path).catch(() => null);
  const text = info?.isFile && info.size <= MAX_CONFIG_BYTES
    ? await Deno.readTextFile(path).catch(() => "")
    : "";
  const origin = originIn(text);
  return [...(origin === null ? [] : [origin]), commonDir];
}

/** The first URL of the section `[remote "origin"]`; null when it has none. */
export function originIn(config: string): string | null {
  let inside = false;
  for (const line of config.split("\n")) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (section !== undefined) inside = /^remote\s+"origin"$/i.test(section.trim());
    const value = inside ? /^\s*url\s*=\s*(.*?)\s*$/i.exec(line)?.[1] : undefined;
    if (value !== undefined) {
      const plain = value.replace(/\s+[#;].*$/, "").replaceAll('"', "");
      if (plain !== "") return plain;
    }
  }
  return null;
}

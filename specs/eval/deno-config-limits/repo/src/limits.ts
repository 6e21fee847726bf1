import limits from "../config/limits.json" with { type: "json" };

/** Whether a file may be uploaded, by the limits of the configuration. */
export function mayUpload(name: string, bytes: number): boolean {
  const type = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return bytes > 0 && bytes <= limits.maxBytes && limits.types.includes(type);
}

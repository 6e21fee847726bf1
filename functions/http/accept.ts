/** The Accept header (RFC 9110, 12.5.1), as far as a server with one form per answer needs it. */
import { shown } from "./shown.ts";

interface Range {
  type: string;
  quality: number;
}

function ranges(header: string | undefined): Range[] {
  if (header === undefined || header.trim() === "") return [{ type: "*/*", quality: 1 }];
  return header.slice(0, 2000).split(",").map((part) => {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const q = parameters.find((parameter) => /^q\s*=/.test(parameter))?.split("=")[1];
    const quality = q === undefined ? 1 : Number(q);
    return { type, quality: Number.isFinite(quality) ? quality : 0 };
  });
}

/** How much a media type is wanted, 0 to 1: the most specific range decides. */
export function wanted(header: string | undefined, type: string): number {
  const [main = ""] = type.split("/");
  const bare = type.split(";")[0]?.trim() ?? type;
  const found = ranges(header);
  for (const name of [bare, `${main}/*`, "*/*"]) {
    const range = found.find((candidate) => candidate.type === name);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

/** Whether a media type may be sent. */
export const accepts = (header: string | undefined, type: string): boolean => wanted(header, type) > 0;

/** The header as an error may show it. */
export const mediaRange = (header: string | undefined): string => shown(header ?? "*/*", 80);

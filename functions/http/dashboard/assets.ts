/** The dashboard's one style and one script, served by us and by nobody else. */
import css from "./assets/app.css" with { type: "text" };
import plots from "./assets/plots.css" with { type: "text" };
import js from "./assets/app.js" with { type: "text" };
import { sha256Hex } from "../secret.ts";

/** The style of every page, and of the report that is a file of its own. */
export const STYLE = css + plots;

const ASSETS: Record<string, { type: string; text: string }> = {
  "app.css": { type: "text/css; charset=utf-8", text: STYLE },
  "app.js": { type: "text/javascript; charset=utf-8", text: js },
};

/** The asset, or null when there is none of this name. A script that was made here comes with its text. */
export async function asset(
  name: string,
  ifNoneMatch: string | undefined,
  made?: string,
): Promise<Response | null> {
  const found = made !== undefined
    ? { type: "text/javascript; charset=utf-8", text: made }
    : Object.hasOwn(ASSETS, name)
    ? ASSETS[name]
    : undefined;
  if (found === undefined) return null;
  const etag = `"${(await sha256Hex(found.text)).slice(0, 32)}"`;
  const headers = { "content-type": found.type, "cache-control": "no-cache", etag };
  return ifNoneMatch === etag
    ? new Response(null, { status: 304, headers })
    : new Response(found.text, { headers });
}

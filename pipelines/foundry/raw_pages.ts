/** Raw pages as they are kept for a reprocess: bytes by digest, and a line for each in the inputs of its load. */
import type { Page, RawPage } from "../../connectors/data/mod.ts";
import type { Stream } from "../../specs/foundry/mod.ts";
import type { Reading } from "./reading.ts";
import { hidden, withoutSecrets } from "./row_path.ts";
import type { LineWriter } from "./staging.ts";

export const ROWS_MEDIA_TYPE = "application/x-forge-rows+jsonl";

/** One line of a load's inputs. */
export interface KeptPage {
  locator: string;
  digest: string;
  bytes: number;
  mediaType: string;
  kept: boolean;
  /** Rows that were kept after personal data was treated. */
  treated?: boolean;
}

const lineOf = (page: KeptPage) => JSON.stringify(page);

/** Keeps what rows were made from. With personal data the treated rows are kept, never the bytes that came. */
export async function keepRaw(
  reading: Reading,
  stream: Stream,
  page: Page,
  inputs: LineWriter,
): Promise<void> {
  const { raw } = page;
  const personal = Object.keys(stream.pii).length > 0;
  const wanted = stream.keepRaw ?? raw?.content !== undefined;
  if (raw === null && !wanted) return;
  if (!wanted) return void (raw !== null && inputs.line(lineOf(markOf(reading, raw, false))));
  if (raw?.content !== undefined && !personal) {
    const clean = withoutSecretBytes(raw.content, reading.secrets);
    const digest = await reading.ports.blobs.put(clean);
    inputs.line(lineOf({ ...markOf(reading, raw, true), digest, bytes: clean.length }));
    return;
  }
  const lines = page.rows.map((row, at) =>
    JSON.stringify([page.locate(at), withoutSecrets(row, reading.secrets, {})])
  );
  const text = `${lines.join("\n")}\n`;
  const digest = await reading.ports.blobs.put(text);
  const locator = hidden(raw?.locator ?? page.locate(0), reading.secrets);
  inputs.line(
    lineOf({
      locator,
      digest,
      bytes: text.length,
      mediaType: ROWS_MEDIA_TYPE,
      kept: true,
      treated: personal,
    }),
  );
}

function markOf(reading: Reading, raw: RawPage, kept: boolean): KeptPage {
  const { locator, digest, bytes, mediaType } = raw;
  return { locator: hidden(locator, reading.secrets), digest, bytes, mediaType, kept };
}

function withoutSecretBytes(content: Uint8Array, secrets: ReadonlySet<string>): Uint8Array {
  if (secrets.size === 0) return content;
  const text = new TextDecoder("latin1").decode(content);
  let clean = text;
  for (const secret of secrets) {
    const bytes = new TextDecoder("latin1").decode(new TextEncoder().encode(secret));
    if (clean.includes(bytes)) clean = clean.replaceAll(bytes, "[credential]");
  }
  return clean === text ? content : Uint8Array.from(clean, (char) => char.charCodeAt(0) & 0xff);
}

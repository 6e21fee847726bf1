/** How hostile input ends: by its class, with nothing published. */
import assert from "node:assert/strict";
import { nothingPublished, type Room } from "./room.ts";

/** Class and source of the failure that a kind of end leads to. */
const ENDS = {
  refused: ["external", "user-environment"],
  limit: ["resource", "user-environment"],
  contract: ["data-integrity", "provider"],
  transient: ["external", "provider"],
} as const;
export type End = keyof typeof ENDS;

/** Runs a pipeline that must fail in one of these ways, and say why. */
export async function fails(
  at: Room,
  pipeline: string,
  environment: string,
  ends: readonly End[],
  words: RegExp,
) {
  const { id } = JSON.parse(pipeline) as { id: string };
  const { document, exit, stream } = await at.run(pipeline, environment);
  const { failure } = document;
  assert.deepEqual([document.status, exit], ["failed", 1], JSON.stringify(document));
  assert.notEqual(stream().status, "complete");
  const found = ends.some((end) => failure?.class === ENDS[end][0] && failure.source === ENDS[end][1]);
  assert.ok(found, `${failure?.class} of ${failure?.source} is none of ${ends}: ${failure?.message}`);
  assert.match(failure?.message ?? "", words);
  assert.ok(String(failure?.remedy ?? "").length > 10, "it says what to do");
  assert.ok((failure?.message.length ?? 0) < 3000, "it does not repeat the hostile input");
  await nothingPublished(at, id);
}

/** Entities that multiply, and one that would read a file. */
export const DOCTYPE =
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>';

import assert from "node:assert/strict";
import { PipelineDocument } from "../../specs/foundry/mod.ts";
import { pipelineText } from "./etl_text.ts";

const document = (stream: Record<string, unknown>) =>
  PipelineDocument.parse({
    run: "run_01m843h8at01bcy7m286amr6nm",
    status: "completed",
    pipeline: "p@0123456789ab",
    mode: "full",
    streams: [{
      stream: "s",
      status: "complete",
      read: 10,
      accepted: 2,
      quarantined: 0,
      written: 2,
      deduped: 0,
      requests: { made: 0, retried: 0, waitedMs: 0 },
      cursor: { before: null, after: null },
      ...stream,
    }],
    quality: [],
    denials: [],
    failure: null,
    evidence: null,
  });

Deno.test("rows that transforms added and left out are told where there are any", () => {
  assert.match(
    pipelineText(document({ produced: 2, filtered: 10 })),
    /read 10 \+ 2 added, accepted 2, quarantined 0, left out 10, written 2/,
  );
  assert.match(pipelineText(document({ read: 2 })), /read 2, accepted 2, quarantined 0, written 2/);
});

Deno.test("counts that do not meet are told, and those that do are not", () => {
  const handshake = { came: 12, accounted: 11, stored: 2, holds: false };
  assert.match(pipelineText(document({ handshake })), /DO NOT MEET: 12 rows came, 11 are accounted for/);
  assert.doesNotMatch(
    pipelineText(document({ handshake: { ...handshake, accounted: 12, holds: true } })),
    /MEET/,
  );
});

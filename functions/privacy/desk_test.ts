import assert from "node:assert/strict";
import { memoryBlobs } from "../../kernel/mod.ts";
import type { EngineOptions, RunView } from "../../kernel/mod.ts";
import { keyRedaction } from "../../policies/mod.ts";
import { privacyDesk, readPrivacySettings, writePrivacySettings } from "./desk.ts";

const DAY_MS = 86_400_000;

async function inRoom(use: (data: string) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "forge-privacy-" });
  try {
    await use(data);
  } finally {
    keyRedaction(null);
    await Deno.remove(data, { recursive: true });
  }
}

const deskAt = (data: string, now: number) =>
  privacyDesk({ data, plain: memoryBlobs(), env: () => undefined, makes: true, now: () => now });

/** Ends a run with a bundle. */
async function sealed(
  desk: Awaited<ReturnType<typeof deskAt>>,
  input: unknown,
  status: string,
): Promise<void> {
  const options = {
    handlers: {},
    effects: {},
    seal: () => Promise.resolve({ id: "ev_1", digest: "d", path: "p" }),
  } as unknown as EngineOptions;
  const around = desk.around(options, () => Promise.resolve(null));
  await around.seal?.({ input } as RunView, status);
}

Deno.test("the key of a run that redacts goes 7 days after its end, not while somebody is asked; that of one that encrypts stays", async () => {
  await inRoom(async (data) => {
    const begin = Date.now();
    const desk = await deskAt(data, begin);
    const ran = async (handling: "redacted" | "encrypted") => {
      const begun = await desk.personal.begin(handling);
      assert.ok(begun);
      return { personal: begun.privacy };
    };
    const [redacted, asked, encrypted] = [
      await ran("redacted"),
      await ran("redacted"),
      await ran("encrypted"),
    ];
    await sealed(desk, redacted, "denied");
    // Denied, retried, and now somebody has to say something.
    await sealed(desk, asked, "denied");
    await sealed(desk, asked, "escalated");
    await sealed(desk, encrypted, "completed");
    const left = async (days: number) => {
      const { keys } = await deskAt(data, begin + days * DAY_MS);
      return (await keys.list()).sort();
    };
    const all = [redacted, asked, encrypted].map(({ personal }) => personal.kid).sort();
    assert.deepEqual(await left(6.9), all);
    assert.deepEqual(await left(7.1), all.filter((kid) => kid !== redacted.personal.kid));
    assert.match(await desk.personal.gone(redacted.personal) ?? "", /by installation: redacted: 7 days/);
    assert.equal(await desk.personal.gone(asked.personal), null);
  });
});

Deno.test("a run does what is stricter, its own word or the installation's; nothing is made where neither wants anything", async () => {
  await inRoom(async (data) => {
    const desk = await deskAt(data, Date.now());
    const handling = async (asked?: "none" | "encrypted" | "redacted") =>
      (await desk.personal.begin(asked))?.privacy.handling ?? "none";
    assert.deepEqual([await handling(), await handling("none"), await handling("encrypted")], [
      "none",
      "none",
      "encrypted",
    ]);
    assert.equal((await desk.keys.list()).length, 1);
    await writePrivacySettings(data, { ...await readPrivacySettings(data), personalData: "encrypted" });
    assert.deepEqual([await handling("none"), await handling(), await handling("redacted")], [
      "encrypted",
      "encrypted",
      "redacted",
    ]);
    if (Deno.build.os !== "windows") {
      assert.equal(((await Deno.stat(`${data}/privacy.json`)).mode ?? 0) & 0o777, 0o600);
    }
  });
});

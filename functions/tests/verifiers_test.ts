/** The command line's verifier and the one that stands alone, over the same bundles on disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { EvidenceVerification } from "../../specs/attestation/mod.ts";
import { writeTar } from "../../policies/evidence/reading/mod.ts";
import { verifyDropped } from "../standalone/page.ts";
import { verifyAt } from "../standalone/verify.ts";
import { type Room, room } from "./samples.ts";
import { smallBundle, trustIn } from "./small_bundles.ts";

type Files = ReadonlyMap<string, Uint8Array>;

async function directory(at: string, files: Files): Promise<string> {
  for (const [path, bytes] of files) {
    await Deno.mkdir(join(at, path, ".."), { recursive: true });
    await Deno.writeFile(join(at, path), bytes);
  }
  return at;
}

const failed = (
  { checks }: EvidenceVerification,
) => [...new Set(checks.filter(({ ok }) => !ok).map(({ name, file }) => `${name} ${file}`))];

async function byCommand(at: Room, path: string, root: string): Promise<EvidenceVerification> {
  const { exit, document } = await at.forge("evidence", "verify", path, "--trust-root", root);
  const result = document as unknown as EvidenceVerification;
  assert.equal(exit, result.verified ? 0 : 1, path);
  // That decisions are taken again is what the command does beside.
  return { ...result, checks: result.checks.filter(({ name }) => name !== "replay") };
}

// req: N6-03 N6-13
Deno.test("both verifiers refuse the same changed directories and archives, for the same files; neither ends otherwise than by a report", async (t) => {
  await using at = await room();
  const repo = await at.repository("shell-backup");
  const { files, path } = await smallBundle(at, repo, "failed");
  const { root } = await trustIn(at);
  const trustFiles = await Promise.all(
    [...Deno.readDirSync(root)].map(async ({ name }) =>
      new File([await Deno.readTextFile(join(root, name))], name)
    ),
  );
  let count = 0;
  const both = async (what: string, place: string, named: string | null, accepted = false) => {
    const [command, alone] = [await byCommand(at, place, root), await verifyAt(place, root)];
    assert.deepEqual(failed(alone), failed(command), what);
    assert.equal(command.verified, accepted, `${what}: ${JSON.stringify(failed(command))}`);
    if (named !== null) {
      assert.ok(failed(command).some((one) => one.endsWith(` ${named}`)), `${what}: ${failed(command)}`);
    }
    count += 1;
  };
  const EVENTS = "log/events.jsonl";
  const fresh = (name: string) => directory(join(at.dir, `copy-${name}`), files);

  await t.step("as they were sealed both accept them", async () => {
    await both("as it lies there", path, null, true);
    await both("a copy", await fresh("same"), null, true);
    const modes = await fresh("modes");
    for (const name of files.keys()) await Deno.chmod(join(modes, name), 0o777);
    await both("a file system where everything is executable", modes, null, true);
    for (const name of files.keys()) await Deno.chmod(join(modes, name), 0o600);
    await both("nobody else may read it", modes, null, true);
  });

  await t.step("what is done to files of a directory", async () => {
    for (
      const [what, named, change] of [
        ["a byte", EVENTS, (dir) => Deno.writeTextFile(join(dir, EVENTS), " ", { append: true })],
        ["gone", EVENTS, (dir) => Deno.remove(join(dir, EVENTS))],
        [
          "another name",
          `${EVENTS}.old`,
          (dir) => Deno.rename(join(dir, EVENTS), join(dir, `${EVENTS}.old`)),
        ],
        ["doubled", "log/copy", (dir) => Deno.copyFile(join(dir, EVENTS), join(dir, "log/copy"))],
        ["hidden", ".git", (dir) => Deno.writeTextFile(join(dir, ".git"), "x")],
        ["an empty directory", "log/more", (dir) => Deno.mkdir(join(dir, "log/more"))],
        ["a full directory", "more/x", async (dir) => {
          await Deno.mkdir(join(dir, "more"));
          await Deno.writeTextFile(join(dir, "more/x"), "");
        }],
        ["executable", EVENTS, (dir) => Deno.chmod(join(dir, EVENTS), 0o755)],
        ["set to a user", EVENTS, (dir) => Deno.chmod(join(dir, EVENTS), 0o4644)],
        ["a link to its own bytes", EVENTS, async (dir) => {
          await Deno.rename(join(dir, EVENTS), join(dir, "..", `bytes-${count}`));
          await Deno.symlink(join(dir, "..", `bytes-${count}`), join(dir, EVENTS));
        }],
        ["a dangling link", "log/link", (dir) => Deno.symlink("nowhere", join(dir, "log/link"))],
        ["a link to a directory", "log/all", (dir) => Deno.symlink("/", join(dir, "log/all"))],
        ["a link to itself", "manifest.json", async (dir) => {
          await Deno.remove(join(dir, "manifest.json"));
          await Deno.symlink("manifest.json", join(dir, "manifest.json"));
        }],
        ["a directory in its place", EVENTS, async (dir) => {
          await Deno.remove(join(dir, EVENTS));
          await Deno.mkdir(join(dir, EVENTS));
        }],
        ["a file in place of a directory", EVENTS, async (dir) => {
          await Deno.remove(join(dir, "log"), { recursive: true });
          await Deno.writeTextFile(join(dir, "log"), "x");
        }],
        ["no manifest", "manifest.json", (dir) => Deno.remove(join(dir, "manifest.json"))],
        ["a manifest that is a directory", "manifest.json", async (dir) => {
          await Deno.remove(join(dir, "manifest.json"));
          await Deno.mkdir(join(dir, "manifest.json"));
        }],
        ["no signature", "manifest.dsse.json", (dir) => Deno.remove(join(dir, "manifest.dsse.json"))],
        ["no proof", "log/bundle.tlog-proof", (dir) => Deno.remove(join(dir, "log/bundle.tlog-proof"))],
      ] as [string, string, (dir: string) => Promise<void>][]
    ) {
      const dir = await fresh(String(count));
      await change(dir);
      await both(what, dir, named);
    }
  });

  await t.step("a pipe in a bundle, or in place of one, is not waited for", async () => {
    const dir = await fresh("pipe");
    const made = await new Deno.Command("mkfifo", { args: [join(dir, "log/pipe")], stderr: "null" }).output()
      .catch(() => ({ success: false }));
    if (!made.success) return;
    await both("a pipe", dir, "log/pipe");
    await both("a pipe in place of it", join(dir, "log/pipe"), null);
  });

  await t.step("what is no bundle", async () => {
    for (
      const [what, content] of [
        ["nothing", ""],
        ["a text", "hello\n"],
        ["zeroes", "\0".repeat(10_240)],
        ["a manifest alone", new TextDecoder().decode(files.get("manifest.json"))],
      ] as const
    ) {
      await both(what, await at.write(`none-${count}`, content), null);
    }
    await Deno.mkdir(join(at.dir, "empty"));
    await both("an empty directory", join(at.dir, "empty"), "manifest.json");
    await both("nothing there", join(at.dir, "nowhere"), null);
    for (
      const text of [
        "null",
        "[]",
        "{}",
        "0",
        "[".repeat(200_000),
        '{"v":1}',
        "\ufeff{}",
        '{"files":[],"files":[]}',
      ]
    ) {
      const dir = await fresh(`manifest-${count}`);
      await Deno.writeTextFile(join(dir, "manifest.json"), text);
      await both(`the manifest ${text.slice(0, 20)}`, dir, "manifest.json");
    }
  });

  await t.step("archives, and what the page of the dashboard says of them", async () => {
    const tar = writeTar(files);
    const tars: [string, Uint8Array, boolean][] = [
      ["as it is", tar, true],
      ["cut", tar.subarray(0, 4096), false],
      ["longer", new Uint8Array([...tar, ...new Uint8Array(512)]), false],
      ["a mode", tar.with(105, 0x37), false],
      ["another owner", tar.with(110, 0x31), false],
      ["a link", tar.with(156, 0x32), false],
      ["a byte of a file", tar.with(600, (tar[600] ?? 0) ^ 1), false],
      ["a file more", writeTar(new Map(files).set("zz", new Uint8Array([1]))), false],
      ["a file less", writeTar(new Map([...files].filter(([name]) => name !== EVENTS))), false],
    ];
    for (const [what, bytes, accepted] of tars) {
      const place = await at.write(`bundle-${count}.tar`, bytes);
      await both(what, place, null, accepted);
      const dropped = await verifyDropped(new File([new Uint8Array(bytes)], "bundle.tar"), trustFiles);
      assert.deepEqual(failed(dropped), failed(await verifyAt(place, root)), what);
    }
  });
  assert.ok(count > 45, `${count} bundles`);
});

import assert from "node:assert/strict";
import { carriedPackGaps, unreadFiles } from "./scan_unread.ts";

Deno.test("lockfiles that nobody compares and migrations that are programs are told by their path", () => {
  const paths = [
    "web/bun.lock",
    "Gemfile.lock",
    "composer.lock",
    "alembic/versions/1a2b_add.py",
    "db/migrate/20260101_drop.rb",
    "shop/migrations/0002_auto.py",
    "database/migrations/2026_01_01_users.php",
  ];
  const told = unreadFiles(paths);
  assert.deepEqual(told.map(({ path }) => path), paths);
  assert.ok(
    told.every(({ verdict, reason, rule }) =>
      verdict === "not_run" && reason.length > 20 && rule !== undefined
    ),
  );
});

Deno.test("what is read elsewhere, or is none of both, is not told", () => {
  const read = [
    "package-lock.json",
    "yarn.lock",
    "Cargo.lock",
    "db/migrations/1_a.up.sql",
    "src/migrations.ts",
    "docs/versions/a.py",
  ];
  assert.deepEqual(unreadFiles(read), []);
});

Deno.test("packs of the base commit that did not judge are told; those that did are not", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const core = { name: "core", version: "1.0.0", digest };
  assert.equal(carriedPackGaps([".forge/packs/house/pack.yaml"], [core]).length, 1);
  assert.equal(
    carriedPackGaps([".forge/packs/house/pack.yaml"], [core, { ...core, name: "a", revision: 3 }]).length,
    0,
  );
  assert.equal(carriedPackGaps(["README.md"], [core]).length, 0);
});

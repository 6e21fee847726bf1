/** Data that a migration, a plan or a manifest destroys, in core: without any pack. */
import assert from "node:assert/strict";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";

const USERS = {
  "migrations/001_init.up.sql": "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n",
  "migrations/001_init.down.sql": "DROP TABLE users;\n",
};
const CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: shop }\n" +
  "spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n";

async function said(base: Tree, head: Tree, intent: object, approvers: string[] = [], tier = "standard") {
  const facts = await sampleFacts(base, head);
  const decision = await judgeSample((input) => {
    input.spec = sampleSpec({ intent, tier });
    input.principals = { requester: "ana", approvers: ["bob", "eve"], singleKey: false };
    input.approvals = approvers.map((by) => ({
      by,
      at: "2026-11-20T11:00:00.000Z",
      selfApproved: false,
      verified: true,
      ...(facts.change === null ? {} : { patch: facts.change.patch }),
    }));
  }, facts);
  return ruleOf(decision, "destructive-change");
}
const migrated = (sql: string): Tree => ({ ...USERS, "migrations/002_next.up.sql": `${sql}\n` });
const ALL = { type: "UPDATE", scope: ["**"] };

Deno.test("a migration that surely loses data no spec names is denied without any pack", async () => {
  for (
    const sql of [
      "DROP TABLE users;",
      "TRUNCATE users;",
      "DELETE FROM users;",
      "ALTER TABLE users DROP COLUMN email;",
    ]
  ) {
    const found = await said(USERS, migrated(sql), ALL);
    assert.deepEqual([found.verdict, found.escalates], ["fail", false], sql);
    assert.equal(found.findings[0]?.path, "migrations/002_next.up.sql");
  }
});

Deno.test("a manifest of a volume that goes is denied, unless the spec names it or its file", async () => {
  const base = { "k8s/data.yaml": CLAIM, "README.md": "x\n" };
  assert.equal((await said(base, { "README.md": "x\n" }, ALL)).verdict, "fail");
  const named = (removes: string[]) =>
    said(base, { "README.md": "x\n" }, { type: "DESTROY", scope: ["**"], removes });
  assert.equal((await named(["k8s/data.yaml"])).verdict, "pass");
  assert.equal((await named(["PersistentVolumeClaim/shop/data"])).verdict, "pass");
});

Deno.test("what loses nothing for sure is not asked: way back, a table made anew, queries of a program, a way to delete some rows", async () => {
  const heads: Tree[] = [
    migrated("ALTER TABLE users ADD COLUMN age int;"),
    migrated("DELETE FROM users WHERE email IS NULL;"),
    migrated("UPDATE users SET email = lower(email);"),
    migrated(
      "CREATE TABLE users_new (id bigint PRIMARY KEY, email text);\nINSERT INTO users_new SELECT id, email FROM users;\nDROP TABLE users;\nALTER TABLE users_new RENAME TO users;",
    ),
    {
      ...USERS,
      "migrations/002_next.up.sql": "CREATE TABLE t (id int);\n",
      "migrations/002_next.down.sql": "DROP TABLE t;\n",
    },
    { ...USERS, "queries/clean.sql": "DELETE FROM sessions;\n" },
    { ...USERS, "db/seed.sql": "TRUNCATE users;\nINSERT INTO users VALUES (1, 'a@b');\n" },
  ];
  for (const head of heads) {
    const found = await said(USERS, head, ALL);
    assert.equal(
      found.verdict,
      "not_applicable",
      `${Object.values(head).at(-1)} ${JSON.stringify(found.findings)}`,
    );
  }
});

Deno.test("what the spec names may go; the tier critical needs two humans, and one is not enough", async () => {
  const intent = { type: "DESTROY", scope: ["**"], removes: ["users"] };
  const head = migrated("DROP TABLE users;");
  assert.equal((await said(USERS, head, intent)).verdict, "pass");
  const one = await said(USERS, head, intent, ["bob"], "critical");
  assert.deepEqual([one.verdict, one.escalates], ["fail", true]);
  assert.equal((await said(USERS, head, intent, ["bob", "bob"], "critical")).verdict, "fail");
  assert.equal((await said(USERS, head, intent, ["bob", "ana"], "critical")).verdict, "fail");
  assert.equal((await said(USERS, head, intent, ["bob", "eve"], "critical")).verdict, "pass");
});

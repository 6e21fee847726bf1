/** C3 over six intents, changes that match them and that do not, in TypeScript, Python, Go, SQL and Terraform. */
import assert from "node:assert/strict";
import type { IntentType } from "../../specs/mod.ts";
import { judgeSample, ruleOf, sampleSpec } from "../testing/judge_input.ts";
import { sampleFacts, type Tree } from "../testing/trees.ts";

interface Case {
  kind: "TypeScript" | "Python" | "Go" | "SQL" | "Terraform";
  intent: IntentType;
  matches: boolean;
  about: string;
  base: Tree;
  head: Tree;
  removes?: string[];
  renames?: { from: string; to: string }[];
  /** What the finding must name. */
  names?: RegExp;
}

/** One kind's files: what is there, and the changes by what they do. */
interface Kind {
  base: Tree;
  /** Brings something new in, and touches nothing that is there. */
  added: Tree;
  /** Changes what is there without a loss. */
  changed: Tree;
  /** The one thing `gone` goes. */
  removed: Tree;
  gone: string;
  /** The same under another shape. */
  rewritten: Tree;
  /** `gone` becomes `now`, with the way back where the kind has one. */
  moved: Tree;
  now: string;
}

const up = "db/migrations/002_next.up.sql";
const down = "db/migrations/002_next.down.sql";
const SQL = {
  "db/migrations/001_first.up.sql":
    "CREATE TABLE carts (id bigint PRIMARY KEY, note text);\nCREATE TABLE users (id bigint);\n",
  "db/migrations/001_first.down.sql": "DROP TABLE carts;\nDROP TABLE users;\n",
};
const step = (forward: string, back: string): Tree => ({ ...SQL, [up]: `${forward}\n`, [down]: `${back}\n` });

const KINDS: Readonly<Record<Case["kind"], Kind>> = {
  TypeScript: {
    base: {
      "src/cart.ts":
        "export function total(x: number): number {\n  return x + 1;\n}\nexport function legacy(): number {\n  return 2;\n}\n",
    },
    added: {
      "src/cart.ts":
        "export function total(x: number): number {\n  return x + 1;\n}\nexport function legacy(): number {\n  return 2;\n}\n",
      "src/tax.ts": "export function tax(x: number): number {\n  return x / 5;\n}\n",
    },
    changed: {
      "src/cart.ts":
        "export function total(x: number, y: number): number {\n  return x + y;\n}\nexport function legacy(): number {\n  return 2;\n}\n",
    },
    removed: { "src/cart.ts": "export function total(x: number): number {\n  return x + 1;\n}\n" },
    gone: "legacy",
    rewritten: {
      "src/cart.ts":
        "export function total(x: number): number {\n  const one = 1;\n  return x + one;\n}\nexport function legacy(): number {\n  return 2;\n}\n",
    },
    moved: {
      "src/cart.ts":
        "export function total(x: number): number {\n  return x + 1;\n}\nexport function modern(): number {\n  return 2;\n}\n",
    },
    now: "modern",
  },
  Python: {
    base: { "shop/cart.py": "def total(x):\n    return x + 1\n\n\ndef legacy():\n    return 2\n" },
    added: {
      "shop/cart.py": "def total(x):\n    return x + 1\n\n\ndef legacy():\n    return 2\n",
      "shop/tax.py": "def tax(x):\n    return x / 5\n",
    },
    changed: { "shop/cart.py": "def total(x, y):\n    return x + y\n\n\ndef legacy():\n    return 2\n" },
    removed: { "shop/cart.py": "def total(x):\n    return x + 1\n" },
    gone: "legacy",
    rewritten: {
      "shop/cart.py": "def total(x):\n    one = 1\n    return x + one\n\n\ndef legacy():\n    return 2\n",
    },
    moved: { "shop/cart.py": "def total(x):\n    return x + 1\n\n\ndef modern():\n    return 2\n" },
    now: "modern",
  },
  Go: {
    base: {
      "cart/cart.go":
        "package cart\n\nfunc Total(x int) int { return x + 1 }\n\nfunc Legacy() int { return 2 }\n",
    },
    added: {
      "cart/cart.go":
        "package cart\n\nfunc Total(x int) int { return x + 1 }\n\nfunc Legacy() int { return 2 }\n",
      "cart/tax.go": "package cart\n\nfunc Tax(x int) int { return x / 5 }\n",
    },
    changed: {
      "cart/cart.go":
        "package cart\n\nfunc Total(x int, y int) int { return x + y }\n\nfunc Legacy() int { return 2 }\n",
    },
    removed: { "cart/cart.go": "package cart\n\nfunc Total(x int) int { return x + 1 }\n" },
    gone: "Legacy",
    rewritten: {
      "cart/cart.go":
        "package cart\n\nfunc Total(x int) int {\n\tone := 1\n\treturn x + one\n}\n\nfunc Legacy() int { return 2 }\n",
    },
    moved: {
      "cart/cart.go":
        "package cart\n\nfunc Total(x int) int { return x + 1 }\n\nfunc Modern() int { return 2 }\n",
    },
    now: "Modern",
  },
  SQL: {
    base: SQL,
    added: step("CREATE TABLE taxes (id bigint);", "DROP TABLE taxes;"),
    changed: step(
      "ALTER TABLE carts ALTER COLUMN note SET DEFAULT '';",
      "ALTER TABLE carts ALTER COLUMN note DROP DEFAULT;",
    ),
    removed: step("DROP TABLE carts;", "CREATE TABLE carts (id bigint PRIMARY KEY, note text);"),
    gone: "carts",
    rewritten: {
      ...SQL,
      "db/migrations/001_first.up.sql":
        "-- the first tables\ncreate table carts (\n  id bigint primary key,\n  note text\n);\nCREATE TABLE users (id bigint);\n",
    },
    moved: step("ALTER TABLE carts RENAME TO baskets;", "ALTER TABLE baskets RENAME TO carts;"),
    now: "baskets",
  },
  Terraform: {
    base: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "carts" {\n  name = "carts"\n}\nresource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
    },
    added: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "carts" {\n  name = "carts"\n}\nresource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
      "infra/tax.tf": 'resource "aws_sqs_queue" "tax" {\n  name = "tax"\n}\n',
    },
    changed: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "carts" {\n  name       = "carts"\n  fifo_queue = true\n}\nresource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
    },
    removed: { "infra/main.tf": 'resource "aws_sqs_queue" "users" {\n  name = "users"\n}\n' },
    gone: "aws_sqs_queue.carts",
    rewritten: {
      "infra/main.tf":
        'locals {\n  carts = "carts"\n}\nresource "aws_sqs_queue" "carts" {\n  name = local.carts # of the shop\n}\nresource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
    },
    moved: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "baskets" {\n  name = "carts"\n}\nresource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
    },
    now: "aws_sqs_queue.baskets",
  },
};

function casesOf(kind: Case["kind"], files: Kind): Case[] {
  const { base, added, changed, removed, rewritten, moved, gone, now } = files;
  const of = (
    intent: IntentType,
    matches: boolean,
    about: string,
    head: Tree,
    more: Partial<Case> = {},
  ): Case => ({ kind, intent, matches, about, base, head, ...more });
  const named = { removes: [gone] };
  const name = { names: new RegExp(gone.replace(".", "\\.")) };
  return [
    of("IMPORT", true, "something new", added),
    of("IMPORT", false, "what is there changes", changed),
    of("IMPORT", false, "what is there goes", removed, name),
    of("CREATE", true, "something new", added),
    of("CREATE", false, "what is there goes", removed, name),
    of("UPDATE", true, "what is there changes", changed),
    of("UPDATE", true, "a loss that is named", removed, named),
    of("UPDATE", false, "a loss that is not named", removed, name),
    of("DESTROY", true, "the named goes", removed, named),
    of("DESTROY", false, "something else goes", removed, { removes: ["somethingelse"], ...name }),
    of("DESTROY", false, "nothing goes", added, named),
    of("REFACTOR", true, "the same in other words", rewritten),
    of("REFACTOR", false, "a name goes", removed, name),
    of("REFACTOR", false, "another name comes in its place", moved, name),
    of("MIGRATE", true, "the old becomes the new", moved, { renames: [{ from: gone, to: now }] }),
    of("MIGRATE", false, "the old goes and nothing stands for it", removed, name),
    of("MIGRATE", false, "the pair is not the one that is declared", moved, {
      renames: [{ from: gone, to: "another" }],
      ...name,
    }),
  ];
}

/** What only databases and infrastructure have. */
const OWN: readonly Case[] = [
  {
    kind: "SQL",
    intent: "REFACTOR",
    matches: false,
    about: "a migration",
    base: SQL,
    head: KINDS.SQL.changed,
    names: /carts\.note/,
  },
  {
    kind: "SQL",
    intent: "MIGRATE",
    matches: false,
    about: "no way back",
    base: SQL,
    head: { ...SQL, [up]: "ALTER TABLE users ADD COLUMN a int;\n" },
    names: /way back/,
  },
  {
    kind: "SQL",
    intent: "MIGRATE",
    matches: false,
    about: "a way back that undoes nothing",
    base: SQL,
    head: step("ALTER TABLE users ADD COLUMN a int;", "SELECT 1;"),
    names: /way back/,
  },
  {
    kind: "SQL",
    intent: "MIGRATE",
    matches: true,
    about: "a new table takes the place of the old",
    base: SQL,
    head: step(
      "CREATE TABLE baskets (id bigint);\nINSERT INTO baskets SELECT id FROM carts;\nDROP TABLE carts;",
      "CREATE TABLE carts (id bigint, note text);\nDROP TABLE baskets;",
    ),
    renames: [{ from: "carts", to: "baskets" }],
  },
  {
    kind: "SQL",
    intent: "MIGRATE",
    matches: false,
    about: "the new table that is declared is not made",
    base: SQL,
    head: step("DROP TABLE carts;", "CREATE TABLE carts (id bigint);"),
    renames: [{ from: "carts", to: "baskets" }],
    names: /carts/,
  },
  {
    kind: "SQL",
    intent: "CREATE",
    matches: false,
    about: "nothing is created",
    base: SQL,
    head: KINDS.SQL.changed,
    names: /creates no table/,
  },
  {
    kind: "SQL",
    intent: "UPDATE",
    matches: false,
    about: "a column goes unsaid",
    base: SQL,
    head: step("ALTER TABLE carts DROP COLUMN note;", "ALTER TABLE carts ADD COLUMN note text;"),
    names: /carts\.note/,
  },
  {
    kind: "SQL",
    intent: "UPDATE",
    matches: true,
    about: "the column is named",
    base: SQL,
    head: step("ALTER TABLE carts DROP COLUMN note;", "ALTER TABLE carts ADD COLUMN note text;"),
    removes: ["carts.note"],
  },
  {
    kind: "SQL",
    intent: "UPDATE",
    matches: false,
    about: "the bare name of a column names none",
    base: SQL,
    head: step("ALTER TABLE carts DROP COLUMN note;", "ALTER TABLE carts ADD COLUMN note text;"),
    removes: ["note"],
    names: /carts\.note/,
  },
  {
    kind: "SQL",
    intent: "UPDATE",
    matches: false,
    about: "a declared column is taken out of a schema",
    base: { "db/schema.sql": "CREATE TABLE a (x int, y int);\n" },
    head: { "db/schema.sql": "CREATE TABLE a (x int);\n" },
    names: /a\.y/,
  },
  {
    kind: "SQL",
    intent: "UPDATE",
    matches: true,
    about: "SQLite makes a table anew with all rows",
    base: SQL,
    head: step(
      "CREATE TABLE new_users (id bigint, age int);\nINSERT INTO new_users (id) SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE new_users RENAME TO users;",
      "ALTER TABLE users DROP COLUMN age;",
    ),
  },
  {
    kind: "SQL",
    intent: "UPDATE",
    matches: false,
    about: "it is made anew with none of them",
    base: SQL,
    head: step(
      "CREATE TABLE new_users (id bigint, age int);\nDROP TABLE users;\nALTER TABLE new_users RENAME TO users;",
      "SELECT 1;",
    ),
    names: /users/,
  },
  {
    kind: "Terraform",
    intent: "REFACTOR",
    matches: true,
    about: "a moved block",
    base: KINDS.Terraform.base,
    head: {
      "infra/main.tf": `${KINDS.Terraform
        .moved[
          "infra/main.tf"
        ] as string}moved {\n  from = aws_sqs_queue.carts\n  to   = aws_sqs_queue.baskets\n}\n`,
    },
  },
  {
    kind: "Terraform",
    intent: "REFACTOR",
    matches: true,
    about: "a moved block, and references that follow it",
    base: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "carts" {\n  name = "carts"\n}\n\noutput "carts" {\n  value = aws_sqs_queue.carts.url\n}\n',
    },
    head: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "baskets" {\n  name = "carts"\n}\n\nmoved {\n  from = aws_sqs_queue.carts\n  to   = aws_sqs_queue.baskets\n}\n\n' +
        'output "carts" {\n  value = aws_sqs_queue.baskets.url\n}\n',
    },
  },
  {
    kind: "Terraform",
    intent: "REFACTOR",
    matches: false,
    about: "a moved block, and a reference to another queue",
    base: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "carts" {\n  name = "carts"\n}\n\nresource "aws_sqs_queue_policy" "carts" {\n  queue_url = aws_sqs_queue.carts.url\n}\n',
    },
    head: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "baskets" {\n  name = "carts"\n}\n\nmoved {\n  from = aws_sqs_queue.carts\n  to   = aws_sqs_queue.baskets\n}\n\n' +
        'resource "aws_sqs_queue_policy" "carts" {\n  queue_url = aws_sqs_queue.baskets_dead.url\n}\n',
    },
    names: /aws_sqs_queue_policy.carts/,
  },
  {
    kind: "Terraform",
    intent: "REFACTOR",
    matches: true,
    about: "the block stands in another file",
    base: KINDS.Terraform.base,
    head: {
      "infra/main.tf": 'resource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
      "infra/carts.tf": 'resource "aws_sqs_queue" "carts" {\n  name = "carts"\n}\n',
    },
  },
  {
    kind: "Terraform",
    intent: "UPDATE",
    matches: false,
    about: "a plan that replaces what nobody named",
    base: {},
    head: {
      "a.tfplan.json": JSON.stringify({
        format_version: "1.2",
        resource_changes: [{
          address: "module.a.aws_instance.web[0]",
          type: "aws_instance",
          mode: "managed",
          change: { actions: ["delete", "create"], before: {}, after: {}, after_unknown: {} },
        }],
      }),
    },
    names: /module\.a\.aws_instance\.web\[0\]/,
  },
  {
    kind: "Terraform",
    intent: "UPDATE",
    matches: false,
    about: "none of it is left",
    base: KINDS.Terraform.base,
    head: {
      "infra/main.tf":
        'resource "aws_sqs_queue" "carts" {\n  count = 0\n  name = "carts"\n}\nresource "aws_sqs_queue" "users" {\n  name = "users"\n}\n',
    },
    names: /aws_sqs_queue\.carts/,
  },
];

/** Honest changes that only look like another intent. */
const HONEST: readonly Case[] = [
  {
    kind: "SQL",
    intent: "CREATE",
    matches: true,
    about: "a query beside code",
    base: {},
    head: { "src/a.ts": "export const a = 1;\n", "src/a.sql": "DELETE FROM sessions WHERE id = $1;\n" },
  },
  {
    kind: "SQL",
    intent: "CREATE",
    matches: true,
    about: "a default changes with a new function",
    base: SQL,
    head: { ...KINDS.SQL.changed, "src/a.ts": "export const a = 1;\n" },
  },
  {
    kind: "SQL",
    intent: "DESTROY",
    matches: true,
    about: "code goes and a default with it",
    base: { ...SQL, "src/a.ts": "export const a = 1;\n" },
    head: KINDS.SQL.changed,
    removes: ["src/a.ts"],
  },
  {
    kind: "SQL",
    intent: "REFACTOR",
    matches: true,
    about: "a query stands in another file",
    base: { "q/a.sql": "SELECT 1;\nDELETE FROM a WHERE id = $1;\n" },
    head: { "q/a.sql": "SELECT 1;\n", "q/b.sql": "DELETE FROM a WHERE id = $1;\n" },
  },
  {
    kind: "Terraform",
    intent: "UPDATE",
    matches: true,
    about: "an input that nobody needs goes",
    base: { "a.tf": 'variable "a" {}\nresource "aws_sqs_queue" "q" {\n  name = var.a\n}\n' },
    head: { "a.tf": 'resource "aws_sqs_queue" "q" {\n  name = "q"\n}\n' },
  },
];

const MATRIX = [
  ...Object.entries(KINDS).flatMap(([kind, files]) => casesOf(kind as Case["kind"], files)),
  ...OWN,
  ...HONEST,
];

Deno.test("intent matrix: six intents over five kinds, each with changes that match and that do not", () => {
  for (const kind of Object.keys(KINDS)) {
    for (const intent of ["IMPORT", "CREATE", "UPDATE", "DESTROY", "REFACTOR", "MIGRATE"]) {
      for (const matches of [true, false]) {
        assert.ok(
          MATRIX.some((one) => one.kind === kind && one.intent === intent && one.matches === matches),
          `${kind} ${intent} ${matches}`,
        );
      }
    }
  }
});

for (const kind of Object.keys(KINDS)) {
  Deno.test(`intent matrix: ${kind}`, async () => {
    for (const one of MATRIX.filter((each) => each.kind === kind)) {
      const facts = await sampleFacts(one.base, one.head);
      const decision = await judgeSample((input) => {
        input.transition = { from: "implement", to: "verify" };
        input.spec = sampleSpec({
          intent: { type: one.intent, scope: ["**"], removes: one.removes ?? [], renames: one.renames ?? [] },
        });
      }, facts);
      const { verdict, findings, escalates } = ruleOf(decision, "intent");
      const told = `${kind}, ${one.intent}, ${one.about}: ${JSON.stringify(findings)} ${
        JSON.stringify(facts.infra)
      }`;
      assert.equal(verdict, one.matches ? "pass" : "fail", told);
      if (one.matches) continue;
      assert.equal(escalates, false, told);
      if (one.names) assert.match(findings.map(({ message }) => message).join("\n"), one.names, told);
    }
  });
}

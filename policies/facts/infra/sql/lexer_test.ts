import assert from "node:assert/strict";
import fc from "fast-check";
import { type Dialect, lexSql } from "./lexer.ts";
import { splitLines } from "./t_sql.ts";

const words = (text: string, dialect: Dialect = "postgresql") =>
  lexSql(text, dialect).statements.map(({ tokens }) =>
    tokens.map((token) => token.word || `${token.kind}:${token.text}`).join(" ")
  );

Deno.test("strings, dollar quotes, comments and quoted names hold no statements", () => {
  assert.deepEqual(
    words("SELECT 'a;''b', $$x;y$$, $t$ $$;$$ $t$, \"c;d\" -- e;\n; /* f; /* g; */ h */ SELECT 2;"),
    [
      "select string:a;'b mark:, string:x;y mark:, string: $$;$$  mark:, quoted:c;d",
      "select number:2",
    ],
  );
});

Deno.test("what ends a string, a comment or an identifier is the database's own", () => {
  assert.deepEqual(words("SELECT '\\'; DROP TABLE a; --'", "postgresql").length, 2);
  assert.deepEqual(words("SELECT '\\'; DROP TABLE a; --'", "mysql").length, 1);
  assert.deepEqual(words("SELECT E'\\'; DROP TABLE a; --'", "postgresql").length, 1);
  assert.deepEqual(words("SELECT 1 # DROP\n;", "mysql"), ["select number:1"]);
  assert.deepEqual(words("SELECT 1 --1; DROP TABLE a;", "mysql").length, 2);
  assert.deepEqual(words("/* /* */ DROP TABLE a; /* */ */", "postgresql"), []);
  assert.match(words("/*!50001 DROP TABLE a */;", "mysql")[0] ?? "", /drop table a/);
  assert.deepEqual(words("DROP TABLE [a b]", "mssql"), ["drop table quoted:a b"]);
  assert.deepEqual(words("SELECT a[1]", "postgresql"), ["select a mark:[ number:1 mark:]"]);
});

Deno.test("where databases differ and nobody knows which one it is, the text is not believed", () => {
  for (const text of ["SELECT '\\'; DROP TABLE a; --'", "/* /* */ DROP TABLE a; /* */ */"]) {
    assert.ok(lexSql(text, "unknown").problems.length > 0, text);
  }
});

Deno.test("bodies of routines, delimiters, batches, data of COPY and psql commands are divided as their tools do", () => {
  assert.equal(
    words(
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET x = CASE WHEN 1 THEN 2 END; DELETE FROM c; END; SELECT 1;",
      "sqlite",
    ).length,
    2,
  );
  assert.equal(
    words(
      "DELIMITER //\nCREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; END//\nDELIMITER ;\nSELECT 2;",
      "mysql",
    ).length,
    2,
  );
  assert.equal(words("DROP TABLE a\nGO\nDROP TABLE b\ngo\n", "mssql").length, 2);
  assert.equal(words("COPY a FROM stdin;\n1\tDROP TABLE x;\n\\.\nSELECT 1;").length, 2);
  assert.equal(words("\\set x 1\nSELECT 1;").length, 2);
  assert.equal(words('CREATE TABLE event (begin_at int, "end" int); SELECT 1;').length, 2);
  assert.equal(
    splitLines(lexSql("DROP TABLE a\nDROP TABLE b\nALTER TABLE c\n  DROP COLUMN d\n", "mssql").statements)
      .length,
    3,
  );
});

Deno.test("what is not closed is told with its line", () => {
  for (
    const [text, why] of [
      ["SELECT 'a", /string/],
      ["\n/* a", /comment/],
      ["SELECT (1;", /parenthes/],
      ["SELECT 1);", /parenthes/],
      ["$$ a", /dollar/],
      ['SELECT "a', /name/],
    ] as const
  ) {
    assert.match(lexSql(text, "postgresql").problems.map((problem) => problem.why).join(), why);
  }
  assert.equal(lexSql("\n\nSELECT 'a", "postgresql").problems[0]?.line, 3);
});

Deno.test("property: any text is read without a throw, and every token stands on a line of it", () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    "`",
    "$$",
    "$a$",
    "--",
    "/*",
    "*/",
    "/*!",
    "(",
    ")",
    ";",
    "\n",
    "\\",
    "DROP TABLE a",
    "BEGIN",
    "END",
    "CREATE FUNCTION",
    "DELIMITER x\n",
    "GO\n",
    "[",
    "]",
    "E'",
    " ",
    "a",
    "1",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }),
      fc.constantFrom<Dialect>("postgresql", "mysql", "sqlite", "mssql", "unknown"),
      (parts, dialect) => {
        const text = parts.join("");
        const last = text.split("\n").length;
        const { statements, problems } = lexSql(text, dialect);
        for (const { tokens } of statements) {
          for (const { line, depth } of tokens) assert.ok(line >= 1 && line <= last && depth >= 0);
        }
        for (const { line } of problems) assert.ok(line >= 1 && line <= last);
      },
    ),
    { numRuns: 400 },
  );
});

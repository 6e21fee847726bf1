/** Changes of dependencies as tables give them, the projects that they start from, and what makes a lockfile lie. */
import assert from "node:assert/strict";
import { supplyRules } from "../rules/supply.ts";
import { edited, type Files, judgeSupply, specFor, treeOf } from "./supply_trees.ts";

export const HASH = `sha512-${"A".repeat(86)}==`;
export const HEX = "a".repeat(64);

export interface Case {
  what: string;
  from: Files;
  to: Files;
  /** The gate that refuses it. */
  gate?: string;
  spec?: Record<string, unknown>;
  /** A part of what the finding says. */
  says?: RegExp;
}

export const pair = (from: string, to: string, spec?: Record<string, unknown>): Case => ({
  what: `${from} to ${to}`,
  from: treeOf(from),
  to: treeOf(to),
  ...(spec ? { spec } : {}),
});

export const POETRY: Files = {
  "pyproject.toml":
    '[tool.poetry]\nname = "app"\nversion = "0.1.0"\n\n[tool.poetry.dependencies]\npython = "^3.9"\nidna = "^3.6"\n',
  "poetry.lock":
    `[[package]]\nname = "idna"\nversion = "3.6"\nfiles = [\n    {file = "idna-3.6.tar.gz", hash = "sha256:${HEX}"},\n]\n\n[metadata]\nlock-version = "2.0"\npython-versions = "^3.9"\n`,
};
export const poetryWith = (name: string, version: string, dependencies = ""): string =>
  `[[package]]\nname = "${name}"\nversion = "${version}"\nfiles = [\n    {file = "${name}-${version}.tar.gz", hash = "sha256:${
    "b".repeat(64)
  }"},\n]\n${dependencies}\n[metadata]`;
export const PIPFILE: Files = {
  Pipfile: '[[source]]\nurl = "https://pypi.org/simple"\nname = "pypi"\n\n[packages]\nidna = "*"\n',
  "Pipfile.lock":
    `{"_meta":{"pipfile-spec":6},"default":{"idna":{"hashes":["sha256:${HEX}"],"index":"pypi","version":"==3.6"}},"develop":{}}`,
};

export const npm = treeOf("npm-add");
export const npm0 = treeOf("npm-0");
export const noLock: Files = { "package.json": '{"name":"app","dependencies":{"ms":"2.1.2"}}' };

export const lockEntry = (path: string, before: string, entry: string) => (files: Files): Files =>
  edited(files, path, before, `${entry}${before}`);
export const npmEvil = lockEntry(
  "package-lock.json",
  '    "node_modules/ms": {',
  `    "node_modules/left-pad": {\n      "version": "1.3.0",\n      "integrity": "${HASH}"\n    },\n`,
);
export const yarnEvil = (files: Files): Files => ({
  ...files,
  "yarn.lock": `${
    files["yarn.lock"]
  }\nleft-pad@^1.3.0:\n  version "1.3.0"\n  resolved "https://registry.yarnpkg.com/left-pad/-/left-pad-1.3.0.tgz#${
    "c".repeat(40)
  }"\n  integrity ${HASH}\n`,
});
export const cargoEvil = (files: Files): Files => ({
  ...files,
  "Cargo.lock": `${
    files["Cargo.lock"]
  }\n[[package]]\nname = "evil"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "${HEX}"\n`,
});
export const uvEvil = (files: Files): Files => ({
  ...files,
  "uv.lock": `${
    files["uv.lock"]
  }\n[[package]]\nname = "evil"\nversion = "1.0.0"\nsource = { registry = "https://pypi.org/simple" }\nsdist = { url = "https://files.pythonhosted.org/evil-1.0.0.tar.gz", hash = "sha256:${HEX}", size = 1 }\n`,
});

export const cheat = (
  what: string,
  gate: string,
  from: Files,
  to: Files,
  over: Partial<Case> = {},
): Case => ({
  what,
  gate,
  from,
  to,
  ...over,
});
export const berry = treeOf("berry-add");
export const pnpm = treeOf("pnpm-add");
export const deno = treeOf("deno-add");
export const cargo = treeOf("cargo-add");
export const go = treeOf("go-0");
export const uv = treeOf("uvs-add");
export const pips = treeOf("pips-add");
export const yarn = treeOf("yarn1-add");
export const AGREE = "lock-agreement";
export const INTEGRITY = "lock-integrity";
export const ASKED = "asked-dependencies";
export const SOURCES = "dependency-sources";
export const INSTALL = "install-code";

/** One test for each change that has to be refused, by the gate that is named, with a place and a remedy. */
export function refused(cases: readonly Case[]): void {
  for (const { what, gate = "", from, to, spec, says } of cases) {
    Deno.test(`dependencies, refused: ${what}`, async () => {
      const said = await judgeSupply(supplyRules, from, to, specFor(spec));
      assert.equal(said.refused.includes(gate), true, JSON.stringify(said.verdicts));
      assert.notEqual(said.verdict, "allow");
      const own = said.findings.filter((finding) => finding.gate === gate);
      // Whoever reads it sees where it is and what to do.
      for (const { path, remediation } of own) {
        assert.ok(path && remediation.length > 10, JSON.stringify(own));
      }
      if (says) assert.match(own.map(({ message }) => message).join("\n"), says);
    });
  }
}

import {
  AGREE,
  berry,
  cargo,
  cargoEvil,
  cheat,
  deno,
  HASH,
  HEX,
  npm,
  npm0,
  npmEvil,
  PIPFILE,
  pips,
  pnpm,
  POETRY,
  poetryWith,
  refused,
  uv,
  uvEvil,
  yarn,
  yarnEvil,
} from "../testing/supply_cases.ts";
import { edited, treeOf } from "../testing/supply_trees.ts";

const PYTEST = "iniconfig==2.0.0\n    # via pytest\npytest==8.1.1\n    # via -r tests.txt\n";

refused([
  // A lockfile records what nobody asks for.
  cheat("npm: an entry that no manifest asks for", AGREE, npm, npmEvil(npm), {
    says: /left-pad 1\.3\.0 is recorded, and no manifest asks/,
  }),
  cheat("npm: an entry beside an honest addition", AGREE, npm0, npmEvil(npm)),
  cheat(
    "npm: an entry nested below a package that does not need it",
    AGREE,
    npm,
    edited(
      npm,
      "package-lock.json",
      '    "node_modules/ms": {',
      `    "node_modules/debug/node_modules/left-pad": {\n      "version": "1.3.0",\n      "integrity": "${HASH}"\n    },\n    "node_modules/ms": {`,
    ),
  ),
  cheat(
    "npm: the lockfile's own copy of the manifest asks for it",
    AGREE,
    npm,
    edited(
      npmEvil(npm),
      "package-lock.json",
      '        "ms": "2.1.2"',
      '        "left-pad": "^1.3.0",\n        "ms": "2.1.2"',
    ),
    { says: /asks for left-pad, which it does not/ },
  ),
  cheat(
    "npm: a package that stays the same is said to need it",
    AGREE,
    npm,
    edited(
      npmEvil(npm),
      "package-lock.json",
      '        "ms": "2.1.2"\n      },\n      "engines"',
      '        "left-pad": "^1.3.0",\n        "ms": "2.1.2"\n      },\n      "engines"',
    ),
    { says: /debug 4\.3\.4 is recorded to need left-pad/ },
  ),
  cheat(
    "npm: an entry that only npm 6 reads",
    AGREE,
    treeOf("npms-v2"),
    edited(
      treeOf("npms-v2"),
      "package-lock.json",
      '\n  "dependencies": {',
      `\n  "dependencies": {\n    "left-pad": {\n      "version": "1.3.0",\n      "integrity": "${HASH}"\n    },`,
    ),
  ),
  cheat(
    "npm: an entry that says to be an optional peer of the workspace",
    AGREE,
    treeOf("npms-ws"),
    edited(
      treeOf("npms-ws"),
      "package-lock.json",
      '    "node_modules/clsx": {',
      `    "node_modules/left-pad": {\n      "version": "1.3.0",\n      "integrity": "${HASH}",\n      "optional": true,\n      "peer": true\n    },\n    "node_modules/clsx": {`,
    ),
  ),
  cheat(
    "npm: a member of the workspace that is not there",
    AGREE,
    treeOf("npms-ws"),
    edited(
      treeOf("npms-ws"),
      "package-lock.json",
      '    "packages/b": {',
      `    "node_modules/left-pad": {\n      "version": "1.3.0",\n      "integrity": "${HASH}"\n    },\n    "packages/c": {\n      "name": "@app/c",\n      "version": "1.0.0",\n      "dependencies": {\n        "left-pad": "^1.3.0"\n      }\n    },\n    "packages/b": {`,
    ),
  ),
  cheat(
    "npm, version 1: an entry that no manifest asks for",
    AGREE,
    treeOf("npmv1-add"),
    edited(
      treeOf("npmv1-add"),
      "package-lock.json",
      '    "ms": {',
      `    "left-pad": {\n      "version": "1.3.0",\n      "integrity": "${HASH}"\n    },\n    "ms": {`,
    ),
  ),
  cheat("yarn: an entry that no manifest asks for", AGREE, yarn, yarnEvil(yarn)),
  cheat(
    "yarn: a package that stays the same is said to need it",
    AGREE,
    yarn,
    edited(yarnEvil(yarn), "yarn.lock", '    ms "2.1.2"', '    left-pad "^1.3.0"\n    ms "2.1.2"'),
  ),
  cheat("yarn berry: an entry that no manifest asks for", AGREE, berry, {
    ...berry,
    "yarn.lock": `${
      berry["yarn.lock"]
    }\n"left-pad@npm:^1.3.0":\n  version: 1.3.0\n  resolution: "left-pad@npm:1.3.0"\n  checksum: 10c0/${
      "d".repeat(128)
    }\n  languageName: node\n  linkType: hard\n`,
  }),
  cheat(
    "pnpm: an entry that no manifest asks for",
    AGREE,
    pnpm,
    edited(
      edited(
        pnpm,
        "pnpm-lock.yaml",
        "\npackages:\n",
        `\npackages:\n\n  left-pad@1.3.0:\n    resolution: {integrity: ${HASH}}\n`,
      ),
      "pnpm-lock.yaml",
      "\nsnapshots:\n",
      "\nsnapshots:\n\n  left-pad@1.3.0: {}\n",
    ),
  ),
  cheat(
    "pnpm: the importer asks for it, and the manifest does not",
    AGREE,
    pnpm,
    edited(
      edited(
        edited(
          pnpm,
          "pnpm-lock.yaml",
          "\npackages:\n",
          `\npackages:\n\n  left-pad@1.3.0:\n    resolution: {integrity: ${HASH}}\n`,
        ),
        "pnpm-lock.yaml",
        "\nsnapshots:\n",
        "\nsnapshots:\n\n  left-pad@1.3.0: {}\n",
      ),
      "pnpm-lock.yaml",
      "      ms:\n",
      "      left-pad:\n        specifier: ^1.3.0\n        version: 1.3.0\n      ms:\n",
    ),
  ),
  cheat(
    "deno: an entry that no manifest and no program asks for",
    AGREE,
    deno,
    edited(
      deno,
      "deno.lock",
      '    "ms@2.1.2": {',
      `    "left-pad@1.3.0": {\n      "integrity": "${HASH}"\n    },\n    "ms@2.1.2": {`,
    ),
  ),
  cheat(
    "deno: a specifier of the lockfile alone",
    AGREE,
    deno,
    edited(
      edited(
        deno,
        "deno.lock",
        '    "ms@2.1.2": {',
        `    "left-pad@1.3.0": {\n      "integrity": "${HASH}"\n    },\n    "ms@2.1.2": {`,
      ),
      "deno.lock",
      '    "npm:ms@2.1.2"',
      '    "npm:left-pad@1.3.0": "1.3.0",\n    "npm:ms@2.1.2"',
    ),
  ),
  cheat(
    "deno: a module by address that nothing imports",
    AGREE,
    deno,
    edited(
      deno,
      "deno.lock",
      '  "workspace": {',
      `  "remote": {\n    "https://evil.example/mod.ts": "${HEX}"\n  },\n  "workspace": {`,
    ),
  ),
  cheat("cargo: an entry that no manifest asks for", AGREE, cargo, cargoEvil(cargo)),
  cheat(
    "cargo: the workspace's own entry asks for it",
    AGREE,
    cargo,
    edited(cargoEvil(cargo), "Cargo.lock", ' "fnv",\n', ' "evil",\n "fnv",\n'),
  ),
  cheat(
    "cargo: a crate that stays the same is said to need it",
    AGREE,
    cargo,
    edited(
      cargoEvil(cargo),
      "Cargo.lock",
      /(name = "fnv"[^\[]*checksum = "[0-9a-f]+"\n)/,
      `name = "fnv"\nversion = "1.0.7"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1"\ndependencies = [\n "evil",\n]\n`,
    ),
  ),
  cheat("uv: an entry that no manifest asks for", AGREE, uv, uvEvil(uv)),
  cheat(
    "uv: the project's entry asks for it",
    AGREE,
    uv,
    edited(
      uvEvil(uv),
      "uv.lock",
      '    { name = "idna" },\n]\n\n[package.metadata]',
      '    { name = "idna" },\n    { name = "evil" },\n]\n\n[package.metadata]',
    ),
  ),
  cheat(
    "poetry: an entry that no manifest asks for",
    AGREE,
    POETRY,
    edited(POETRY, "poetry.lock", "[metadata]", poetryWith("evil", "1.0.0")),
  ),
  cheat(
    "pipenv: an entry, and nothing else changes",
    AGREE,
    PIPFILE,
    edited(
      PIPFILE,
      "Pipfile.lock",
      '"default":{',
      `"default":{"evil":{"hashes":["sha256:${HEX}"],"version":"==1.0.0"},`,
    ),
  ),
  cheat(
    "pip: a pin that is said to come from requirements that ask for something else",
    AGREE,
    {
      "requirements/dev.in": "-r tests.txt\n",
      "requirements/tests.in": "pytest\n",
      "requirements/tests.txt": PYTEST,
      "requirements/dev.txt": PYTEST,
    },
    {
      "requirements/dev.in": "-r tests.txt\n",
      "requirements/tests.in": "pytest\n",
      "requirements/tests.txt": PYTEST,
      "requirements/dev.txt": `${PYTEST}evil==1.0.0\n    # via -r tests.txt\n`,
    },
  ),
  cheat("pip: a pin that the source of the requirements does not ask for", AGREE, pips, {
    ...pips,
    "requirements.txt": `${
      pips["requirements.txt"]
    }evil==1.0.0 \\\n    --hash=sha256:${HEX}\n    # via -r requirements.in\n`,
  }),
]);

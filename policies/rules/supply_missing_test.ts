import {
  AGREE,
  cargo,
  cheat,
  deno,
  go,
  npm,
  npm0,
  pnpm,
  POETRY,
  refused,
  uv,
  yarn,
} from "../testing/supply_cases.ts";
import { edited, treeOf } from "../testing/supply_trees.ts";

refused([
  // A manifest asks for what is not recorded.
  cheat(
    "npm: a dependency without its lockfile",
    AGREE,
    npm0,
    edited(npm0, "package.json", '"ms":"2.1.2"', '"ms":"2.1.2","uuid":"^9.0.0"'),
    { says: /asks for uuid \^9\.0\.0, and package-lock\.json does not record it/ },
  ),
  cheat(
    "npm: another version without its lockfile",
    AGREE,
    npm0,
    edited(npm0, "package.json", '"2.1.2"', '"^3.0.0"'),
    { says: /records 2\.1\.2/ },
  ),
  cheat(
    "npm: a member of the workspace without its lockfile",
    AGREE,
    treeOf("npms-ws"),
    edited(
      treeOf("npms-ws"),
      "packages/a/package.json",
      '"nanoid":"^5.0.0"',
      '"nanoid":"^5.0.0","uuid":"^9.0.0"',
    ),
  ),
  cheat(
    "yarn: another version without its lockfile",
    AGREE,
    yarn,
    edited(yarn, "package.json", '"debug": "4.3.4"', '"debug": "^5.0.0"'),
  ),
  cheat(
    "pnpm: a dependency without its lockfile",
    AGREE,
    pnpm,
    edited(pnpm, "package.json", /"ms": ?"2\.1\.2"/, '"ms":"2.1.2","uuid":"^9.0.0"'),
  ),
  cheat(
    "deno: a dependency without its lockfile",
    AGREE,
    deno,
    edited(deno, "deno.json", '"imports":{', '"imports":{"uuid":"npm:uuid@9.0.0",'),
  ),
  cheat(
    "cargo: a dependency without its lockfile",
    AGREE,
    cargo,
    edited(cargo, "Cargo.toml", "[dependencies]\n", '[dependencies]\nuuid = "1"\n'),
  ),
  cheat(
    "go: a requirement without its hashes",
    AGREE,
    go,
    edited(
      go,
      "go.mod",
      /require (github\S+ \S+)/,
      "require (\n\tgithub.com/google/uuid v1.5.0\n\tgithub.com/rs/zerolog v1.31.0\n)",
    ),
  ),
  cheat(
    "uv: a dependency without its lockfile",
    AGREE,
    uv,
    edited(uv, "pyproject.toml", '"idna==3.6"', '"idna==3.6",\n    "uuid6>=2023"'),
  ),
  cheat(
    "poetry: another version without its lockfile",
    AGREE,
    POETRY,
    edited(POETRY, "pyproject.toml", "^3.6", "^4.0"),
  ),
  cheat("npm: a dependency is taken out, and its entries stay", AGREE, npm, {
    ...npm,
    "package.json": npm0["package.json"] ?? "",
  }),
  cheat(
    "npm: a lockfile that names a package twice",
    AGREE,
    npm0,
    edited(
      npm0,
      "package-lock.json",
      '    "node_modules/ms": {',
      `    "node_modules/ms": {"version": "9.9.9"},\n    "node_modules/ms": {`,
    ),
  ),
  cheat("npm: a lockfile that is cut off", AGREE, npm0, {
    ...npm0,
    "package-lock.json": (npm0["package-lock.json"] ?? "").slice(0, 200),
  }),
]);

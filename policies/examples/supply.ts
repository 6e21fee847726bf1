import type { RegistryEntry } from "../../specs/mod.ts";
import { of, type RuleExample } from "./example.ts";

const MS = "sha512-sGkPx+VjMtmA6MX27oA4FBFELFCZZ4S4XqeGOXCv68tT+jb3vk/RyaKWP0PTKyWtmLSM0b+adUTEvbs1PEaH2w==";
const DEBUG =
  "sha512-PRWFHuSU3eDtQJPvnNY7Jcket1j0t5OuOsFzPPzsekD52Zl8qUfFIPEiswXqIvHWGVHOgX+7G/vCNNhehwxfkQ==";

interface Locked {
  version: string;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: true;
}

/** A project on npm: what its manifest asks for, and what its lockfile records. */
function project(
  asks: Record<string, string>,
  locked: Record<string, Locked>,
  more: Record<string, unknown> = {},
) {
  const lock = {
    name: "app",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "app", version: "1.0.0", dependencies: asks },
      ...Object.fromEntries(Object.entries(locked).map(([name, entry]) => [`node_modules/${name}`, entry])),
    },
  };
  return {
    "package.json": `${JSON.stringify({ name: "app", version: "1.0.0", dependencies: asks, ...more })}\n`,
    "package-lock.json": `${JSON.stringify(lock, null, 2)}\n`,
  };
}

const ms = { version: "2.1.2", integrity: MS };
const BASE = project({ ms: "2.1.2" }, { ms });
const debug = { version: "4.3.4", integrity: DEBUG };
const ADDED = project({ ms: "2.1.2", debug: "^4.3.4" }, { debug, ms });
const ASKS = {
  title: "Log with debug",
  intent: { type: "UPDATE", scope: ["package.json", "package-lock.json", "**"] },
};
const to = (head: Record<string, string>) => ({ trees: { base: BASE, head } });
const entry = (over: Partial<RegistryEntry> = {}): RegistryEntry => ({
  ecosystem: "npm",
  name: "debug",
  version: "4.3.4",
  state: "found",
  firstPublished: "2012-01-01T00:00:00.000Z",
  published: "2022-03-17T00:00:00.000Z",
  downloads: 1_000_000,
  integrity: [DEBUG],
  licence: "MIT",
  deprecated: null,
  installScript: false,
  ...over,
});
const POLICY = "supply: { registry: ask, licences: [MIT] }\n";
const none: [RuleExample["case"], string, { says: "not_applicable" }] = [
  "clean",
  "no dependency changes",
  { says: "not_applicable" },
];

/** Dependencies, lockfiles, and what registries say of them. */
export const SUPPLY_EXAMPLES: readonly RuleExample[] = [
  ...of(
    "D4/lock-agreement",
    none,
    ["clean", "manifest and lockfile gain the same package", { ...to(ADDED), spec: ASKS }],
    ["violating", "the lockfile records a package that nothing asks for", {
      ...to(project({ ms: "2.1.2" }, { debug, ms })),
      spec: ASKS,
      asks: "either",
    }],
    ["evading", "the manifest asks for a package that the lockfile does not record", {
      ...to({ ...BASE, "package.json": ADDED["package.json"] }),
      spec: ASKS,
      asks: "either",
    }],
  ),
  ...of(
    "D4/lock-integrity",
    none,
    ["clean", "a new package with its hash", { ...to(ADDED), spec: ASKS }],
    ["violating", "the hash of a version changes", {
      ...to(project({ ms: "2.1.2" }, { ms: { ...ms, integrity: DEBUG } })),
      spec: ASKS,
      asks: "either",
    }],
    ["evading", "the hash goes", {
      ...to(project({ ms: "2.1.2" }, { ms: { version: "2.1.2" } })),
      spec: ASKS,
      asks: "either",
    }],
    ["evading", "the same version from another host", {
      ...to(project({ ms: "2.1.2" }, { ms: { ...ms, resolved: "https://evil.example/ms-2.1.2.tgz" } })),
      spec: ASKS,
      asks: "either",
    }],
  ),
  ...of(
    "D1/asked-dependencies",
    none,
    ["clean", "the spec asks for the package", { ...to(ADDED), spec: ASKS }],
    ["violating", "a package that nobody asked for", {
      ...to(ADDED),
      spec: { title: "Mend a typing error", intent: { type: "UPDATE", scope: ["**"] } },
      asks: true,
    }],
    ["evading", "an older version of one that is there", {
      trees: {
        base: project({ ms: "2.1.2" }, { ms }),
        head: project({ ms: "2.0.0" }, { ms: { version: "2.0.0", integrity: DEBUG } }),
      },
      spec: { title: "Mend a typing error", intent: { type: "UPDATE", scope: ["**"] } },
      asks: true,
    }],
  ),
  ...of(
    "D1/dependency-sources",
    none,
    ["clean", "a package from the registry", { ...to(ADDED), spec: ASKS }],
    ["violating", "a package from a git repository", {
      ...to(project(
        { ms: "2.1.2", tool: "git+https://git.example/tool.git" },
        { ms, tool: { version: "1.0.0", resolved: `git+https://git.example/tool.git#${"a".repeat(40)}` } },
      )),
      spec: { ...ASKS, title: "Use the tool" },
      asks: "either",
    }],
    ["evading", "a name one letter beside a known one", {
      ...to(
        project({ ms: "2.1.2", loadsh: "^4.17.21" }, {
          loadsh: { version: "4.17.21", integrity: DEBUG },
          ms,
        }),
      ),
      spec: { ...ASKS, title: "Use loadsh" },
      asks: "either",
    }],
  ),
  ...of(
    "D2/install-code",
    none,
    ["clean", "a package without a script", { ...to(ADDED), spec: ASKS }],
    ["clean", "a script of a package that the spec names", {
      ...to(project({ ms: "2.1.2", debug: "^4.3.4" }, { debug: { ...debug, hasInstallScript: true }, ms })),
      spec: ASKS,
    }],
    ["clean", "a well-known package that builds its program", {
      ...to(
        project({ ms: "2.1.2", esbuild: "^4.3.4" }, { esbuild: { ...debug, hasInstallScript: true }, ms }),
      ),
      spec: ASKS,
    }],
    ["violating", "a new package with a script that hardly anybody knows", {
      ...to(
        project({ ms: "2.1.2", "fast-sizer": "^4.3.4" }, {
          "fast-sizer": { ...debug, hasInstallScript: true },
          ms,
        }),
      ),
      spec: ASKS,
      asks: "either",
    }],
    ["violating", "a script that runs at install", {
      ...to(project({ ms: "2.1.2" }, { ms }, { scripts: { postinstall: "node setup.js" } })),
      spec: ASKS,
      asks: "either",
    }],
    ["evading", "a package that had none gains one", {
      ...to(project({ ms: "2.1.2" }, { ms: { ...ms, hasInstallScript: true } })),
      spec: ASKS,
      asks: "either",
    }],
  ),
  ...of(
    "D1/registry-facts",
    none,
    ["clean", "the registry knows it", { ...to(ADDED), spec: ASKS, policy: POLICY, registry: [entry()] }],
    ["violating", "a package that is not there", {
      ...to(ADDED),
      spec: ASKS,
      policy: POLICY,
      registry: [entry({ state: "no-package" })],
      asks: "either",
    }],
    ["evading", "another content under the recorded version", {
      ...to(ADDED),
      spec: ASKS,
      policy: POLICY,
      registry: [entry({ integrity: [MS] })],
      asks: "either",
    }],
    ["evading", "a version of an hour ago", {
      ...to(ADDED),
      spec: ASKS,
      policy: POLICY,
      registry: [entry({ published: "2026-11-20T11:00:00.000Z" })],
      asks: "either",
    }],
  ),
  ...of(
    "D3/licences",
    none,
    ["clean", "a licence that the policy allows", {
      ...to(ADDED),
      spec: ASKS,
      policy: POLICY,
      registry: [entry()],
    }],
    ["violating", "a licence that it does not", {
      ...to(ADDED),
      spec: ASKS,
      policy: POLICY,
      registry: [entry({ licence: "AGPL-3.0-only" })],
      asks: "either",
    }],
    ["evading", "one of several that apply at once", {
      ...to(ADDED),
      spec: ASKS,
      policy: POLICY,
      registry: [entry({ licence: "MIT AND AGPL-3.0-only" })],
      asks: "either",
    }],
  ),
];

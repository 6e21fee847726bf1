/**
 * How each kind of repository installs what its lock file names, and nothing else: frozen, without scripts, without builds
 * from source, so that no code of the repository or of a dependency runs in the one step that has a network.
 */
import { z } from "zod";

export interface Ecosystem {
  id: string;
  /** Name of the lock file. */
  lock: RegExp;
  /** Whether the lock file names anything to fetch; `siblings` are the names in the same directory. */
  needs(text: string, siblings: ReadonlySet<string>): boolean;
  /** Commands, one after the other, in the lock file's directory. */
  install(place: Place): { commands: string[][]; env: Record<string, string> };
  /** What later commands need to find it, offline. */
  use(cache: string): Record<string, string>;
  /** `cache`: in a directory beside, which is shown read-only. `node_modules`: in the checkout, and copied to others. */
  lands: "cache" | "node_modules";
}

export interface Place {
  /** A directory of its own, empty at first. */
  cache: string;
  lock: string;
  text: string;
  /** Files of the lock file's directory and below, without dependencies. */
  files: readonly string[];
}

const NpmLock = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({ link: z.boolean().optional(), resolved: z.string().optional() }),
  ).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

const DenoLock = z.looseObject({
  npm: z.record(z.string(), z.unknown()).optional(),
  jsr: z.record(z.string(), z.unknown()).optional(),
  remote: z.record(z.string(), z.unknown()).optional(),
});

const size = (record: object | undefined) => Object.keys(record ?? {}).length;

export const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    id: "npm",
    lock: /^(package-lock|npm-shrinkwrap)\.json$/,
    needs: (text) => {
      const lock = NpmLock.safeParse(json(text));
      if (!lock.success) return true; // npm says what is wrong with it
      const entries = Object.entries(lock.data.packages ?? {});
      return entries.some(([path, entry]) => path !== "" && entry.link !== true) ||
        size(lock.data.dependencies) > 0;
    },
    // The repository's .npmrc could name a program for git or for scripts: the command line goes before it.
    install: ({ cache }) => ({
      commands: [[
        ...["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        ...["--script-shell=/bin/false", "--git=/bin/false"],
      ]],
      env: { npm_config_cache: cache, npm_config_update_notifier: "false" },
    }),
    use: () => ({}),
    lands: "node_modules",
  },
  {
    id: "pnpm",
    lock: /^pnpm-lock\.yaml$/,
    needs: (text) => /^(packages|snapshots):/m.test(text),
    install: ({ cache }) => ({
      commands: [[
        "pnpm",
        "install",
        "--frozen-lockfile",
        "--ignore-scripts",
        "--ignore-pnpmfile",
        "--store-dir",
        cache,
      ]],
      env: { npm_config_package_import_method: "copy" },
    }),
    use: () => ({}),
    lands: "node_modules",
  },
  {
    id: "yarn",
    lock: /^yarn\.lock$/,
    needs: (text, siblings) =>
      /^# yarn lockfile v1$/m.test(text) && /^ {2}resolved /m.test(text) &&
      !siblings.has("package-lock.json"),
    install: ({ cache }) => ({
      commands: [[
        "yarn",
        "install",
        "--frozen-lockfile",
        "--ignore-scripts",
        "--non-interactive",
        "--cache-folder",
        cache,
      ]],
      env: { YARN_IGNORE_PATH: "1" },
    }),
    use: () => ({}),
    lands: "node_modules",
  },
  {
    id: "deno",
    lock: /^deno\.lock$/,
    needs: (text) => {
      const lock = DenoLock.safeParse(json(text));
      return !lock.success || size(lock.data.npm) + size(lock.data.jsr) + size(lock.data.remote) > 0;
    },
    install: ({ cache, text, files }) => {
      const remote = size(DenoLock.safeParse(json(text)).data?.remote) > 0;
      const modules = files.filter((file) => /\.(ts|tsx|mts|js|jsx|mjs)$/.test(file)).slice(0, 2000);
      const configured = files.some((file) => /^(deno\.jsonc?|package\.json)$/.test(file));
      return {
        commands: [
          ...(configured ? [["deno", "ci"]] : []),
          // What is imported by URL is named in the modules alone.
          ...(!configured || remote
            ? [["deno", "cache", "--frozen", ...modules.map((file) => `./${file}`)]]
            : []),
        ],
        env: { DENO_DIR: cache },
      };
    },
    use: (cache) => ({ DENO_DIR: cache }),
    lands: "cache",
  },
  {
    id: "pip",
    lock: /^(requirements([-_.][\w-]+)?|(dev|test)[-_]requirements)\.txt$/,
    needs: (text) => isPinned(text),
    install: ({ cache, lock }) => ({
      commands: [[
        ...["python3", "-m", "pip", "install", "--only-binary=:all:", "--no-input", "--no-compile"],
        ...["--disable-pip-version-check", "--target", cache, "-r", lock],
      ]],
      env: { PIP_CONFIG_FILE: "/dev/null", PIP_NO_CACHE_DIR: "1" },
    }),
    use: (cache) => ({ PYTHONPATH: cache, PATH: `${cache}/bin` }),
    lands: "cache",
  },
  {
    id: "go",
    lock: /^go\.sum$/,
    needs: (text, siblings) => text.trim() !== "" && !siblings.has("vendor"),
    install: ({ cache }) => ({
      commands: [["go", "mod", "download"]],
      env: {
        GOMODCACHE: cache,
        GOPROXY: "https://proxy.golang.org",
        GOVCS: "*:off",
        GOFLAGS: "-mod=mod -modcacherw",
      },
    }),
    use: (cache) => ({ GOMODCACHE: cache, GOPROXY: "off" }),
    lands: "cache",
  },
  {
    id: "cargo",
    lock: /^Cargo\.lock$/,
    needs: (text, siblings) => /^source = "/m.test(text) && !siblings.has("vendor"),
    install: ({ cache }) => ({
      commands: [["cargo", "fetch", "--locked"]],
      env: { CARGO_HOME: cache, CARGO_NET_GIT_FETCH_WITH_CLI: "false" },
    }),
    use: (cache) => ({ CARGO_HOME: cache, CARGO_NET_OFFLINE: "true" }),
    lands: "cache",
  },
];

/** Lock files of tools that we do not drive: said in a note, as their tests will miss what they name. */
export const UNSUPPORTED =
  /^(uv\.lock|poetry\.lock|Pipfile\.lock|pdm\.lock|Gemfile\.lock|composer\.lock|bun\.lockb?|mix\.lock|gradle\.lockfile)$/;

/** Of our own environment: where registries and proxies are. Never a token of its own name. */
export const REGISTRY_ENV = [
  ...[
    "npm_config_registry",
    "NPM_CONFIG_REGISTRY",
    "JSR_URL",
    "PIP_INDEX_URL",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
  ],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];
/** As above, with files or directories as values, which are shown too. */
export const REGISTRY_FILES = [
  ...["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "PIP_CERT", "PIP_FIND_LINKS", "CARGO_HTTP_CAINFO"],
];

/** A requirements file that names one version of everything, and no option, URL or path. */
function isPinned(text: string): boolean {
  const lines = text.replaceAll(/\\\r?\n/g, " ").split("\n").map((line) =>
    line.replace(/(^|\s)#.*$/, "").trim()
  );
  const wanted = lines.filter((line) => line !== "");
  return wanted.length > 0 &&
    wanted.every((line) =>
      /^[A-Za-z0-9][\w.-]*(\[[\w\s,.-]+\])?\s*==\s*[\w.!+-]+(\s*;(?:(?!--).)*?)?(\s+--hash=sha256:[0-9a-f]{64})*$/
        .test(line)
    );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Settings of test runners, out of every file in which a runner or its caller keeps some. */
import { type Data, entriesOf, isData, jsonOf } from "../parts.ts";
import { child, isComment, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { literalOf } from "../shared/literal.ts";

/** A value that is written out; `dynamic` for what is only known when it runs. */
export type Value = string | number | boolean | null | string[] | { dynamic: string };

/** By its way through the file, such as `jest.coverageThreshold.global.lines`. */
export type Settings = Map<string, Value>;

type Reader = (text: string, path: string) => Settings | Promise<Settings>;

const MAX_KEYS = 2000;

function flatten(into: Settings, value: unknown, way: string, depth = 0): Settings {
  if (into.size > MAX_KEYS || depth > 12) return into;
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one === "string" || typeof one === "number")) {
      into.set(way, value.map(String));
    } else {value.forEach((one, at) => {
        const name = isData(one) && typeof one.name === "string" ? one.name : String(at);
        flatten(into, one, `${way}.${name}`, depth + 1);
      });}
  } else if (isData(value)) {
    for (const [key, inner] of Object.entries(value)) {
      flatten(into, inner, way === "" ? key : `${way}.${key}`, depth + 1);
    }
  } else if (
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null
  ) {
    into.set(way, value);
  }
  return into;
}

const picked = (data: Data, keys: readonly string[], prefix = ""): Settings => {
  const found: Settings = new Map();
  for (const key of keys) if (data[key] !== undefined) flatten(found, data[key], `${prefix}${key}`);
  return found;
};

/** Scripts that check something; another one is not missed. */
const CHECKING =
  /(?:^|[:_-])(?:tests?|spec|e2e|unit|integration|check|verify|validate|ci|coverage|cov)(?:$|[:_-])|^(?:pre|post)test/i;

function scripts(into: Settings, data: unknown, name: string): void {
  for (const [key, value] of entriesOf(data)) {
    const text = typeof value === "string"
      ? value
      : isData(value) && typeof value.command === "string"
      ? value.command
      : null;
    if (text !== null && CHECKING.test(key)) into.set(`${name}.${key} (command)`, text);
  }
}

const packageSettings: Reader = (text) => {
  const data = jsonOf(text);
  const found = picked(data, ["jest", "mocha", "ava", "tap", "nyc", "c8", "vitest", "jasmine"]);
  scripts(found, data.scripts, "scripts");
  return found;
};

const denoSettings: Reader = (text) => {
  const data = jsonOf(text);
  const found = picked(data, ["test"]);
  scripts(found, data.tasks, "tasks");
  return found;
};

async function toml(text: string): Promise<Data> {
  const { parse } = await import("smol-toml");
  return parse(text) as Data;
}

const pyprojectSettings: Reader = async (text) => {
  const data = await toml(text);
  const tool = isData(data.tool) ? data.tool : {};
  return picked(tool, ["pytest", "coverage", "nose", "unittest"], "tool.");
};

const cargoSettings: Reader = async (text) => {
  const data = await toml(text);
  // A target is tested unless it says otherwise; the library is there without being named.
  const found: Settings = new Map([["lib.test", true], ["lib.doctest", true]]);
  for (const [way, value] of picked(data, ["lib", "bin", "test", "example"])) {
    if (/\.(?:test|harness|doctest)$/.test(way)) found.set(way, value);
    else if (/\.name$/.test(way)) {
      for (const key of ["test", "harness"]) {
        const usual = way.replace(/name$/, key);
        if (!found.has(usual)) found.set(usual, true);
      }
    }
  }
  return found;
};

const yamlSettings: Reader = async (text) => {
  const { parse } = await import("yaml");
  return flatten(new Map(), parse(text, { maxAliasCount: 20 }), "");
};

/** Sections, `key = value`, and values that go on in lines that begin with blanks. */
const iniSettings: Reader = (text) => {
  const found: Settings = new Map();
  let section = "";
  let key = "";
  const lists = new Map<string, string[]>();
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    if (/^\s*[#;]/.test(line) || line.trim() === "") continue;
    const head = /^\[([^\]]{1,200})\]/.exec(line);
    if (head) {
      section = head[1] ?? "";
      key = "";
      continue;
    }
    const entry = /^([\w.:-]{1,100})\s*[=:]\s*(.*)$/.exec(line);
    if (entry && !/^\s/.test(line)) {
      key = `${section}.${entry[1]}`;
      lists.set(key, entry[2] ? [entry[2]] : []);
    } else if (key !== "" && /^\s/.test(line)) lists.get(key)?.push(line.trim());
  }
  for (const [way, lines] of lists) {
    if (!/^(?:pytest|tool:pytest|run|report|coverage|testenv|unittest|nosetests|tox)/.test(way)) continue;
    const [only] = lines;
    if (/\.commands(?:_pre|_post)?$/.test(way)) found.set(`${way} (command)`, lines.join("\n"));
    else if (lines.length === 1 && only !== undefined) {
      found.set(
        way,
        /^\d+(?:\.\d+)?$/.test(only)
          ? Number(only)
          : /^(?:true|false)$/i.test(only)
          ? /^true$/i.test(only)
          : only,
      );
    } else found.set(way, lines);
  }
  return found;
};

/** The object that a settings module gives: literals as they are, the rest as it is written. */
const moduleSettings: Reader = async (text, path) => {
  const found: Settings = new Map();
  const root = await syntaxOf(text, "ecmascript", path);
  const names = new Map<string, Node>();
  const collect = (node: Node): void => {
    const value = node.type === "variable_declarator" ? child(node, "value") : null;
    if (value !== null) names.set(plain(child(node, "name")), value);
    node.children.forEach(collect);
  };
  collect(root);
  const record = (node: Node | null, depth = 0): Node | null => {
    if (node === null || depth > 8) return null;
    if (node.type === "object") return node;
    if (node.type === "identifier") return record(names.get(node.text) ?? null, depth + 1);
    for (const one of named(node)) {
      const inner = record(one, depth + 1);
      if (inner !== null) return inner;
    }
    return null;
  };
  const put = (node: Node, way: string, depth: number): void => {
    for (const one of named(node)) {
      if (one.type !== "pair" || found.size > MAX_KEYS || depth > 10) continue;
      const key = plain(child(one, "key")).replace(/^["']|["']$/g, "");
      const value = child(one, "value");
      const at = way === "" ? key : `${way}.${key}`;
      if (value === null) continue;
      const held = value.type === "identifier" ? names.get(value.text) ?? value : value;
      if (held.type === "object") {
        put(held, at, depth + 1);
        continue;
      }
      found.set(at, valueOf(held));
    }
  };
  const given = root.children.filter((one) =>
    one.type === "export_statement" || /^(?:module\.)?exports=/.test(plain(one).slice(0, 40))
  );
  for (const one of given) {
    const object = record(one);
    if (object !== null) put(object, "", 0);
  }
  return found;
};

function valueOf(node: Node): Value {
  if (node.type === "array") {
    const all = named(node).map((one) => one.type === "regex" ? plain(one) : literalOf(one));
    return all.every((one) => one !== null) ? all.map(String) : { dynamic: plain(node).slice(0, 2000) };
  }
  const text = node.type === "regex" ? plain(node) : literalOf(node);
  if (text === null) return { dynamic: plain(node).slice(0, 2000) };
  if (text === "true" || text === "false") return text === "true";
  return node.type === "string" || Number.isNaN(Number(text)) || text === "" ? text : Number(text);
}

/** Lists of what is not collected, and hooks that can turn a result round. */
const conftestSettings: Reader = async (text, path) => {
  const found: Settings = new Map();
  const root = await syntaxOf(text, "python", path);
  const walk = (node: Node): void => {
    if (isComment(node)) return;
    if (node.type === "assignment") {
      const name = plain(child(node, "left"));
      const value = child(node, "right");
      if (/^collect_ignore(?:_glob)?$/.test(name) && value !== null) {
        const all = named(value).map((one) => literalOf(one));
        found.set(
          name,
          value.type === "list" && all.every((one) => one !== null)
            ? all.map(String)
            : { dynamic: plain(value).slice(0, 2000) },
        );
      }
    }
    if (node.type === "function_definition") {
      const name = plain(child(node, "name"));
      if (HOOKS.test(name)) found.set(`hook.${name}`, { dynamic: plain(child(node, "body")).slice(0, 4000) });
    }
    node.children.forEach(walk);
  };
  walk(root);
  const forced = [...text.matchAll(FORCED)].map(([words]) => words.replace(/\s+/g, " "));
  if (forced.length > 0) found.set("forced", forced);
  return found;
};

/** unittest asks a package of tests which of them there are. */
const loaderSettings: Reader = async (text, path) => {
  const found: Settings = new Map();
  if (!text.includes("load_tests")) return found;
  for (const node of named(await syntaxOf(text, "python", path))) {
    if (node.type !== "function_definition" || plain(child(node, "name")) !== "load_tests") continue;
    const body = plain(child(node, "body"));
    // What hands back neither what it was given nor what the loader finds takes tests away.
    const keeps = /\btests\b|loader\.|addTests?\(|discover\(/.test(body);
    found.set(
      keeps ? "hook.load_tests" : "forced",
      keeps ? { dynamic: body.slice(0, 4000) } : ["load_tests"],
    );
  }
  return found;
};

const HOOKS =
  /^pytest_(?:collection_modifyitems|ignore_collect|runtest_makereport|runtest_protocol|runtest_call|pyfunc_call|sessionfinish|report_teststatus|exception_interact|collect_file|pycollect_makeitem|itemcollected|deselected|runtest_logreport|unconfigure)$/;
const FORCED =
  /\bos\._exit\s*\(|\bexitstatus\s*=\s*0\b|\boutcome\s*=\s*["']passed["']|\bsys\.exit\s*\(\s*0?\s*\)|\breport\.(?:passed|failed)\s*=/g;

/** Recipes that check something, as one command each. */
const makeSettings: Reader = (text) => {
  const found: Settings = new Map();
  let targets: string[] = [];
  const bodies = new Map<string, string[]>();
  for (const line of text.replaceAll("\r\n", "\n").replaceAll("\\\n", " ").split("\n")) {
    if (/^\s/.test(line) && line.trim() !== "") {
      for (const target of targets) bodies.get(target)?.push(line.trim().replace(/^@/, ""));
      continue;
    }
    const rule = /^([\w./ -]{1,200}?)(?:\s+[\w="'*+-]+)*\s*:(?!=)/.exec(line);
    if (rule === null) continue;
    targets = (rule[1] ?? "").trim().split(/\s+/).filter((name) => CHECKING.test(name));
    targets.forEach((target) => bodies.set(target, bodies.get(target) ?? []));
  }
  for (const [target, lines] of bodies) found.set(`${target} (command)`, lines.join("\n"));
  return found;
};

const scriptSettings: Reader = (text) => new Map([["script (command)", text]]);

/** Plugins that run tests, and properties that switch them off. */
const mavenSettings: Reader = (text) => {
  const found: Settings = new Map();
  const whole = text.replace(/<!--[\s\S]*?-->/g, "");
  // Other plugins have words of the same kind.
  const bare = [
    ...[...whole.matchAll(/<plugin>([\s\S]*?)<\/plugin>/g)].map(([, body = ""]) => body).filter((body) =>
      /<artifactId>\s*(?:maven-surefire-plugin|maven-failsafe-plugin|jacoco-maven-plugin)\s*</.test(body)
    ),
    ...[...whole.matchAll(/<properties>([\s\S]*?)<\/properties>/g)].map(([, body = ""]) => body),
  ].join("\n");
  const tags =
    /<(skipTests|skipITs|skip|testFailureIgnore|rerunFailingTestsCount|groups|excludedGroups|failIfNoTests|failIfNoSpecifiedTests|maven\.test\.skip|maven\.test\.failure\.ignore|surefire\.rerunFailingTestsCount|test|minimum|haltOnFailure)>\s*([^<]{0,200}?)\s*</g;
  for (const [, name = "", value = ""] of bare.matchAll(tags)) {
    found.set(
      name,
      /^\d+(?:\.\d+)?$/.test(value)
        ? Number(value)
        : /^(?:true|false)$/.test(value)
        ? value === "true"
        : value,
    );
  }
  for (const [, name = "", body = ""] of bare.matchAll(/<(excludes|includes)>([\s\S]{0,4000}?)<\/\1>/g)) {
    const entries = [...body.matchAll(/<(?:exclude|include)>\s*([^<]{1,300}?)\s*</g)].map(([, entry = ""]) =>
      entry
    );
    const known = found.get(name);
    found.set(name, [...Array.isArray(known) ? known : [], ...entries]);
  }
  return found;
};

const gradleSettings: Reader = (text) => {
  const found: Settings = new Map();
  const lists = new Map<string, string[]>();
  /** The blocks that are open, by what stands before them. */
  const blocks: string[] = [];
  for (const raw of text.replace(/\/\*[\s\S]*?\*\//g, "").split("\n")) {
    const line = raw.replace(/\/\/.*$/, "").trim();
    const isOfTests = [...blocks, line].some((one) => /test|jacoco|kover/i.test(one));
    const flag =
      /\b(ignoreFailures|enabled|failFast|maxRetries|maxFailures|failOnPassedAfterRetry|failOnNoMatchingTests|minimum)\s*(?:=|\.set\()?\s*(true|false|\d+(?:\.\d+)?)/
        .exec(line);
    if (flag && isOfTests) {
      found.set(flag[1] ?? "", /^\d/.test(flag[2] ?? "") ? Number(flag[2]) : flag[2] === "true");
    }
    const list =
      /\b(exclude|excludeTestsMatching|excludeTags|excludePatterns|include|includeTestsMatching|includeTags)\b\s*\(?\s*((?:["'][^"']{1,300}["'](?:\s*,\s*)?)+)/
        .exec(line);
    if (list && isOfTests) {
      const entries = [...(list[2] ?? "").matchAll(/["']([^"']+)["']/g)].map(([, entry = ""]) => entry);
      lists.set(list[1] ?? "", [...lists.get(list[1] ?? "") ?? [], ...entries]);
    }
    if (isOfTests && /\bonlyIf\s*\{\s*false/.test(line)) found.set("enabled", false);
    for (const mark of line.match(/[{}]/g) ?? []) mark === "{" ? blocks.push(line) : blocks.pop();
  }
  for (const [name, entries] of lists) found.set(name, entries);
  return found;
};

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^package\.json$/, packageSettings],
  [/^deno\.jsonc?$/, denoSettings],
  [
    /^(?:jest\.config|\.mocharc|\.nycrc|\.c8rc|jasmine|\.jasmine|vitest\.workspace|\.taprc)\.jsonc?$|^\.(?:nycrc|c8rc|mocharc)$/,
    (text) => flatten(new Map(), jsonOf(text), ""),
  ],
  [
    /^(?:jest|vitest|vite|ava|karma|playwright|cypress|nyc|tap)\.(?:config|conf|workspace|projects)(?:\.[\w-]+)?\.[cm]?[jt]s$|^\.mocharc\.[cm]?js$/,
    moduleSettings,
  ],
  [/^\.(?:mocharc|taprc|nycrc)(?:\.ya?ml)?$|^\.mocharc\.ya?ml$/, yamlSettings],
  [/^pyproject\.toml$/, pyprojectSettings],
  [/^cargo\.toml$/, cargoSettings],
  [/^(?:\.?nextest|pytest)\.toml$/, async (text) => flatten(new Map(), await toml(text), "")],
  [/^(?:pytest|\.pytest|tox)\.ini$|^setup\.cfg$|^\.coveragerc$|^(?:unittest|nose)\.cfg$/, iniSettings],
  [/^conftest\.py$/, conftestSettings],
  [/^(?:__init__|tests?|test_\w+|\w+_test)\.py$/, loaderSettings],
  [/^(?:gnu)?makefile$|\.mk$|^\.?justfile$/, makeSettings],
  [/^pom\.xml$/, mavenSettings],
  [/^build\.gradle(?:\.kts)?$/, gradleSettings],
  [/^(?:run[_-]?)?(?:tests?|check|ci|verify)(?:[_-]\w+)?\.(?:sh|bash)$/, scriptSettings],
];

/** Who reads a file of this name; null where no test runner keeps settings. */
export function settingsReader(path: string): Reader | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return READERS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

import type { CodeLanguage } from "../../../specs/mod.ts";
import { chainOf, contentOf } from "../bypasses/code.ts";
import { child, isComment, named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { isBeyond, lossesOfSql } from "./place.ts";
import { commandText, type Hazard, scriptHazards, WORTH as SCRIPT_WORTH } from "./shell.ts";
import { strikesOf } from "./words.ts";

const WORTH = /rmtree|remove|rimraf|emptyDir|cleanDirectory|truncate/i;
const CALL =
  /^(?:call|call_expression|method_invocation|new_expression|object_creation_expression|macro_invocation)$/;
const RUNS =
  /(?:^|[.:\s])(?:exec\w*|spawn\w*|system|popen|run|runtime|shell|sh|bash|command\w*|call|check_call|check_output|processbuilder|output|\$|new|getoutput|create_subprocess_\w+|execa\w*|zx)$/i;
const ASKS =
  /(?:^|[.:])(?:execute\w*|query\w*|exec\w*|run|raw|prepare\w*|unsafe|sql|batch|addBatch|\$(?:executeRaw|queryRaw)(?:Unsafe)?|createNativeQuery|update|text|sql_query|begin|all|get|each)!?$/i;
const SQL = /^\s*(?:drop|truncate|delete)\s/i;
const TREES =
  /(?:^|[.:])(?:rmtree|rm|rmSync|rmdir|rmdirSync|remove|removeSync|removeAll|RemoveAll|remove_dir_all|rimraf|rimrafSync|emptyDir|emptyDirSync|deleteDirectory|deleteRecursively|rm_rf|rm_r|remove_tree|forceDelete|cleanDirectory)$/;
/** Those that take a folder with what is in it only when they are told so. */
const TOLD = /(?:^|[.:])(?:rm|rmSync|rmdir|rmdirSync|remove)$/;
const LISTS =
  /^(?:array|list|tuple|arguments|argument_list|array_expression|array_initializer|literal_value|literal_element|array_creation_expression|composite_literal|object|pair|spread_element|reference_expression|template_string|list_splat)$/;
const HOME =
  /^(?:(?:os\.)?(?:homedir|UserHomeDir)\(\)|(?:pathlib\.)?Path\.home\(\)|(?:os\.)?(?:Getenv|getenv)\(["']HOME["']\)|os\.environ(?:\.get\(|\[)["']HOME["'](?:\)|\])|process\.env(?:\.HOME|\[["']HOME["']\])|Deno\.env\.get\(["']HOME["']\)|System\.(?:getProperty\("user\.home"\)|getenv\("HOME"\))|(?:std::)?env::var(?:_os)?\("HOME"\)|(?:dirs::)?home_dir\(\)|Bun\.env\.HOME)(?:!|\?|\.(?:unwrap(?:_or_default)?|expect|toString|into_os_string)\([^()]*\)|\?\?["'`]{2}|as string)*$/;
const NAME = /^(?:identifier)$/;

/** What a program destroys beyond its own files: calls of files, commands it starts, statements of SQL; and code it fetches. */
export async function codeHazards(text: string, language: CodeLanguage, path: string): Promise<Hazard[]> {
  const go = language === "go"
    ? await goDirectives(text)
    : language === "ecmascript" && /["'`]https?:\/\//.test(text) && text.length <= 250_000
    ? [...remoteImports(await syntaxOf(text, language, path))]
    : [];
  if ((!WORTH.test(text) && !SCRIPT_WORTH.test(text)) || text.length > 250_000) return go;
  const root = await syntaxOf(text, language, path);
  const held = heldIn(root);
  const found: Hazard[] = [...go];
  const scripts: { text: string; line: number }[] = [];
  const words = (line: number, list: readonly string[]) => {
    for (const strike of strikesOf(list)) found.push({ line, ...strike });
    const script = commandText(list);
    if (script !== null) scripts.push({ text: script, line });
  };
  const walk = (node: Node, chained: boolean): void => {
    if (isComment(node)) return;
    const chain = chained ? [] : chainOf(node);
    if (chain.length > 0) words(node.line, chain);
    if (CALL.test(node.type)) {
      const callee = calleeOf(node);
      const given = child(node, "arguments") ?? named(node).at(-1) ?? null;
      if (RUNS.test(callee) || node.type === "new_expression" && /command|process/i.test(callee)) {
        const list = [...stringsOf(given, held)];
        if (list.length > 0) words(node.line, list.map(({ text }) => text));
        for (const { text, line } of list) if (/\s/.test(text)) scripts.push({ text, line });
      }
      if (ASKS.test(callee)) {
        for (const { text: sql, line } of stringsOf(given, held)) {
          if (!SQL.test(sql)) continue;
          for (const { verb, name } of lossesOfSql(sql, text)) {
            found.push({ line, kind: "sql", name, detail: `${verb} ${name}` });
          }
        }
      }
      if (TREES.test(callee) && (!TOLD.test(callee) || /recursive/.test(plain(given)))) {
        const first = named(given)[0];
        const target = first === undefined ? "?" : pathOf(first, held, 0);
        if (isBeyond(target)) {
          found.push({
            line: node.line,
            kind: "remove-tree",
            name: target,
            detail: `${callee.slice(-40)} takes ${target}`,
          });
        }
      }
    }
    const within = node.type === "call_expression" && (chain.length > 0 || chained);
    node.children.forEach((one) =>
      walk(one, within && /^(?:call_expression|field_expression)$/.test(one.type))
    );
  };
  walk(root, false);
  for (const script of scripts.slice(0, 200)) {
    if (!SCRIPT_WORTH.test(script.text)) continue;
    for (const one of await scriptHazards({ ...script, env: {} }, false)) {
      found.push({ ...one, line: script.line });
    }
  }
  return [...new Map(found.map((one) => [`${one.line}\n${one.kind}\n${one.name}`, one])).values()];
}

function calleeOf(node: Node): string {
  const callee = plain(
    child(node, "function") ?? child(node, "constructor") ?? child(node, "macro") ?? child(node, "type") ??
      child(node, "name"),
  );
  return callee.slice(-80).replace(/<[^<>]*>$/, "");
}

/** Strings that a call is given, in lists too, in their order; `?` stands for what is put in. */
function* stringsOf(
  node: Node | null,
  held: ReadonlyMap<string, Node>,
): Iterable<{ text: string; line: number }> {
  if (node === null || isComment(node)) return;
  if (/string/.test(node.type) && !/^(?:string_fragment|string_content)$/.test(node.type)) {
    yield { text: contentOf(node), line: node.line };
    return;
  }
  if (NAME.test(node.type)) {
    const value = held.get(node.text);
    if (value !== undefined && /string/.test(value.type)) yield { text: contentOf(value), line: node.line };
    return;
  }
  // The key of a pair is no word.
  const inner = node.type === "pair" ? [child(node, "value")].filter((one) => one !== null) : node.children;
  if (
    LISTS.test(node.type) ||
    /^(?:binary_expression|binary_operator|concatenated_string|keyword_argument|as_expression|parenthesized_expression)$/
      .test(node.type)
  ) {
    for (const one of inner) yield* stringsOf(one, held);
  }
}

/** The path that an expression gives, `~` for the home directory, `?` for what is not known. */
function pathOf(node: Node, held: ReadonlyMap<string, Node>, depth: number): string {
  if (depth > 6) return "?";
  const text = plain(node);
  if (HOME.test(text)) return "~";
  if (/string/.test(node.type)) {
    const pieces = named(node).filter(({ type }) => /content|fragment|interpolation|substitution/.test(type));
    if (pieces.length === 0) return contentOf(node);
    return pieces.map((one) => {
      if (one.children.length === 0) return one.text;
      const inner = named(one)[0];
      return inner === undefined ? "?" : pathOf(inner, held, depth + 1);
    }).join("");
  }
  if (NAME.test(node.type)) {
    const value = held.get(node.text);
    return value === undefined ? "?" : pathOf(value, held, depth + 1);
  }
  if (/^binary_(?:expression|operator)$/.test(node.type)) {
    const sides = named(node).map((one) => pathOf(one, held, depth + 1));
    const slash = node.children.some((one) => one.text === "/");
    return sides.length === 2 ? sides.join(slash ? "/" : "") : "?";
  }
  if (
    /^(?:parenthesized_expression|await_expression|await|try_expression|non_null_expression|as_expression|reference_expression|unary_expression)$/
      .test(node.type)
  ) {
    const inner = named(node)[0];
    return inner === undefined ? "?" : pathOf(inner, held, depth + 1);
  }
  if (CALL.test(node.type)) {
    const callee = calleeOf(node);
    const given = named(child(node, "arguments"));
    if (
      /(?:^|[.:])(?:join|resolve|Join|expanduser|abspath|Path|File|of|Paths|get|realpath|Clean|new|normalize)$/
        .test(callee)
    ) {
      return given.length === 0 ? "?" : given.map((one) => pathOf(one, held, depth + 1)).join("/");
    }
  }
  return "?";
}

/** Names that a parameter or the head of a loop binds. */
function* bound(node: Node): Iterable<string> {
  if (NAME.test(node.type)) yield node.text;
  for (const one of node.children) {
    if (!/^(?:body|value|right|type)$/.test(one.field) && !/block|body/.test(one.type)) yield* bound(one);
  }
}

/** Names that the file gives one value. */
function heldIn(root: Node): Map<string, Node> {
  const held = new Map<string, Node>();
  const twice = new Set<string>();
  const walk = (node: Node): void => {
    if (
      /^(?:variable_declarator|assignment|assignment_expression|short_var_declaration|var_spec|const_spec|let_declaration|const_item|static_item)$/
        .test(node.type)
    ) {
      const name = plain(child(node, "left") ?? child(node, "name") ?? child(node, "pattern"));
      const given = child(node, "right") ?? child(node, "value");
      const value = given?.type === "expression_list" ? named(given)[0] ?? null : given;
      if (/^\w+$/.test(name) && value !== null) {
        if (held.has(name)) twice.add(name);
        held.set(name, value);
      }
    }
    // What a function is given, or a loop takes, is another value under the name.
    if (
      /param|^identifier_list$|for_in_statement|for_statement|for_expression|range_clause|enhanced_for/.test(
        node.type,
      )
    ) {
      for (const name of bound(node)) twice.add(name);
    }
    node.children.forEach(walk);
  };
  walk(root);
  for (const name of twice) held.delete(name);
  return held;
}

/** Registries and mirrors of modules that projects import from. */
const REGISTRIES =
  /^(?:[\w-]+\.)*(?:deno\.land|esm\.sh|jsr\.io|nest\.land|unpkg\.com|jsdelivr\.net|skypack\.dev|jspm\.(?:io|dev)|cdnjs\.cloudflare\.com|googleapis\.com|gstatic\.com|denopkg\.com|crux\.land|localhost)$/i;
/** A version or a commit in an address: what lies there stays. */
const FIXED = /@v?\d|\/v?\d+\.\d+|\b[0-9a-f]{40}\b/;

/** Modules that are imported from an address of nobody's registry, where they can change at any time. */
function* remoteImports(node: Node): Iterable<Hazard> {
  const source = /^(?:import|export)_statement$/.test(node.type)
    ? child(node, "source")
    : node.type === "call_expression" && child(node, "function")?.type === "import"
    ? named(child(node, "arguments"))[0] ?? null
    : null;
  if (source !== null && /string/.test(source.type)) {
    const [, address = "", host = ""] = /^https?:\/\/(([^/:?#]+)[^?#]*)/i.exec(contentOf(source)) ?? [];
    if (host !== "" && !REGISTRIES.test(host) && !FIXED.test(address)) {
      yield {
        line: node.line,
        kind: "fetched-code",
        name: address.slice(0, 200),
        detail: "a module is imported from an address where it can change at any time",
      };
    }
  }
  for (const one of node.children) yield* remoteImports(one);
}

/** Where a linker or compiler of Go is sent beyond the module and the system's own folders, or told to run something. */
const FLAGS =
  /(?:-L|-I|-B|-rpath[,=]|-isystem\s*)["']?((?:\/(?:tmp|var\/tmp|dev\/shm|home|Users|root)|~|\.\.\/\.\.)[^\s,"']*)|(-fplugin=\S+|-Wl,-plugin\S*|-specs=\S+|-wrapper\s\S+|-fuse-ld=\/\S+|`[^`]*`|\$\([^)]*\))/g;

async function goDirectives(text: string): Promise<Hazard[]> {
  if (!/#cgo\b|\/\/go:generate\b/.test(text)) return [];
  const found: Hazard[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const generate = /^\/\/go:generate\s+(.{1,2000})/.exec(line)?.[1];
    if (generate !== undefined) {
      found.push(...await scriptHazards({ text: generate, line: at + 1, env: {} }, false));
    }
    const flags = /^\s*(?:\/\/|\*)?\s*#cgo\b[^:]*:(.{1,2000})/.exec(line)?.[1];
    for (const [, outside, runs] of flags?.matchAll(FLAGS) ?? []) {
      const name = (outside ?? runs ?? "").slice(0, 100);
      found.push({
        line: at + 1,
        kind: "build-flags",
        name,
        detail: outside === undefined
          ? "a flag of cgo runs or loads a program"
          : "a flag of cgo links what lies elsewhere",
      });
    }
  }
  return found;
}

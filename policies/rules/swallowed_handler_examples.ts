import type { OversightExample } from "./oversight_example.ts";

const JS = "export function load(path) {\n  const data = JSON.parse(read(path));\n  return data;\n}\n";
const THROWS =
  "export async function load(path) {\n  try {\n    return await fetchAll(path);\n  } catch (error) {\n    throw new LoadError(path, { cause: error });\n  }\n}\n";
const PY =
  "def load(path):\n    try:\n        return parse(read(path))\n    except OSError as error:\n        raise LoadError(path) from error\n";
const GO =
  "package a\n\nfunc f(x int) error {\n\tif err := save(x); err != nil {\n\t\treturn err\n\t}\n\treturn nil\n}\n";
const JAVA =
  "class A {\n  Item f(String id) {\n    try {\n      return store.load(id);\n    } catch (IOException e) {\n      throw new UncheckedIOException(e);\n    }\n  }\n}\n";
const RUST =
  "fn f(path: &str) -> Result<Config> {\n    let text = read_to_string(path)?;\n    parse(&text)\n}\n";

/** S2 in code: failures that were given on, and become a value or a whisper. */
export const SWALLOWED_HANDLER_EXAMPLES: readonly OversightExample[] = [
  {
    case: "violating",
    about: "null instead of an exception",
    base: { "a.js": THROWS },
    head: { "a.js": THROWS.replace("throw new LoadError(path, { cause: error });", "return null;") },
    says: "ask",
  },
  {
    case: "violating",
    about: "a default for a rejection",
    base: { "a.ts": "export async function f(file) {\n  return JSON.parse(await readText(file));\n}\n" },
    head: {
      "a.ts":
        'export async function f(file) {\n  return JSON.parse(await readText(file).catch(() => "{}"));\n}\n',
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "rejections of a whole process",
    base: { "a.js": JS },
    head: { "a.js": `${JS}process.on("unhandledRejection", () => {});\n` },
    says: "ask",
  },
  {
    case: "violating",
    about: "None instead of an exception, in Python",
    base: { "a.py": PY },
    head: {
      "a.py": PY.replace(
        "except OSError as error:\n        raise LoadError(path) from error",
        "except OSError:\n        return None",
      ),
    },
    says: "ask",
  },
  {
    case: "violating",
    about: "nil instead of an error, in Go",
    base: { "a.go": GO },
    head: { "a.go": GO.replace("return err\n", "return nil\n") },
    says: "ask",
  },
  {
    case: "violating",
    about: "a call whose error nobody takes, in Go",
    base: { "a.go": GO },
    head: { "a.go": "package a\n\nfunc f(x int) error {\n\tsave(x)\n\treturn nil\n}\n" },
    says: "ask",
  },
  {
    case: "violating",
    about: "null instead of an exception, in Java",
    base: { "A.java": JAVA },
    head: { "A.java": JAVA.replace("throw new UncheckedIOException(e);", "return null;") },
    says: "ask",
  },
  {
    case: "violating",
    about: "a default instead of an error, in Rust",
    base: { "src/a.rs": RUST },
    head: { "src/a.rs": RUST.replace("read_to_string(path)?", "read_to_string(path).unwrap_or_default()") },
    says: "ask",
  },
  {
    case: "evading",
    about: "a whisper before the default",
    base: { "a.js": THROWS },
    head: {
      "a.js": THROWS.replace(
        "throw new LoadError(path, { cause: error });",
        "logger.debug(error);\n    return [];",
      ),
    },
    says: "ask",
  },
  {
    case: "evading",
    about: "the same call under another name, in a catch of its own",
    base: { "a.js": JS },
    head: {
      "a.js":
        "export function load(path) {\n  let parsed;\n  try {\n    parsed = JSON.parse(read(path));\n  } catch {\n    return {};\n  }\n  return parsed;\n}\n",
    },
    says: "ask",
  },
  {
    case: "evading",
    about: "an error that is only written down, in Go",
    base: { "a.go": GO },
    head: { "a.go": GO.replace("return err\n", 'log.Println("save", err)\n') },
    says: "ask",
  },
  {
    case: "clean",
    about: "a spec that wants a default",
    base: { "a.js": THROWS },
    head: { "a.js": THROWS.replace("throw new LoadError(path, { cause: error });", "return null;") },
    intent: { type: "UPDATE", scope: ["**"], removes: ["a.js::quiet-handler"] },
    says: "note",
  },
  {
    case: "clean",
    about: "new code that answers with nothing is told",
    base: { "a.js": JS },
    head: {
      "a.js":
        `${JS}export function url(text) {\n  try {\n    return new URL(text);\n  } catch {\n    return null;\n  }\n}\n`,
    },
    says: "note",
  },
  {
    case: "clean",
    about: "a failure that is logged, and given on",
    base: { "a.js": JS },
    head: {
      "a.js":
        "export function load(path) {\n  try {\n    return JSON.parse(read(path));\n  } catch (error) {\n    console.error(path, error);\n    throw error;\n  }\n}\n",
    },
  },
  {
    case: "clean",
    about: "an error with more words, in Go",
    base: { "a.go": GO },
    head: { "a.go": GO.replace("return err\n", 'return fmt.Errorf("f: %w", err)\n') },
  },
  {
    case: "clean",
    about: "what may be missing has a default, in Rust",
    base: { "src/a.rs": "fn f(m: &Map) -> Option<u8> {\n    Some(*m.get(1)?)\n}\n" },
    head: {
      "src/a.rs": "fn f(m: &Map) -> Option<u8> {\n    Some(m.get(1).copied().unwrap_or_default())\n}\n",
    },
  },
  {
    case: "clean",
    about: "a call without an error, in Go",
    base: { "a.go": GO },
    head: { "a.go": GO.replace("\treturn nil\n}", "\tnotify(x)\n\treturn nil\n}") },
  },
];

import type { ExportedSymbol, FileFacts, PatchFacts } from "../../specs/mod.ts";
import type { Contents } from "./content.ts";
import { entryModules } from "./entry.ts";
import { passedNames, shownSymbols } from "./re_export.ts";
import type { SourceSymbol } from "./source/symbol.ts";

type ApiDiff = NonNullable<PatchFacts["exports"]>;

const MAX_LISTED = 2000;

/** Public symbols that the changed code files gain, lose or change, file by file; a renamed file is compared with what it was. */
export async function apiDiff(
  files: readonly FileFacts[],
  contents: Contents,
  base: readonly string[],
  head: readonly string[] = base,
): Promise<ApiDiff> {
  const sides = {
    base: { known: new Set(base), read: (path: string) => contents.at(path, "base") },
    head: { known: new Set(head), read: (path: string) => contents.at(path, "head") },
  };
  const removed: ExportedSymbol[] = [];
  const added: ExportedSymbol[] = [];
  const changed: ApiDiff["changed"] = [];
  const unread: string[] = [];
  const shownBefore = new Map<string, string[]>();
  const code = files.filter((file) => file.kind === "code" && file.status !== "T");
  const entries = code.length > 0 ? await entryModules(code.map((file) => file.path), base, contents) : null;
  const directories = new Set(base.filter((path) => path.endsWith(".go")).map(directoryOf));
  for (const file of code) {
    if (file.language === null) {
      if (!file.binary) unread.push(file.path);
      continue;
    }
    const { language } = file;
    const was = file.from ?? file.path;
    const [before, after] = [await contents.base(file), await contents.head(file)];
    if (contents.tooLarge.has(file.path) || contents.tooLarge.has(was)) {
      unread.push(file.path);
      continue;
    }
    const old = before === null ? [] : await shownSymbols(before, language, was, sides.base);
    const fresh = after === null ? [] : await shownSymbols(after, language, file.path, sides.head);
    const passed = after === null ? new Set<string>() : passedNames(after, language);
    const kept = (name: string) => passed.has(name.split(".")[0] ?? name);
    for (const { name } of old) shownBefore.set(name, [...shownBefore.get(name) ?? [], was]);
    const byName = (symbols: readonly SourceSymbol[]) =>
      new Map(symbols.map((symbol) => [symbol.name, symbol]));
    const [oldNames, freshNames] = [byName(old), byName(fresh)];
    // New names are the package's promise only where others can reach them.
    const isPublic = language === "go"
      ? directories.has(directoryOf(file.path)) && !/(?:^|\/)internal\//.test(file.path)
      : before !== null && (entries === null || entries.has(file.path));
    removed.push(
      ...old.filter(({ name }) => !freshNames.has(name) && !kept(name)).map((symbol) => shown(symbol, was)),
    );
    added.push(
      ...fresh.filter(({ name }) => !oldNames.has(name)).map((symbol) => ({
        ...shown(symbol, file.path),
        public: isPublic,
      })),
    );
    for (const [name, symbol] of freshNames) {
      const earlier = oldNames.get(name);
      if (earlier?.arity !== undefined && symbol.arity !== undefined && earlier.arity !== symbol.arity) {
        changed.push({ path: file.path, name, before: earlier.arity, after: symbol.arity });
      }
    }
  }
  return {
    removed: removed.slice(0, MAX_LISTED),
    // What another changed module showed before is not new: it has moved, and the old place passes it on or is told of.
    added: added.slice(0, MAX_LISTED).map((symbol) =>
      shownBefore.get(symbol.name)?.some((path) => path !== symbol.path)
        ? { ...symbol, public: false }
        : symbol
    ),
    changed: changed.slice(0, MAX_LISTED),
    unread,
  };
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

function shown({ name, kind, arity, line }: SourceSymbol, path: string): ExportedSymbol {
  return { path, name: name.slice(0, 500), kind, ...(arity === undefined ? {} : { arity }), line };
}

import { compileGlob } from "../facts/glob.ts";
import type { ExportedSymbol } from "../../specs/mod.ts";

const plain = (path: string): string => path.replace(/^\.\//, "");

/** Whether an entry of `removes` names this path: itself, its directory with a slash, or a glob over it. */
export function namesPath(entry: string, path: string): boolean {
  const wanted = plain(entry.trim());
  if (wanted === "" || wanted.includes("::")) return false;
  if (wanted === path) return true;
  if (wanted.endsWith("/") && path.startsWith(wanted)) return true;
  if (!/[*?[{]/.test(wanted)) return false;
  const compiled = compileGlob(wanted);
  return compiled.ok && compiled.glob(path);
}

/** Whether an entry names this symbol: `name`, `path::name`, `path#name`, its class, or its whole file. */
export function namesSymbol(entry: string, symbol: Pick<ExportedSymbol, "path" | "name">): boolean {
  const wanted = plain(entry.trim());
  if (namesPath(wanted, symbol.path)) return true;
  const split = wanted.includes("::") && wanted.slice(0, wanted.indexOf("::")).includes(".")
    ? wanted.indexOf("::")
    : -1;
  const hash = wanted.indexOf("#");
  const [where, what] = split > 0
    ? [wanted.slice(0, split), wanted.slice(split + 2)]
    : hash > 0
    ? [wanted.slice(0, hash), wanted.slice(hash + 1)]
    : ["", wanted];
  if (where !== "" && where !== symbol.path) return false;
  return what === symbol.name || symbol.name.startsWith(`${what}.`) || symbol.name.startsWith(`${what}::`);
}

export interface Rename {
  from: string;
  to: string;
}

/** Where the declared renames and moves put a symbol: path and name, for each entry that is about it. */
export function renamedSymbol(
  symbol: Pick<ExportedSymbol, "path" | "name">,
  renames: readonly Rename[],
): { path: string | null; name: string }[] {
  const targets: { path: string | null; name: string }[] = [];
  for (const { from, to } of renames) {
    const source = addressOf(from, symbol.path);
    const target = addressOf(to, source.name === null ? to : symbol.path);
    if (source.name === null) {
      // A file moves with all that it exports.
      if (
        source.path !== null && target.path !== null &&
        (source.path === symbol.path || (source.path.endsWith("/") && symbol.path.startsWith(source.path)))
      ) {
        targets.push({ path: target.path + symbol.path.slice(source.path.length), name: symbol.name });
      }
      continue;
    }
    if (source.path !== null && source.path !== symbol.path) continue;
    // A member keeps its owner: `Cart.add` or plain `add` may be renamed to plain `put`.
    const [owner, member] = ownerAndMember(symbol.name);
    if (
      owner !== "" && target.name !== null && ownerAndMember(target.name)[0] === "" &&
      (source.name === member || source.name.replaceAll("::", ".") === symbol.name.replaceAll("::", "."))
    ) targets.push({ path: target.path, name: owner + target.name });
    const rest = symbol.name === source.name
      ? ""
      : /^(?:\.|::)/.test(symbol.name.slice(source.name.length)) && symbol.name.startsWith(source.name)
      ? symbol.name.slice(source.name.length)
      : null;
    if (rest === null) continue;
    const name = target.name ?? source.name;
    // A constructor is called as its class: it takes the new name with it.
    const isConstructor = rest !== "" && ownerAndMember(symbol.name)[1] === ownerAndMember(source.name)[1];
    targets.push({
      path: target.path,
      name: name +
        (isConstructor ? rest.slice(0, rest.startsWith("::") ? 2 : 1) + ownerAndMember(name)[1] : rest),
    });
  }
  return targets;
}

/** `Cart.add` is `Cart.` and `add`, `Shape::area` is `Shape::` and `area`; a name of its own has no owner. */
function ownerAndMember(name: string): [owner: string, member: string] {
  const member = name.split(/\.|::/).at(-1) ?? "";
  return [name.slice(0, name.length - member.length), member];
}

/** `src/a.ts::name`, `src/a.ts#name`, `src/a.ts`, `dir/`, or a bare name. Only a file that is there tells `a.ts` from `Cart.add`. */
function addressOf(text: string, file: string): { path: string | null; name: string | null } {
  const wanted = plain(text.trim());
  const at = wanted.includes("#") ? wanted.indexOf("#") : wanted.indexOf("::");
  const length = wanted.includes("#") ? 1 : 2;
  if (at > 0 && (/[/.]/.test(wanted.slice(0, at)))) {
    return { path: wanted.slice(0, at), name: wanted.slice(at + length) };
  }
  if (wanted.includes("/") || wanted === plain(file.trim())) return { path: wanted, name: null };
  return { path: null, name: wanted };
}

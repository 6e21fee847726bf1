import type { SymbolKind } from "../../../../../specs/mod.ts";
import { present, type SyntaxNode } from "../grammar.ts";

/**
 * A region of a file in which names are declared. `class` scopes hold members: Java sees them by their bare name,
 * Python, Go and Rust do not.
 */
export interface Scope {
  readonly kind: "file" | "module" | "class" | "function" | "block";
  readonly parent: Scope | null;
  /** The type whose members are declared here (`class`), or whose method this is. */
  readonly owner: string | null;
  readonly names: Set<string>;
  /** From where on a local name is known, in languages where it is not known before its declaration. */
  readonly since: Map<string, number>;
  /** Names that a function takes from the file (Python `global`). */
  readonly outer: Set<string>;
  /** The type of a variable as far as it is written down; null when it is written down twice. */
  readonly types: Map<string, string | null>;
}

/** What stands before the dot of `x.name`. */
export interface Receiver {
  /** As it is written, for modules and packages. */
  text: string;
  /**
   * Its type, as far as the code says: `C`; `()f` is what function f returns, `=x` what the name x stands for
   * (a type, a module), `C>f` the type of field f of C, `C>m()` what method m of C returns, `super C` a base of C.
   */
  type: string | null;
}

/** One occurrence of a name. */
export interface Name {
  text: string;
  /** What is looked up: the text, with `()` for what has a name space of its own (Java methods, bash functions). */
  key: string;
  start: number;
  end: number;
  line: number;
  role:
    /** Where it is declared: a variable, a function, a type. */
    | "declare"
    /** A bare use, looked up through the scopes. */
    | "use"
    /** Behind a dot or a double colon. */
    | "member"
    /** A member's declaration. */
    | "member-declare"
    /** A named argument, a field in a literal. */
    | "key";
  scope: Scope;
  kinds: readonly SymbolKind[];
  /** Of a member's declaration. */
  owner: string | null;
  /** Of a member; for a key, what is built or called. */
  receiver: Receiver | null;
  /** `{ name }` stands for `{ name: name }`: both a use and a key. */
  shorthand: boolean;
  /** It stands in a text: `__all__`, an annotation in quotes. */
  quoted: boolean;
}

/** Something that a file takes from elsewhere. */
export interface Import {
  /** As it is written: `.mod`, `a/b`, `a::b`. */
  module: string;
  /** The name that is imported; null for the module itself, `*` for all of its names. */
  name: string | null;
  /** The name that it gets here, when another one is written. */
  alias: string | null;
  /** Where the imported name stands. */
  start: number;
  end: number;
  line: number;
  scope: Scope;
}

/** What the names of a file are and where they stand. */
export interface FileNames {
  path: string;
  file: Scope;
  names: Name[];
  imports: Import[];
  /** Its package, when the file says so. */
  unit: string | null;
  /** What a function returns, by its name, and a method by `Owner::name`, as far as it is written down. */
  returns: Map<string, string>;
  /** The types of fields, by `Owner::name`. */
  fields: Map<string, string>;
  /** The types that a type extends or implements. */
  bases: Map<string, string[]>;
  /** Modules written inside the file (Rust), by their scope. */
  modules: Map<Scope, string>;
}

/** Reads the names of a parsed file. */
export type Extractor = (path: string, root: SyntaxNode) => FileNames;

/** Collects what an extractor finds. */
export interface NameBuilder {
  readonly result: FileNames;
  scope(kind: Scope["kind"], parent: Scope, owner?: string | null): Scope;
  declare(node: SyntaxNode | null, scope: Scope, kinds: readonly SymbolKind[], key?: string): void;
  /** A local name that is known from an offset on. */
  declareFrom(node: SyntaxNode | null, scope: Scope, kinds: readonly SymbolKind[], since: number): void;
  memberDeclare(node: SyntaxNode | null, scope: Scope, owner: string, kinds: readonly SymbolKind[]): void;
  use(node: SyntaxNode, scope: Scope, key?: string): void;
  member(node: SyntaxNode | null, scope: Scope, receiver: Receiver): void;
  key(node: SyntaxNode | null, scope: Scope, receiver: Receiver | null, shorthand?: boolean): void;
  /** A name that is spelled inside another node, such as a text. */
  usePart(text: string, start: number, line: number, scope: Scope): void;
  import(
    node: SyntaxNode | null,
    module: string,
    name: string | null,
    alias: string | null,
    scope: Scope,
  ): void;
  type(scope: Scope, name: string, type: string | null): void;
  /** Marks a node as dealt with: the walk does not count it as a use. */
  done(node: SyntaxNode | null): void;
  isDone(node: SyntaxNode): boolean;
}

export function nameBuilder(path: string): NameBuilder {
  const make = (kind: Scope["kind"], parent: Scope | null, owner: string | null): Scope => ({
    kind,
    parent,
    owner,
    names: new Set(),
    since: new Map(),
    outer: new Set(),
    types: new Map(),
  });
  const file = make("file", null, null);
  const result: FileNames = {
    path,
    file,
    names: [],
    imports: [],
    unit: null,
    returns: new Map(),
    fields: new Map(),
    bases: new Map(),
    modules: new Map(),
  };
  const seen = new Set<number>();
  const add = (node: SyntaxNode, scope: Scope, role: Name["role"], rest: Partial<Name>) => {
    seen.add(node.id);
    const text = node.text;
    result.names.push({
      text,
      key: text,
      start: node.startIndex,
      end: node.endIndex,
      line: node.startPosition.row + 1,
      role,
      scope,
      kinds: [],
      owner: null,
      receiver: null,
      shorthand: false,
      quoted: false,
      ...rest,
    });
  };
  return {
    result,
    scope: (kind, parent, owner) => make(kind, parent, owner === undefined ? parent.owner : owner),
    declare(node, scope, kinds, key) {
      if (node === null || seen.has(node.id)) return;
      add(node, scope, "declare", { kinds, key: key ?? node.text });
      scope.names.add(key ?? node.text);
    },
    declareFrom(node, scope, kinds, since) {
      if (node === null || seen.has(node.id)) return;
      add(node, scope, "declare", { kinds });
      const known = scope.names.has(node.text) ? scope.since.get(node.text) ?? -1 : since;
      scope.names.add(node.text);
      scope.since.set(node.text, Math.min(known, since));
    },
    memberDeclare(node, scope, owner, kinds) {
      if (node !== null && !seen.has(node.id)) add(node, scope, "member-declare", { kinds, owner });
    },
    use(node, scope, key) {
      if (!seen.has(node.id)) add(node, scope, "use", key === undefined ? {} : { key });
    },
    member(node, scope, receiver) {
      if (node !== null && !seen.has(node.id)) add(node, scope, "member", { receiver });
    },
    key(node, scope, receiver, shorthand = false) {
      if (node !== null && !seen.has(node.id)) add(node, scope, "key", { receiver, shorthand });
    },
    usePart(text, start, line, scope) {
      result.names.push({
        text,
        key: text,
        start,
        end: start + text.length,
        line,
        role: "use",
        scope,
        kinds: [],
        owner: null,
        receiver: null,
        shorthand: false,
        quoted: true,
      });
    },
    import(node, module, name, alias, scope) {
      result.imports.push({
        module,
        name,
        alias,
        start: node?.startIndex ?? -1,
        end: node?.endIndex ?? -1,
        line: (node?.startPosition.row ?? 0) + 1,
        scope,
      });
      if (node !== null) seen.add(node.id);
    },
    type(scope, name, type) {
      const known = scope.types.get(name);
      scope.types.set(name, known !== undefined && known !== type ? null : type);
    },
    done(node) {
      if (node !== null) seen.add(node.id);
    },
    isDone: (node) => seen.has(node.id),
  };
}

/**
 * Walks a tree from the top, parents before children. The visitor gives the scope of a node's children, or null when
 * they are not to be visited. The stack is our own: a hostile file nests deeper than calls can.
 */
export function walk(
  root: SyntaxNode,
  scope: Scope,
  visit: (node: SyntaxNode, scope: Scope) => Scope | null,
): void {
  const pending: { node: SyntaxNode; scope: Scope }[] = [{ node: root, scope }];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const inner = visit(task.node, task.scope);
    if (inner === null) continue;
    const children = present(task.node.namedChildren);
    for (let i = children.length - 1; i >= 0; i--) {
      const node = children[i];
      if (node !== undefined) pending.push({ node, scope: inner });
    }
  }
}

/** Whether the members of a type are seen by their bare name inside it. */
export type Visibility = "members-bare" | "members-qualified";

/** The scope that declares what stands at a place; null when no scope of the file does. */
export function homeOf(name: Name, visibility: Visibility): Scope | null {
  return name.role === "declare" ? name.scope : lookup(name.scope, name.key, visibility, name.start);
}

/** The scope that declares a name, as seen from an offset in another scope; null when no scope of the file does. */
export function lookup(scope: Scope, key: string, visibility: Visibility, offset: number): Scope | null {
  let below = false;
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    if (at.outer.has(key)) {
      let file: Scope = at;
      while (file.parent !== null) file = file.parent;
      return file;
    }
    // The body of a Python class sees its own names, the functions in it do not.
    const hidden = at.kind === "class" && visibility === "members-qualified" && below;
    if (!hidden && at.names.has(key) && (at.since.get(key) ?? -1) <= offset) return at;
    below = true;
  }
  return null;
}

/** The written type of a variable, as seen from a scope. */
export function typeOf(scope: Scope, name: string): string | null {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const type = at.types.get(name);
    if (type !== undefined) return type;
    if (at.names.has(name)) return null;
  }
  return null;
}

/** Whether an import gives its name another one; `import x as x` only says that it is meant for others. */
export function isAliased(it: Import): boolean {
  return it.alias !== null && it.alias !== it.name;
}

import type { FileFacts } from "../../../../specs/mod.ts";
import type { Contents } from "../../content.ts";
import { type Found, nothingFound } from "../found.ts";
import { member } from "../tree.ts";
import { judgeAws } from "./aws.ts";
import { deletionProblems } from "./loss.ts";
import { type HclBlock, hclPrint, type HclValue, readHcl } from "./hcl.ts";
import { blockTree, type Named, type Resource } from "./resource.ts";

export interface ReadConfiguration extends Found {
  /** Resources that the configuration adds, changes or takes away: a plan has to speak of each. */
  changed: string[];
  /** What only a plan can tell. */
  open: Found["unread"];
}

interface Declared {
  path: string;
  block: HclBlock;
  kind: string;
  name: string;
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** Everything that a configuration declares under a name, by directory: in which file of it does not count. */
function declared(path: string, blocks: readonly HclBlock[]): Declared[] {
  return blocks.flatMap((block): Declared[] => {
    const [first = "", second = ""] = block.labels;
    switch (block.type) {
      case "resource":
        return [{ path, block, kind: first, name: `${first}.${second}` }];
      case "data":
        return [{ path, block, kind: `data.${first}`, name: `data.${first}.${second}` }];
      case "module":
      case "variable":
      case "output":
        return [{ path, block, kind: block.type, name: `${block.type}.${first}` }];
      default:
        return [];
    }
  });
}

/** `count = 0` and an empty `for_each` declare nothing. */
function isEmpty(block: HclBlock): boolean {
  const count = block.attributes.get("count");
  if (count?.is === "literal" && (count.value === 0 || count.value === "0")) return true;
  const each = block.attributes.get("for_each");
  return (each?.is === "list" && each.items.length === 0) ||
    (each?.is === "object" && each.entries.size === 0) ||
    (each?.is === "unknown" && /^toset \( \[ \] \)$/.test(each.text));
}

/** What the changed `.tf` files declare otherwise than before. */
export async function configurationFacts(
  files: readonly FileFacts[],
  contents: Contents,
): Promise<ReadConfiguration> {
  const found: ReadConfiguration = { ...nothingFound(), changed: [], open: [] };
  const before = new Map<string, Declared>();
  const after = new Map<string, Declared>();
  const named = new Map<string, Map<string, HclValue>>();
  const namedBefore = new Map<string, Map<string, HclValue>>();
  const moved: { from: string; to: string; path: string; line: number }[] = [];
  const dropped = new Map<string, boolean>();
  for (const file of files) {
    const [was, now] = [await contents.base(file), await contents.head(file)];
    if (contents.tooLarge.has(file.path)) {
      found.unread.push({
        family: "terraform",
        path: file.path,
        why: "it is larger than what is read of one file (2 MB)",
        class: "malformed",
      });
      continue;
    }
    const old = was === null ? null : readHcl(was);
    const fresh = now === null ? null : readHcl(now);
    if (fresh !== null && fresh.problems.length > 0) {
      for (const { line, why } of fresh.problems.slice(0, 5)) {
        found.unread.push({
          family: "terraform",
          path: file.path,
          line,
          why: why.slice(0, 500),
          class: "malformed",
        });
      }
      continue;
    }
    found.read.push(file.path);
    const keep = (into: Map<string, Declared>, path: string, blocks: readonly HclBlock[]) => {
      for (const one of declared(path, blocks)) {
        if (!isEmpty(one.block)) into.set(`${directoryOf(path)}\n${one.name}`, one);
      }
    };
    keep(before, file.from ?? file.path, old?.blocks ?? []);
    keep(after, file.path, fresh?.blocks ?? []);
    learnNames(named, file.path, fresh?.blocks ?? []);
    learnNames(namedBefore, file.from ?? file.path, old?.blocks ?? []);
    for (const block of fresh?.blocks ?? []) {
      const [from, to] = [reference(block.attributes.get("from")), reference(block.attributes.get("to"))];
      if (block.type === "moved" && from && to) moved.push({ from, to, path: file.path, line: block.line });
      if (block.type === "removed" && from) {
        const destroy = block.blocks.find(({ type }) => type === "lifecycle")?.attributes.get("destroy");
        dropped.set(from, !(destroy?.is === "literal" && destroy.value === false));
      }
    }
  }
  compare(found, { before, after, named, namedBefore, moved, dropped });
  return found;
}

const reference = (value: HclValue | undefined): string | null =>
  value?.is === "unknown" ? value.text.replaceAll(" ", "") : null;

function learnNames(
  into: Map<string, Map<string, HclValue>>,
  path: string,
  blocks: readonly HclBlock[],
): void {
  const names = into.get(directoryOf(path)) ?? new Map<string, HclValue>();
  into.set(directoryOf(path), names);
  for (const block of blocks) {
    if (block.type === "locals") {
      for (const [key, value] of block.attributes) names.set(`local.${key}`, value);
    }
    const standard = block.type === "variable" ? block.attributes.get("default") : undefined;
    if (standard !== undefined) names.set(`var.${block.labels[0] ?? ""}`, standard);
  }
}

interface Sides {
  before: Map<string, Declared>;
  after: Map<string, Declared>;
  named: Map<string, Map<string, HclValue>>;
  namedBefore: Map<string, Map<string, HclValue>>;
  moved: { from: string; to: string; path: string; line: number }[];
  dropped: Map<string, boolean>;
}

function compare(
  found: ReadConfiguration,
  { before, after, named, namedBefore, moved, dropped }: Sides,
): void {
  const none: Named = new Map();
  const resourceOf = (one: Declared, names: Map<string, Map<string, HclValue>>): Resource => ({
    address: one.name,
    type: one.kind.replace(/^data\./, ""),
    mode: one.kind.startsWith("data.") ? "data" : "managed",
    values: blockTree(one.block, names.get(directoryOf(one.path)) ?? none),
  });
  const say = (one: Declared, action: "create" | "update" | "delete") => {
    if (one.kind.startsWith("data.")) return;
    found.effects.push({
      family: "terraform",
      path: one.path,
      line: one.block.line,
      // What goes into a module is its signature, not one of its things.
      action: one.kind === "variable" && action === "delete" ? "update" : action,
      kind: one.kind.slice(0, 200),
      name: one.name.slice(0, 300),
    });
    if (one.block.type === "resource") found.changed.push(one.name);
  };
  const tell = (one: Declared, problems: readonly { kind: string; detail: string; certain: boolean }[]) => {
    for (const { kind, detail, certain } of problems) {
      found.hazards.push({
        family: "terraform",
        path: one.path,
        line: one.block.line,
        kind,
        name: one.name.slice(0, 300),
        detail: detail.slice(0, 500),
        certain,
      });
    }
  };
  const renamed = new Map<string, string>();
  for (const { from, to, path, line } of moved) {
    const directory = directoryOf(path);
    const old = before.get(`${directory}\n${from}`);
    const fresh = after.get(`${directory}\n${to}`);
    if (!old || !fresh || after.has(`${directory}\n${from}`)) continue;
    renamed.set(`${directory}\n${to}`, `${directory}\n${from}`);
    found.effects.push({
      family: "terraform",
      path,
      line,
      action: "rename",
      kind: fresh.kind.slice(0, 200),
      name: from.slice(0, 300),
      to: to.slice(0, 300),
      mapped: true,
    });
  }
  const gone = new Set(renamed.values());
  // What only follows a declared move, by its reference to the new name, does not change.
  const moves = moved.filter(({ to, path }) => renamed.has(`${directoryOf(path)}\n${to}`)).map((
    { from, to, path },
  ) => ({ from: from.replaceAll(".", " . "), directory: directoryOf(path), to: wholeName(to) }));
  const asBefore = (text: string, directory: string) =>
    moves.reduce(
      (now, move) => move.directory === directory ? now.replaceAll(move.to, () => move.from) : now,
      text,
    );
  for (const [key, one] of after) {
    const old = before.get(renamed.get(key) ?? key);
    const unlabelled = (block: HclBlock) => hclPrint({ ...block, labels: [] });
    const names = named.get(directoryOf(one.path));
    const directory = directoryOf(one.path);
    const same = old !== undefined && unlabelled(old.block) === asBefore(unlabelled(one.block), directory);
    const resource = resourceOf(one, named);
    const earlier = old === undefined ? null : resourceOf(old, namedBefore).values;
    // What is the same once names are put in is no change: a literal that becomes a local.
    const inner = old !== undefined &&
      JSON.stringify(earlier) === asBefore(JSON.stringify(resource.values), directory);
    if (!old) say(one, "create");
    else if (inner && (same || one.block.type === "resource" || names === undefined)) continue;
    else if (!same || names !== undefined) say(one, "update");
    if (one.block.type === "resource" || one.block.type === "data") {
      const { problems, open } = judgeAws(resource, earlier);
      tell(one, problems);
      tell(one, provisioners(one.block, old?.block));
      const given = open.filter((name) =>
        JSON.stringify(member(earlier ?? {}, name)) !== JSON.stringify(member(resource.values, name))
      );
      if (given.length > 0) {
        found.open.push({
          family: "terraform",
          path: one.path,
          line: one.block.line,
          why: `${given.slice(0, 5).join(", ")} of ${one.name} ${
            given.length === 1 ? "is" : "are"
          } given by an expression: only a plan tells what it is`.slice(0, 500),
          class: "not-judged",
        });
      }
    } else if (one.block.type === "module") tell(one, moduleProblems(one.block, old?.block));
  }
  for (const [key, one] of before) {
    if (after.has(key) || gone.has(key)) continue;
    say(one, "delete");
    // A `removed` block that says destroy = false only lets go of it.
    if (one.block.type === "resource" && dropped.get(one.name) !== false) {
      tell(one, deletionProblems(one.kind, false));
    }
    if (one.block.type === "module") {
      tell(one, [{
        kind: "stateful-destroyed",
        detail: "the module goes with everything in it; only a plan tells what that is",
        certain: false,
      }]);
    }
  }
}

/** An address as a whole, as expressions are printed, token by token: neither the end of another one nor its beginning. */
function wholeName(address: string): RegExp {
  const tokens = address.split(".").map((token) => token.replaceAll(/[*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![\\w-]|\\. )${tokens.join(" \\. ")}(?![\\w-])`, "g");
}

function provisioners(
  block: HclBlock,
  before: HclBlock | undefined,
): { kind: string; detail: string; certain: boolean }[] {
  const running = (one: HclBlock | undefined) =>
    one?.blocks.filter(({ type }) => type === "provisioner").map(hclPrint) ?? [];
  const known = new Set(running(before));
  const fresh = running(block).some((print) => !known.has(print));
  const external = block.type === "data" && block.labels[0] === "external" && before === undefined;
  return fresh || external
    ? [{ kind: "apply-code", detail: "runs a program while it is applied", certain: false }]
    : [];
}

function moduleProblems(
  block: HclBlock,
  before: HclBlock | undefined,
): { kind: string; detail: string; certain: boolean }[] {
  const source = block.attributes.get("source");
  const earlier = before?.attributes.get("source");
  if (
    source?.is !== "literal" || typeof source.value !== "string" ||
    (earlier?.is === "literal" && earlier.value === source.value)
  ) return [];
  const text = source.value;
  if (/^\.{1,2}\//.test(text)) return [];
  const registry = /^(?:[\w.-]+\/)?[\w-]+\/[\w-]+\/[\w-]+(?:\/\/.*)?$/.test(text);
  const pinned = registry
    ? block.attributes.has("version")
    : /[?&]ref=(?:v?\d+\.\d+|[0-9a-f]{40})/.test(text);
  return pinned ? [] : [{
    kind: "unpinned-module",
    detail: "its source names no version: what is applied tomorrow may be something else",
    certain: true,
  }];
}

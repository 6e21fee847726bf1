import { type Found, nothingFound } from "../found.ts";
import { isObject, itemsOf, member, textOf, type Tree, type TreeObject } from "../tree.ts";
import { judgeAws } from "./aws.ts";
import { deletionProblems } from "./loss.ts";
import { planTree, type Resource } from "./resource.ts";

export interface ReadPlan extends Found {
  /** Every address that the plan speaks of, also of what it does not change. */
  addresses: Set<string>;
}

/** Whether JSON is what `terraform show -json` prints of a plan, whatever the file is called. */
export function isPlan(tree: Tree): boolean {
  return isObject(tree) && typeof member(tree, "format_version") === "string" &&
    (member(tree, "resource_changes") !== undefined ||
      (member(tree, "planned_values") !== undefined && member(tree, "configuration") !== undefined));
}

/** Whether JSON is a state: it holds the values of secrets in plain text. */
export function isState(tree: Tree): boolean {
  return isObject(tree) && typeof member(tree, "lineage") === "string" &&
    typeof member(tree, "serial") === "number" &&
    Array.isArray(member(tree, "resources"));
}

const KNOWN = new Set([
  "no-op",
  "create",
  "read",
  "update",
  "delete",
  "delete,create",
  "create,delete",
  "forget",
  "create,forget",
]);
/** Addresses are text of somebody else: only their own characters are shown. */
const ADDRESS = /^[\w.\-[\]"/: @]{1,300}$/;

/** Reads a plan. Of the values of a resource nothing is kept: what is wrong is told in words of our own. */
export function readPlan(path: string, plan: Tree): ReadPlan {
  const found: ReadPlan = { ...nothingFound(), addresses: new Set() };
  const refuse = (why: string): ReadPlan => {
    found.unread.push({ family: "terraform", path, why: why.slice(0, 500), class: "malformed" });
    return found;
  };
  const version = textOf(member(plan, "format_version")) ?? "";
  if (!/^(?:0\.\d+|1\.\d+)$/.test(version)) {
    return refuse("its format_version is not one that is known here (0.x, 1.x)");
  }
  if (member(plan, "errored") === true) {
    return refuse("the plan ended in an error, so that it does not tell everything");
  }
  if (member(plan, "complete") === false) {
    return refuse("the plan is not complete: it leaves changes for a later one");
  }
  const changes = member(plan, "resource_changes");
  if (changes !== undefined && changes !== null && !Array.isArray(changes)) {
    return refuse("resource_changes is no list");
  }
  for (const one of itemsOf(changes)) {
    const address = textOf(member(one, "address")) ?? "";
    const type = textOf(member(one, "type")) ?? "";
    const change = member(one, "change");
    const actions = itemsOf(member(change, "actions"));
    const action = actions.map(String).join(",");
    if (!ADDRESS.test(address) || type === "" || !isObject(change) || !KNOWN.has(action)) {
      return refuse(
        `a change has no address, no type or actions that are not known here (${
          action.replace(/[^a-z,-]/g, "").slice(0, 40)
        })`,
      );
    }
    found.addresses.add(address);
    const mode = textOf(member(one, "mode")) === "data" ? "data" as const : "managed" as const;
    const before = member(change, "before");
    const after = planTree(member(change, "after"), member(change, "after_unknown"));
    const hazard = (kind: string, detail: string, certain: boolean) =>
      found.hazards.push({
        family: "terraform",
        path,
        kind,
        name: address,
        detail: detail.slice(0, 500),
        certain,
      });
    if (mode === "managed") readAction(found, path, { address, type, action, one, change });
    if (action.includes("delete")) {
      for (const { kind, detail, certain } of deletionProblems(type, action.includes("create"))) {
        hazard(kind, detail, certain);
      }
    }
    if (isObject(after) && action !== "delete" && action !== "forget" && action !== "no-op") {
      const resource: Resource = { address, type, mode, values: after };
      const { problems, open } = judgeAws(resource, isObject(before) ? before as TreeObject : null);
      for (const { kind, detail, certain } of problems) hazard(kind, detail, certain);
      if (open.length > 0) {
        found.unread.push({
          family: "terraform",
          path,
          why: `${open.slice(0, 5).join(", ")} of ${address} ${
            open.length === 1 ? "is" : "are"
          } only known after apply`.slice(0, 500),
          class: "not-judged",
        });
      }
    }
  }
  // What the configuration holds and the plan does not change is spoken of, too.
  const walk = (modules: Tree[]) => {
    const queue = [...modules];
    while (queue.length > 0) {
      const next = queue.pop();
      for (const resource of itemsOf(member(next, "resources"))) {
        const address = textOf(member(resource, "address"));
        if (address !== null) found.addresses.add(address);
      }
      queue.push(...itemsOf(member(next, "child_modules")));
    }
  };
  walk([member(member(plan, "planned_values"), "root_module") ?? null]);
  found.read.push(path);
  return found;
}

function readAction(
  found: ReadPlan,
  path: string,
  { address, type, action, one, change }: {
    address: string;
    type: string;
    action: string;
    one: Tree;
    change: TreeObject;
  },
): void {
  const previous = textOf(member(one, "previous_address"));
  const say = (kind: "create" | "update" | "delete" | "replace") =>
    found.effects.push({ family: "terraform", path, action: kind, kind: type.slice(0, 200), name: address });
  if (previous !== null && previous !== address && ADDRESS.test(previous)) {
    found.effects.push({
      family: "terraform",
      path,
      action: "rename",
      kind: type.slice(0, 200),
      name: previous,
      to: address,
      mapped: true,
    });
  }
  switch (action) {
    case "create":
      say("create");
      break;
    case "update":
      say("update");
      break;
    case "delete":
    case "forget":
      say("delete");
      break;
    case "delete,create":
    case "create,delete":
    case "create,forget":
      say("replace");
      break;
    case "no-op":
      if (isObject(member(change, "importing"))) say("create");
  }
}

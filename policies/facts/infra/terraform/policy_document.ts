import { isObject, itemsOf, member, type Tree, type TreeObject, Unknown } from "../tree.ts";
import { readJson } from "../json_text.ts";

export interface PolicyProblem {
  kind: "iam-wildcard" | "public-policy";
  detail: string;
  certain: boolean;
}

const lists = (tree: Tree | undefined): string[] =>
  itemsOf(tree).flatMap((one) => typeof one === "string" ? [one] : []);
const everything = (text: string): boolean =>
  text !== "" && text.replace(/[*?:]/g, "") === "" && text.includes("*");

/** What an IAM policy lets everybody do, or lets somebody do without bounds. Null: it is only known later. */
export function policyProblems(document: Tree | undefined, isTrust: boolean): PolicyProblem[] | null {
  let tree = document;
  if (typeof tree === "string") {
    if (tree.trim() === "") return [];
    const read = readJson(tree);
    if (!read.ok) return null;
    tree = read.value;
  }
  if (tree instanceof Unknown) return null;
  if (!isObject(tree)) return [];
  return itemsOf(insensitive(tree, "statement")).flatMap((statement) =>
    isObject(statement) ? statementProblems(normal(statement), isTrust) : []
  );
}

/** The statements of a data block `aws_iam_policy_document`. */
export function documentBlockProblems(values: TreeObject): PolicyProblem[] {
  return itemsOf(member(values, "statement")).flatMap((one) => {
    if (!isObject(one)) return [];
    const principals: Record<string, string[]> = {};
    for (const block of itemsOf(member(one, "principals"))) {
      const type = member(block, "type");
      if (typeof type === "string") principals[type] = lists(member(block, "identifiers"));
    }
    return statementProblems({
      effect: typeof one.effect === "string" ? one.effect : "Allow",
      actions: lists(one.actions),
      notActions: lists(one.not_actions),
      resources: lists(one.resources),
      notResources: lists(one.not_resources),
      principals: Object.entries(principals).flatMap(([type, names]) =>
        type === "*" ? ["*"] : type === "AWS" ? names : []
      ),
      hasNotPrincipal: itemsOf(one.not_principals).length > 0,
      condition: itemsOf(one.condition).length > 0,
    }, false);
  });
}

interface Statement {
  effect: string;
  actions: string[];
  notActions: string[];
  resources: string[];
  notResources: string[];
  principals: string[];
  hasNotPrincipal: boolean;
  condition: boolean;
}

function insensitive(tree: TreeObject, name: string): Tree | undefined {
  return tree[Object.keys(tree).find((key) => key.toLowerCase() === name) ?? ""];
}

function normal(statement: TreeObject): Statement {
  const principal = insensitive(statement, "principal");
  return {
    effect: String(insensitive(statement, "effect") ?? ""),
    actions: lists(insensitive(statement, "action")),
    notActions: lists(insensitive(statement, "notaction")),
    resources: lists(insensitive(statement, "resource")),
    notResources: lists(insensitive(statement, "notresource")),
    principals: typeof principal === "string" ? [principal] : lists(member(principal, "AWS")),
    hasNotPrincipal: insensitive(statement, "notprincipal") !== undefined,
    condition: Object.keys(
      isObject(insensitive(statement, "condition")) ? insensitive(statement, "condition") as TreeObject : {},
    ).length > 0,
  };
}

function statementProblems(statement: Statement, isTrust: boolean): PolicyProblem[] {
  if (statement.effect.toLowerCase() !== "allow") return [];
  const problems: PolicyProblem[] = [];
  if ((statement.principals.some(everything) || statement.hasNotPrincipal) && !statement.condition) {
    problems.push({
      kind: "public-policy",
      detail: "allows everybody (Principal *) without a condition",
      certain: true,
    });
  }
  if (isTrust || statement.principals.length > 0) return problems;
  const all = statement.resources.length === 0 || statement.resources.some(everything) ||
    statement.notResources.length > 0;
  if (statement.actions.some(everything)) {
    problems.push({ kind: "iam-wildcard", detail: "allows every action (Action *)", certain: true });
  } else if (statement.notActions.length > 0) {
    problems.push({
      kind: "iam-wildcard",
      detail: "allows every action but some (Allow with NotAction)",
      certain: true,
    });
  } else if (
    all &&
    statement.actions.some((action) =>
      /^(?:iam|sts|organizations|kms|secretsmanager):[*?]+$/i.test(action) ||
      /^[^:]*[*?][^:]*(?::|$)/.test(action)
    )
  ) {
    problems.push({
      kind: "iam-wildcard",
      detail: "allows every action of a service that gives rights, on every resource",
      certain: true,
    });
  } else if (all && statement.actions.some((action) => /^[\w-]+:[*?]+$/.test(action))) {
    problems.push({
      kind: "iam-wildcard",
      detail: "allows every action of a service on every resource",
      certain: false,
    });
  }
  return problems;
}

/** Jira's objects as rows: what is asked for most as columns of their own, the whole beside them. */
import type { Json } from "../../../specs/mod.ts";
import type { Row } from "../../../specs/foundry/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { adfToMarkdown } from "./adf.ts";

type Item = { readonly [key: string]: Json };

/** An instant in UTC; what is none stays as it is. Jira writes zones without a colon. */
export function utc(value: Json | undefined): Json {
  if (typeof value !== "string") return value ?? null;
  const ms = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
  return Number.isNaN(ms) ? value : new Date(ms).toISOString();
}

const named = (value: Json | undefined): Json =>
  isObject(value) ? value.name ?? value.value ?? value.key ?? null : value ?? null;
const person = (value: Json | undefined): Json =>
  isObject(value) ? value.accountId ?? value.name ?? value.key ?? null : null;

/** `columns`: own columns by the id of the field. */
export function issueRow(issue: Item, columns: ReadonlyMap<string, string>): Row {
  const fields = isObject(issue.fields) ? issue.fields : {};
  const own: Row = {};
  for (const [column, field] of columns) own[column] = fields[field] ?? null;
  return {
    id: issue.id ?? null,
    key: issue.key ?? null,
    self: issue.self ?? null,
    project: isObject(fields.project) ? fields.project.key ?? null : null,
    issuetype: named(fields.issuetype),
    summary: fields.summary ?? null,
    status: named(fields.status),
    statusCategory: isObject(fields.status) ? named(fields.status.statusCategory) : null,
    priority: named(fields.priority),
    resolution: named(fields.resolution),
    assignee: person(fields.assignee),
    reporter: person(fields.reporter),
    labels: fields.labels ?? null,
    created: utc(fields.created),
    updated: utc(fields.updated),
    resolutiondate: utc(fields.resolutiondate),
    duedate: fields.duedate ?? null,
    parent: isObject(fields.parent) ? fields.parent.key ?? null : null,
    description: adfToMarkdown(fields.description),
    fields: issue.fields ?? null,
    ...own,
  };
}

/** A row for each field that a change changed: `history` names the change, `id` the row (Jira's own for its first field). */
export function changeRows(issue: { id: string; key: Json }, history: Item): Row[] {
  const items = Array.isArray(history.items) ? history.items.filter(isObject) : [];
  return items.map((item, at) => ({
    id: at === 0 ? history.id ?? null : `${history.id}.${at}`,
    issueId: issue.id,
    issueKey: issue.key,
    history: history.id ?? null,
    item: at,
    author: person(history.author),
    created: utc(history.created),
    field: item.field ?? null,
    fieldId: item.fieldId ?? null,
    fieldtype: item.fieldtype ?? null,
    from: item.from ?? null,
    fromText: item.fromString ?? null,
    to: item.to ?? null,
    // Every object has a `toString`; only the own one is Jira's.
    toText: (Object.hasOwn(item, "toString") ? item["toString"] : null) as Json,
  }));
}

export function commentRow(issue: { id: string; key: Json }, comment: Item): Row {
  return {
    issueId: issue.id,
    issueKey: issue.key,
    id: comment.id ?? null,
    author: person(comment.author),
    created: utc(comment.created),
    updated: utc(comment.updated),
    text: adfToMarkdown(comment.body),
    body: comment.body ?? null,
    visibility: comment.visibility ?? null,
  };
}

export function worklogRow(issue: { id: string; key: Json }, worklog: Item): Row {
  return {
    issueId: issue.id,
    issueKey: issue.key,
    id: worklog.id ?? null,
    author: person(worklog.author),
    created: utc(worklog.created),
    updated: utc(worklog.updated),
    started: utc(worklog.started),
    timeSpentSeconds: worklog.timeSpentSeconds ?? null,
    text: adfToMarkdown(worklog.comment),
  };
}

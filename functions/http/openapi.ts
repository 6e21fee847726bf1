/** OpenAPI 3.1 from the routes and their contracts: what is not a route is not described. */
import { z } from "zod";
import { ProblemDocument } from "../../specs/code/mod.ts";
import { PROBLEM_TYPE, type ProblemCode, PROBLEMS } from "./problem.ts";
import type { Answer, RouteSpec } from "./route.ts";

export interface OpenApi {
  openapi: "3.1.0";
  info: {
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, Schema> };
}
export interface Operation {
  summary: string;
  operationId: string;
  security: Record<string, string[]>[];
  parameters: { name: string; in: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: { required: true; content: Record<string, { schema: Schema }> };
  responses: Record<string, Reply>;
}
export interface Reply {
  description: string;
  headers?: Record<string, { description: string; schema: Schema }>;
  content?: Record<string, { schema: Schema }>;
}
export type Schema = Record<string, unknown>;

/** What every route may answer beside its own. */
const ALWAYS: readonly ProblemCode[] = [
  "forbidden-origin",
  "not-acceptable",
  "misdirected-host",
  "rate-limited",
  "internal",
  "stopping",
];
const WITH_KEY: readonly ProblemCode[] = ["unauthorized", "forbidden", "too-many-at-once"];

/** The schema of a contract, without the marks that belong to a document of its own. */
function schemaOf(contract: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(contract, { io, unrepresentable: "any" });
  return schema;
}

const pathOf = (path: string) => path.replace(/:([a-z]+)(\{[^}]*\})?/g, "{$1}");
const operationId = (
  spec: RouteSpec,
) => (spec.method.toLowerCase() +
  pathOf(spec.path).replace(/[^a-zA-Z0-9]+([a-zA-Z0-9]?)/g, (_, c: string) => c.toUpperCase()));

function parameters(spec: RouteSpec): Operation["parameters"] {
  const inPath = [...spec.path.matchAll(/:([a-z]+)/g)].map((match) => ({
    name: match[1] ?? "",
    in: "path",
    required: true,
    schema: { type: match[1] === "number" ? "integer" : "string" },
  }));
  const query = spec.query === undefined ? {} : schemaOf(spec.query, "input");
  const required = Array.isArray(query.required) ? query.required : [];
  const properties = (query.properties ?? {}) as Record<string, Schema>;
  const inQuery = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(typeof description === "string" ? { description } : {}),
    schema,
  }));
  const inHeader = Object.entries(spec.headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

function reply(answer: Answer): Reply {
  const type = answer.type ?? "application/json";
  const text = { schema: { type: "string" } };
  const content: Record<string, { schema: Schema }> = {};
  if (answer.contract !== undefined) content[type] = { schema: schemaOf(answer.contract, "output") };
  else if (answer.type !== undefined) content[type] = text;
  for (const [also, description] of Object.entries(answer.also ?? {})) {
    content[also] = { schema: { type: "string", description } };
  }
  const headers = Object.entries(answer.headers ?? {}).map(([name, description]) =>
    [name, { description, schema: { type: "string" } }] as const
  );
  return {
    description: answer.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(Object.keys(content).length === 0 ? {} : { content }),
  };
}

function responses(spec: RouteSpec): Record<string, Reply> {
  const found: Record<string, Reply> = {};
  for (const [status, answer] of Object.entries(spec.answers)) found[status] = reply(answer);
  const codes = [...ALWAYS, ...(spec.scope === null ? [] : WITH_KEY), ...(spec.troubles ?? [])];
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  for (const [status, group] of byStatus) {
    if (found[status] !== undefined) continue;
    found[status] = {
      description: `${group.map((code) => PROBLEMS[code].title).join("; ")} (${group.join(", ")})`,
      ...(status === 429
        ? { headers: { "Retry-After": { description: "seconds to wait", schema: { type: "integer" } } } }
        : {}),
      content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  }
  return found;
}

/** The document for these routes. */
export function openApi(routes: readonly RouteSpec[], version: string): OpenApi {
  const paths: OpenApi["paths"] = {};
  for (const spec of routes) {
    const operation: Operation = {
      summary: spec.summary,
      operationId: operationId(spec),
      security: spec.scope === null ? [] : [{ key: [] }, { session: [] }],
      parameters: parameters(spec),
      responses: responses(spec),
    };
    if (spec.body !== undefined) {
      const content = Object.entries(spec.body).map(([type, contract]) =>
        [type, { schema: contract === null ? { type: "string" } : schemaOf(contract, "input") }] as const
      );
      operation.requestBody = { required: true, content: Object.fromEntries(content) };
    }
    (paths[pathOf(spec.path)] ??= {})[spec.method.toLowerCase()] = operation;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Edgeforge",
      version,
      description: "Write a spec, get a governed, evidence-bearing pull request.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(ProblemDocument, "output") },
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "forge_<id>.<secret>" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "forge_session_<port>",
          description: "Of the dashboard; changes need its X-CSRF-Token.",
        },
      },
    },
  };
}

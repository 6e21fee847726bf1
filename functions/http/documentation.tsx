/** `/openapi.json`, and the same document as a page. */
import type { FC } from "hono/jsx";
import { page } from "./dashboard/frame.tsx";
import type { Door } from "./door.ts";
import { type OpenApi, openApi, type Operation, type Schema } from "./openapi.ts";
import { type ProblemCode, PROBLEMS, problemType } from "./problem.ts";
import { route, type RouteSpec } from "./route.ts";

const typeOf = (schema: Schema): string => {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((option) => typeOf(option as Schema)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf((schema.items ?? {}) as Schema)}`;
  return typeof schema.type === "string" ? schema.type : "any";
};

const Fields: FC<{ schema: Schema }> = ({ schema }) => {
  const options = schema.oneOf ?? (schema.properties === undefined ? schema.anyOf : undefined);
  if (Array.isArray(options)) return <>{options.map((option) => <Fields schema={option as Schema} />)}</>;
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const required = Array.isArray(schema.required) ? schema.required : [];
  return properties.length === 0 ? <p class="muted">{typeOf(schema)}</p> : (
    <table class="fields">
      <tbody>
        {properties.map(([name, field]) => (
          <tr>
            <th scope="row">
              <code>{name}</code>
              {required.includes(name) ? null : <span class="muted">optional</span>}
            </th>
            <td>
              <code class="break">{typeOf(field)}</code>
              {typeof field.description === "string"
                ? <span class="muted">{` ${field.description}`}</span>
                : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const OperationText: FC<{ path: string; method: string; operation: Operation }> = (
  { path, method, operation },
) => (
  <section class="operation" id={operation.operationId} aria-labelledby={`${operation.operationId}-name`}>
    <h2 id={`${operation.operationId}-name`}>
      <span class="method">{method.toUpperCase()}</span> <code class="break">{path}</code>
    </h2>
    <p>{operation.summary}</p>
    {operation.security.length === 0 ? <p class="muted">Needs no key.</p> : null}
    {operation.parameters.length === 0 ? null : (
      <details>
        <summary>Parameters</summary>
        <table class="fields">
          <tbody>
            {operation.parameters.map((parameter) => (
              <tr>
                <th scope="row">
                  <code>{parameter.name}</code> <span class="muted">{parameter.in}</span>
                </th>
                <td>
                  <code>{typeOf(parameter.schema)}</code> {parameter.description ?? ""}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    )}
    {operation.requestBody === undefined
      ? null
      : Object.entries(operation.requestBody.content).map(([type, { schema }]) => (
        <details>
          <summary>
            Body <code>{type}</code>
          </summary>
          <Fields schema={schema} />
        </details>
      ))}
    <details>
      <summary>Answers</summary>
      <table class="fields">
        <tbody>
          {Object.entries(operation.responses).map(([status, reply]) => (
            <tr>
              <th scope="row">
                <code>{status}</code>
              </th>
              <td>
                {reply.description}
                {Number(status) >= 300
                  ? null
                  : Object.entries(reply.content ?? {}).map(([type, { schema }]) => (
                    <details>
                      <summary>
                        <code>{type}</code>
                      </summary>
                      <Fields schema={schema} />
                    </details>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  </section>
);

const Problems: FC = () => (
  <section>
    <h2 id="problems">Problems</h2>
    <p>
      Errors are <code>application/problem+json</code> (RFC 9457). The <code>type</code> of each is stable.
    </p>
    <table class="fields">
      <tbody>
        {Object.entries(PROBLEMS).map(([code, { status, title }]) => (
          <tr id={`problem-${code}`}>
            <th scope="row">
              <code class="break">{problemType(code as ProblemCode)}</code>
            </th>
            <td>{status}</td>
            <td>{title}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

/** The routes that describe the others. */
export function documentationRoutes(described: readonly RouteSpec[], door: Door): RouteSpec[] {
  const document: OpenApi = openApi(described, door.version);
  const text = JSON.stringify(document);
  return [
    route({
      method: "GET",
      path: "/openapi.json",
      summary: "This interface as OpenAPI 3.1",
      scope: null,
      answers: { 200: { description: "The document" } },
      handle: () =>
        new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-cache" } }),
    }),
    route({
      method: "GET",
      path: "/docs",
      summary: "This interface as a page",
      scope: null,
      answers: { 200: { description: "The page", type: "text/html" } },
      handle: (c) =>
        page(
          { title: "API", current: "/docs", caller: c.get("caller") },
          <>
            <h1>API</h1>
            <p>
              Send a key as <code>Authorization: Bearer forge_…</code>. The same as a document:{" "}
              <a href="/openapi.json">OpenAPI 3.1</a>.
            </p>
            {Object.entries(document.paths).flatMap(([path, operations]) =>
              Object.entries(operations).map(([method, operation]) => (
                <OperationText path={path} method={method} operation={operation} />
              ))
            )}
            <Problems />
          </>,
        ),
    }),
  ];
}

import type { CodeLanguage, Route } from "../../../specs/mod.ts";
import { tokensOf } from "../source/lexicon.ts";
import { codeOf, partners, type Token } from "../source/token.ts";

export type Found = Omit<Route, "file">;

const METHODS = /^(?:get|post|put|patch|delete|options|head|all|any)$/i;
/** Frameworks by what a file imports. */
const JS =
  /["'](?:npm:|jsr:)?(@?(?:express|fastify|hono|koa-router|@koa\/router|@fastify\/[\w-]+|@hono\/[\w-]+|restify|polka|@nestjs\/common|oak|elysia|itty-router|find-my-way))(?:@[^"']{0,40})?(?:\/[\w-]{1,60}){0,3}["']/;
const PYTHON =
  /^\s*(?:from|import)\s+(fastapi|flask|starlette|quart|sanic|aiohttp|bottle|django|litestar|falcon)\b/m;
const GO =
  /"(net\/http|github\.com\/(?:gin-gonic\/gin|go-chi\/chi(?:\/v\d+)?|gorilla\/mux|labstack\/echo(?:\/v\d+)?|gofiber\/fiber(?:\/v\d+)?|julienschmidt\/httprouter))"/;
const JAVA = /^\s*import\s+(org\.springframework\.web|jakarta\.ws\.rs|javax\.ws\.rs|io\.micronaut\.http)\b/m;
const RUST = /\b(axum|actix_web|rocket|warp)::/;
/** Names under which routers go where a framework comes in from another file. */
const ROUTER =
  /^(?:app|router|routes?|server|api|fastify|instance|hono|r|rg|e|mux|m|g|group|v\d+|blueprint|bp|\w*(?:[rR]outer|App|Router|Api|API|Group|_app|_router|_bp|_blueprint))$/;

/** The routes that a file declares; null when it cannot be told. */
export function routesOf(text: string, language: CodeLanguage, path: string): Found[] {
  switch (language) {
    case "ecmascript":
      return JS.test(text) || /\b(?:Router|createApp|buildApp|FastifyInstance|Hono)\b/.test(text)
        ? ofCalls(text, language, JS.exec(text)?.[1] ?? "router")
        : [];
    case "python":
      return ofPython(text, path);
    case "go":
      return GO.test(text) ? ofGo(text, GO.exec(text)?.[1] ?? "net/http") : [];
    case "java":
      return JAVA.test(text) ? ofJava(text) : [];
    case "rust":
      return RUST.test(text) ? ofRust(text, RUST.exec(text)?.[1] ?? "axum") : [];
    case "shell":
      return [];
  }
}

const isPath = (token: Token | undefined): token is Token =>
  token?.kind === "string" && (token.value.startsWith("/") || token.value === "" || token.value === "*") &&
  !token.value.includes("\n") && token.value.length <= 300;
const route = (token: Token, method: string, framework: string): Found => ({
  line: token.line,
  method: /^(?:all|any)$/i.test(method) ? "ANY" : method.toUpperCase(),
  path: token.value.slice(0, 500),
  framework,
});

/** `app.get("/x", handler)` and decorators `@Get("/x")`. */
function ofCalls(text: string, language: CodeLanguage, framework: string): Found[] {
  const tokens = codeOf(tokensOf(text, language));
  const closing = partners(tokens);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || tokens[at + 1]?.text !== "(" || !METHODS.test(token.text)) continue;
    const first = tokens[at + 2];
    if (tokens[at - 1]?.text === "@" && framework.startsWith("@nestjs") && /^[A-Z]/.test(token.text)) {
      const line = token.line;
      found.push({
        line,
        method: token.text === "All" ? "ANY" : token.text.toUpperCase(),
        path: first?.kind === "string" ? first.value.slice(0, 500) : "",
        framework: "nest",
      });
      continue;
    }
    if (tokens[at - 1]?.text !== "." || !isPath(first) || first.value === "") continue;
    // A client's `get("/x")` has no handler.
    if (tokens[at + 3]?.text !== "," || !handles(tokens, at + 4, closing[at + 1] ?? tokens.length)) continue;
    const receiver = tokens[at - 2];
    const chained = receiver?.text === ")";
    if (!chained && !(receiver?.kind === "word" && ROUTER.test(receiver.text))) continue;
    found.push(route(first, token.text, framework));
  }
  return found;
}

/** Whether what stands between here and the end of the call ends in a function or its name. */
function handles(tokens: readonly Token[], start: number, end: number): boolean {
  const given = tokens.slice(start, Math.min(end, start + 4000));
  return given.some(({ text }) => text === "=>" || text === "function" || text === ">") ||
    (given.at(-1)?.kind === "word" && given[0]?.text !== "{") || given.at(-1)?.text === ")";
}

function ofPython(text: string, path: string): Found[] {
  const framework = PYTHON.exec(text)?.[1];
  if (
    framework === undefined && !/(?:^|\/)(?:urls|routes|views|api|routers?)[^/]*\.py$|\/routers?\//.test(path)
  ) return [];
  const tokens = codeOf(tokensOf(text, "python"));
  const closing = partners(tokens);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || tokens[at + 1]?.text !== "(") continue;
    const first = tokens[at + 2];
    const decorated = token.text !== "path" && tokens[at - 1]?.text === "." && tokens[at - 3]?.text === "@";
    if (
      decorated && isPath(first) &&
      (METHODS.test(token.text) || /^(?:route|api_route|websocket|websocket_route)$/.test(token.text))
    ) {
      const given = tokens.slice(at + 3, Math.min(closing[at + 1] ?? tokens.length, at + 200));
      const methods = given.findIndex(({ text: word }) => word === "methods");
      const named = methods < 0
        ? []
        : given.slice(methods + 1).filter(({ kind, value }) => kind === "string" && METHODS.test(value)).map((
          { value },
        ) => value);
      const list = METHODS.test(token.text)
        ? [token.text]
        : /websocket/.test(token.text)
        ? ["WEBSOCKET"]
        : named.length > 0
        ? named
        : [framework === "flask" || framework === "quart" ? "GET" : "ANY"];
      for (const method of list) found.push(route(first, method, framework ?? "python"));
      continue;
    }
    // Django: `path("x/", view)` of a urls.py.
    if (
      /^(?:path|re_path|url)$/.test(token.text) && /(?:^|\/)urls[^/]*\.py$/.test(path) &&
      first?.kind === "string" && tokens[at + 3]?.text === ","
    ) {
      found.push({ line: first.line, method: "ANY", path: first.value.slice(0, 500), framework: "django" });
    }
  }
  return found;
}

function ofGo(text: string, framework: string): Found[] {
  const tokens = codeOf(tokensOf(text, "go"));
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || tokens[at - 1]?.text !== "." || tokens[at + 1]?.text !== "(") continue;
    const first = tokens[at + 2];
    if (first?.kind !== "string" || tokens[at + 3]?.text !== ",") continue;
    if (/^(?:HandleFunc|Handle)$/.test(token.text)) {
      // `GET /x` since Go 1.22.
      const match = /^(?:([A-Z]{3,7})\s+)?((?:[\w.-]{1,100})?\/.*)$/.exec(first.value.slice(0, 300));
      if (match) found.push({ line: first.line, method: match[1] ?? "ANY", path: match[2] ?? "", framework });
      continue;
    }
    const receiver = tokens[at - 2];
    if (
      METHODS.test(token.text) && isPath(first) && first.value !== "" && receiver?.kind === "word" &&
      ROUTER.test(receiver.text) && framework !== "net/http"
    ) found.push(route(first, token.text, framework));
  }
  return found;
}

function ofJava(text: string): Found[] {
  const tokens = codeOf(tokensOf(text, "java"));
  const closing = partners(tokens);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.text !== "@" || token.kind !== "mark") continue;
    const name = tokens[at + 1];
    const match = /^(?:(Get|Post|Put|Patch|Delete|Request)Mapping|Path)$/.exec(name?.text ?? "");
    if (match === null || tokens[at + 2]?.text !== "(") continue;
    const given = tokens.slice(at + 3, Math.min(closing[at + 2] ?? tokens.length, at + 100));
    const paths = given.filter((one, index) =>
      one.kind === "string" && !/^(?:produces|consumes|params|headers|name)$/.test(attributeOf(given, index))
    );
    const method = match[1] === undefined || match[1] === "Request"
      ? given.find((one, index) =>
        one.kind === "word" && given[index - 1]?.text === "." && METHODS.test(one.text)
      )?.text ?? "ANY"
      : match[1];
    for (const one of paths) found.push(route(one, method, match[1] === undefined ? "jax-rs" : "spring"));
  }
  return found;
}

/** The name before the `=` that a value of an annotation stands behind. */
function attributeOf(tokens: readonly Token[], at: number): string {
  for (let before = at; before > 0; before--) {
    if (tokens[before]?.text === "=") return tokens[before - 1]?.text ?? "";
  }
  return "";
}

function ofRust(text: string, framework: string): Found[] {
  const tokens = codeOf(tokensOf(text, "rust"));
  const closing = partners(tokens);
  const found: Found[] = [];
  for (const [at, token] of tokens.entries()) {
    if (
      token.text === "route" && tokens[at - 1]?.text === "." && tokens[at + 1]?.text === "(" &&
      isPath(tokens[at + 2])
    ) {
      const end = Math.min(closing[at + 1] ?? tokens.length, at + 200);
      const methods = tokens.slice(at + 3, end).filter((one, index, all) =>
        METHODS.test(one.text) && all[index + 1]?.text === "("
      ).map(({ text: word }) => word);
      for (const method of methods.length > 0 ? methods : ["any"]) {
        found.push(route(tokens[at + 2] as Token, method, framework));
      }
    }
    // `#[get("/x")]`
    if (
      METHODS.test(token.text) && tokens[at - 1]?.text === "[" && tokens[at - 2]?.text === "#" &&
      isPath(tokens[at + 2])
    ) found.push(route(tokens[at + 2] as Token, token.text, framework));
  }
  return found;
}

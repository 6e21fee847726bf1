import type { Finding, IntentType, Route, RouteFacts } from "../../specs/mod.ts";
import type { Scope } from "../facts/scope.ts";
import { namesPath, type Rename } from "./named.ts";

/** What C3 says of routes: `findings` deny, `doubtful` asks. */
export interface RouteIntent {
  findings: Finding[];
  doubtful: Finding[];
}

/** Whether an entry of `removes` is this route: `/users`, `GET /users`, behind its file or alone, or its whole file. */
export function namesRoute(entry: string, route: Route): boolean {
  const wanted = entry.trim();
  const [where, what] = wanted.includes("::")
    ? [wanted.slice(0, wanted.indexOf("::")), wanted.slice(wanted.indexOf("::") + 2)]
    : ["", wanted];
  if (where !== "" && where !== route.file) return false;
  return what === route.path || what.toUpperCase() === `${route.method} ${route.path}`.toUpperCase() ||
    (where === "" && namesPath(wanted, route.file));
}

const told = ({ method, path }: Route): string =>
  `${method} ${path === "" ? "(the root of its router)" : path}`;

/** Routes that go without a name, and routes that a change of form brings or takes. */
export function routeIntent(
  routes: RouteFacts | undefined,
  given: { removes: readonly string[]; renames: readonly Rename[]; scope: Scope },
): RouteIntent {
  const said: RouteIntent = { findings: [], doubtful: [] };
  const { removes, renames, scope } = given;
  const types = (file: string): IntentType[] => scope.intentsFor(file).map(({ type }) => type);
  const isNamed = (one: Route) =>
    removes.some((entry) => namesRoute(entry, one)) || renames.some(({ from }) => namesRoute(from, one));
  for (const one of routes?.removed ?? []) {
    const own = types(one.file);
    // What no intent covers is the finding of the scope gate.
    if (own.length === 0 || isNamed(one)) continue;
    const updates = own.some((type) => type !== "REFACTOR");
    const likely = (routes?.added ?? []).find((other) =>
      sameEnd(one, other) || (updates && samePlace(one, other))
    );
    const finding: Finding = {
      message: `The route ${told(one)} of ${one.file} disappears${
        likely ? `, and ${told(likely)} appears` : ""
      }; the spec does not say so`,
      path: one.file,
      remediation: `Restore it, or add ${JSON.stringify(`${one.method} ${one.path}`)} to intent.removes${
        likely ? " or intent.renames" : ""
      }`,
    };
    (likely === undefined ? said.findings : said.doubtful).push(finding);
  }
  for (const one of routes?.added ?? []) {
    const own = types(one.file);
    if (own.length === 0 || own.some((type) => type !== "REFACTOR" && type !== "DESTROY")) continue;
    if (
      renames.some(({ to }) => namesRoute(to, one)) ||
      (routes?.removed ?? []).some((other) => sameEnd(other, one))
    ) continue;
    said.findings.push({
      message: `The route ${told(one)} of ${one.file} is new; ${own.join(", ")} brings no route`,
      path: one.file,
      line: one.line,
      remediation: `Take it out, or declare CREATE or UPDATE for ${one.file}`,
    });
  }
  return said;
}

/** The same route under another prefix, as in a router that is mounted elsewhere, or with another name of a parameter. */
function sameEnd(one: Route, other: Route): boolean {
  const plain = (path: string) => path.replace(/[:{<][^/}>]*[}>]?/g, ":").replace(/^\/+|\/+$/g, "");
  const [a, b] = [plain(one.path), plain(other.path)];
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`) || a === "" || b === "";
}

/** A route that may have been renamed on purpose: an UPDATE may do that, a REFACTOR may not. */
const samePlace = (one: Route, other: Route): boolean =>
  one.file === other.file && one.method === other.method;

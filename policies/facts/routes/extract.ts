import type { FileFacts, Route, RouteFacts } from "../../../specs/mod.ts";
import type { Contents } from "../content.ts";
import { placeOf } from "../oversight_place.ts";
import { routesOf } from "./find.ts";

const MAX_ROUTES = 1000;
const MAX_TEXT = 500_000;

/** HTTP routes that come or go; what only moves to another changed file does neither. */
export async function routeFacts(files: readonly FileFacts[], contents: Contents): Promise<RouteFacts> {
  const sides: { base: Route[]; head: Route[] } = { base: [], head: [] };
  const unread: string[] = [];
  for (const file of files) {
    if (file.language === null || file.kind !== "code") continue;
    const [base, head] = [await contents.base(file), await contents.head(file)];
    if (base === head || /^(?:test|generated)$/.test(placeOf(file, base, head).place)) continue;
    if (
      (base?.length ?? 0) > MAX_TEXT || (head?.length ?? 0) > MAX_TEXT || contents.tooLarge.has(file.path)
    ) {
      unread.push(file.path);
      continue;
    }
    const { language } = file;
    const from = file.from ?? file.path;
    const of = (text: string | null, path: string) =>
      text === null ? [] : routesOf(text, language, path).map((one) => ({ ...one, file: path }));
    if (file.status !== "C") sides.base.push(...of(base, from));
    sides.head.push(...of(head, file.path));
  }
  const keyOf = ({ method, path }: Route) => `${method} ${path}`;
  const without = (list: readonly Route[], other: readonly Route[]) => {
    const left = new Map<string, number>();
    for (const one of other) left.set(keyOf(one), (left.get(keyOf(one)) ?? 0) + 1);
    return list.filter((one) => {
      const count = left.get(keyOf(one)) ?? 0;
      left.set(keyOf(one), count - 1);
      return count <= 0;
    });
  };
  return {
    added: without(sides.head, sides.base).slice(0, MAX_ROUTES),
    removed: without(sides.base, sides.head).slice(0, MAX_ROUTES),
    unread: unread.slice(0, MAX_ROUTES),
  };
}

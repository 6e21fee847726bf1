/** What runs foreign code and queries in a process of its own: loaded when there is some. */

export const rowFunction: typeof import("./row_function.ts").rowFunction = async (name, compiled, limits) =>
  await (await import("./row_function.ts")).rowFunction(name, compiled, limits);

export const queryTables: typeof import("./query.ts").queryTables = async (queries) =>
  queries.length === 0 ? [] : await (await import("./query.ts")).queryTables(queries);

export const sqliteQuery: typeof import("./query.ts").sqliteQuery = async (path, request) =>
  await (await import("./query.ts")).sqliteQuery(path, request);

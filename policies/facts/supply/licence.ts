/** Whether an SPDX expression is allowed by a list of identifiers: null when it is none that can be read. */
export function licenceAllowed(expression: string, allowed: readonly string[]): boolean | null {
  const wanted = new Set(allowed.map((one) => one.trim().toLowerCase()));
  // Old crates write `MIT/Apache-2.0` and mean either.
  const tokens = expression.replace(/\s*\/\s*/g, " OR ").match(/[()]|[^\s()]+/g) ?? [];
  if (tokens.length === 0 || tokens.length > 200) return null;
  let at = 0;
  const word = () => tokens[at]?.toUpperCase();

  function one(depth: number): boolean | null {
    if (depth > 20) return null;
    const token = tokens[at];
    if (token === undefined || token === ")") return null;
    at++;
    if (token === "(") {
      const inner = either(depth + 1);
      if (tokens[at++] !== ")") return null;
      return inner;
    }
    if (!/^[A-Za-z0-9][A-Za-z0-9.+:-]*$/.test(token)) return null;
    if (word() === "WITH") {
      const exception = tokens[at + 1];
      at += 2;
      if (exception === undefined) return null;
      // An exception only gives more rights.
      return wanted.has(`${token} with ${exception}`.toLowerCase()) || wanted.has(token.toLowerCase());
    }
    return wanted.has(token.toLowerCase());
  }

  function both(depth: number): boolean | null {
    let all = one(depth);
    while (word() === "AND") {
      at++;
      const next = one(depth);
      all = all === null || next === null ? null : all && next;
    }
    return all;
  }

  function either(depth: number): boolean | null {
    let any = both(depth);
    while (word() === "OR") {
      at++;
      const next = both(depth);
      any = any === null || next === null ? null : any || next;
    }
    return any;
  }

  const allowedByAll = either(0);
  return at === tokens.length ? allowedByAll : null;
}

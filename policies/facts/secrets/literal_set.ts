/** Many literals, found in one pass: a trie in a table, walked from each place whose first two characters begin one of them. */
export interface LiteralSet {
  /** The longest literal that stands first at or behind `from`, or null. */
  next(text: string, from: number): Hit | null;
}

export interface Hit {
  index: number;
  literal: string;
}

const ASCII = 128;

/** Literals of ASCII characters, at least two of them each; where several begin at one place, the longest is found. */
export function literalSet(literals: readonly string[]): LiteralSet {
  const distinct = [...new Set(literals)];
  const nodes: Map<number, number>[] = [new Map()];
  const ends: (string | undefined)[] = [undefined];
  for (const literal of distinct) {
    if (literal.length < 2) throw new Error(`A literal must have two characters at least: "${literal}"`);
    let node = 0;
    for (let at = 0; at < literal.length; at++) {
      const code = literal.charCodeAt(at);
      if (code >= ASCII) throw new Error(`A literal must be of ASCII characters: "${literal}"`);
      let next = nodes[node]?.get(code);
      if (next === undefined) {
        next = nodes.push(new Map()) - 1;
        ends.push(undefined);
        nodes[node]?.set(code, next);
      }
      node = next;
    }
    ends[node] = literal;
  }
  const table = new Uint16Array(nodes.length * ASCII);
  for (const [node, edges] of nodes.entries()) {
    for (const [code, next] of edges) table[node * ASCII + code] = next;
  }
  /** For the first two characters: the node behind them, 0 for none. */
  const pairs = new Uint16Array(ASCII * ASCII);
  for (const [first, node] of nodes[0] ?? []) {
    for (const [second, next] of nodes[node] ?? []) pairs[first * ASCII + second] = next;
  }
  return {
    next(text, from) {
      const last = text.length - 1;
      if (from >= last) return null;
      let code = text.charCodeAt(from);
      for (let index = from; index < last; index++) {
        const second = text.charCodeAt(index + 1);
        const node = code < ASCII && second < ASCII ? pairs[code * ASCII + second] ?? 0 : 0;
        code = second;
        if (node === 0) continue;
        const literal = longest(table, ends, node, text, index + 2);
        if (literal !== undefined) return { index, literal };
      }
      return null;
    },
  };
}

function longest(
  table: Uint16Array,
  ends: readonly (string | undefined)[],
  from: number,
  text: string,
  at: number,
): string | undefined {
  let node = from;
  let found = ends[node];
  for (let next = at; next < text.length; next++) {
    const code = text.charCodeAt(next);
    node = code < ASCII ? table[node * ASCII + code] ?? 0 : 0;
    if (node === 0) break;
    found = ends[node] ?? found;
  }
  return found;
}

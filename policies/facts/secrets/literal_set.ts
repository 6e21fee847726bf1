/** Many literals, found in one pass: a trie in a table, walked from each place whose first two characters begin one of them. */
export interface LiteralSet {
  /** The longest literal that stands first at or behind `from`, or null. */
  next(text: string, from: number): Hit | null;
}

/** Several sets of literals in one table, each known by a bit: `1` the first of them, `2` the second, `4` the third. */
export interface LiteralKinds {
  /** The longest literal of the set with this bit that stands first at or behind `from`, or null. */
  next(text: string, from: number, kind: number): Hit | null;
  /** The bits of the sets of which a literal stands anywhere in the text: one pass for all. */
  kindsIn(text: string): number;
}

export interface Hit {
  index: number;
  literal: string;
}

const ASCII = 128;
const MAX_KINDS = 8;

/** Literals of ASCII characters, at least two of them each; where several begin at one place, the longest is found. */
export function literalSet(literals: readonly string[]): LiteralSet {
  const { next } = literalKinds([literals]);
  return { next: (text, from) => next(text, from, 1) };
}

/** The same for several sets. */
export function literalKinds(sets: readonly (readonly string[])[]): LiteralKinds {
  if (sets.length > MAX_KINDS) throw new Error(`Cannot tell more than ${MAX_KINDS} sets of literals apart`);
  let rows = 1;
  for (const literals of sets) for (const literal of literals) rows += literal.length;
  /** For a node and a character: the node behind it, 0 for none. */
  const table = new Uint16Array(rows * ASCII);
  /** The sets of which a literal ends at a node. */
  const kinds = new Uint8Array(rows);
  const names: string[] = [];
  let nodes = 1;
  sets.forEach((literals, set) => {
    for (const literal of literals) {
      if (literal.length < 2) throw new Error(`A literal must have two characters at least: "${literal}"`);
      let node = 0;
      for (let at = 0; at < literal.length; at++) {
        const code = literal.charCodeAt(at);
        if (code >= ASCII) throw new Error(`A literal must be of ASCII characters: "${literal}"`);
        const place = node * ASCII + code;
        node = table[place] ||= nodes++;
      }
      if (nodes > 0xffff) throw new Error("Cannot keep so many literals in one table");
      kinds[node] = (kinds[node] ?? 0) | (1 << set);
      names[node] = literal;
    }
  });
  const all = (1 << sets.length) - 1;
  /** For the first two characters: the node behind them, 0 for none. */
  const pairs = new Uint16Array(ASCII * ASCII);
  for (let first = 0; first < ASCII; first++) {
    const node = table[first] ?? 0;
    if (node > 0) pairs.set(table.subarray(node * ASCII, (node + 1) * ASCII), first * ASCII);
  }
  return {
    next(text, from, kind) {
      const last = text.length - 1;
      if (from >= last) return null;
      let code = text.charCodeAt(from);
      for (let index = from; index < last; index++) {
        const second = text.charCodeAt(index + 1);
        let node = code < ASCII && second < ASCII ? pairs[code * ASCII + second] ?? 0 : 0;
        code = second;
        let found = 0;
        for (let at = index + 2; node !== 0; at++) {
          if (((kinds[node] ?? 0) & kind) !== 0) found = node;
          const next = at <= last ? text.charCodeAt(at) : ASCII;
          node = next < ASCII ? table[node * ASCII + next] ?? 0 : 0;
        }
        if (found !== 0) return { index, literal: names[found] ?? "" };
      }
      return null;
    },
    kindsIn(text) {
      const last = text.length - 1;
      let seen = 0;
      let code = last > 0 ? text.charCodeAt(0) : ASCII;
      for (let index = 0; index < last && seen !== all; index++) {
        const second = text.charCodeAt(index + 1);
        let node = code < ASCII && second < ASCII ? pairs[code * ASCII + second] ?? 0 : 0;
        code = second;
        for (let at = index + 2; node !== 0; at++) {
          seen |= kinds[node] ?? 0;
          const next = at <= last ? text.charCodeAt(at) : ASCII;
          node = next < ASCII ? table[node * ASCII + next] ?? 0 : 0;
        }
      }
      return seen;
    },
  };
}

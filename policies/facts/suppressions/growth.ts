import type { Found } from "./find.ts";

const REACH = { line: 0, block: 1, file: 2, project: 3 } as const;

/** How much a mark switches off: how far it reaches, and whether it names what. */
const widthOf = ({ scope, rules }: Found): number => REACH[scope] * 2 + (rules.length === 0 ? 1 : 0);
const unitsOf = ({ rules }: Found): number => Math.max(1, rules.length);

/**
 * The marks of head by which a file has more than at base, for each tool. A wide mark that goes makes room for narrower ones in its
 * place, and never the other way round: `# noqa` that becomes `# noqa: E501` is less, the reverse is more. A mark whose code was
 * edited stays what it was.
 */
export function grown(base: readonly Found[], head: readonly Found[]): Found[] {
  const added: Found[] = [];
  for (const tool of new Set(head.map((one) => one.tool))) {
    const [before, after] = [base, head].map((list) => list.filter((one) => one.tool === tool)) as [
      Found[],
      Found[],
    ];
    let room = 0;
    const widths = [...new Set([...before, ...after].map(widthOf))].sort((a, z) => z - a);
    for (const width of widths) {
      const [old, now] = [before, after].map((list) => list.filter((one) => widthOf(one) === width)) as [
        Found[],
        Found[],
      ];
      const sum = (list: readonly Found[]) => list.reduce((total, one) => total + unitsOf(one), 0);
      const more = sum(now) - sum(old) - room;
      room = Math.max(0, -more);
      if (more <= 0) continue;
      // Those that stand where none of base stood first, the last of the file before the first.
      const known = new Map<string, number>();
      for (const { key } of old) known.set(key, (known.get(key) ?? 0) + 1);
      const [fresh, kept]: [Found[], Found[]] = [[], []];
      for (const one of now) {
        const left = known.get(one.key) ?? 0;
        if (left > 0) known.set(one.key, left - 1);
        (left > 0 ? kept : fresh).push(one);
      }
      let open = more;
      for (const one of [...fresh.toReversed(), ...kept.toReversed()]) {
        if (open <= 0) break;
        added.push(one);
        open -= unitsOf(one);
      }
    }
  }
  return added.sort((a, z) => a.line - z.line);
}

/** Marks of base that head does not have any more, by what they are about. */
export function gone(base: readonly Found[], head: readonly Found[]): Found[] {
  const left = new Map<string, number>();
  for (const { key } of head) left.set(key, (left.get(key) ?? 0) + 1);
  return base.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

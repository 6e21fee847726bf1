/** A chain as text: its stages in levels, each with what it takes. */

interface Drawn {
  readonly id: string;
  readonly kind: "code" | "data";
  readonly what: string;
  readonly status?: string | undefined;
  readonly dependsOn: readonly {
    readonly stage: string;
    readonly takes: readonly string[];
    readonly ends: readonly string[];
  }[];
}

/** Which stages may be run side by side: each level after the ones before it. What lies in a circle has no level. */
export function levelsOf<T extends Pick<Drawn, "id"> & { dependsOn: readonly { stage: string }[] }>(
  stages: readonly T[],
): T[][] {
  const placed = new Set<string>();
  const ids = new Set(stages.map(({ id }) => id));
  const levels: T[][] = [];
  for (let left = [...stages]; left.length > 0;) {
    const next = left.filter(({ dependsOn }) =>
      dependsOn.every(({ stage }) => placed.has(stage) || !ids.has(stage))
    );
    if (next.length === 0) return levels;
    levels.push(next);
    for (const { id } of next) placed.add(id);
    left = left.filter(({ id }) => !placed.has(id));
  }
  return levels;
}

/** Control characters and line breaks of what others have written are no part of a picture. */
const plain = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").slice(0, 100);

export function chainPicture(stages: readonly Drawn[]): string {
  const lines: string[] = [];
  const last = levelsOf(stages).flat();
  const width = Math.max(0, ...last.map(({ id }) => id.length));
  for (const [level, row] of levelsOf(stages).entries()) {
    if (level > 0) lines.push(`${" ".repeat(2)}│`);
    for (const { id, kind, what, status, dependsOn } of row) {
      const said = status === undefined ? "" : `  ${status}`;
      lines.push(`${level === 0 ? "  " : "  ▼ "}${id.padEnd(width)}  ${kind}  ${plain(what)}${said}`);
      for (const { stage, takes, ends } of dependsOn) {
        const when = ends.length === 1 && ends[0] === "completed" ? "" : `  when ${ends.join(" or ")}`;
        for (const one of takes.length === 0 ? ["after"] : takes) {
          lines.push(
            `      ${plain(one.replace("<- ", `<- ${stage}.`))}${
              takes.length === 0 ? ` ${stage}` : ""
            }${when}`,
          );
        }
      }
    }
  }
  return lines.join("\n");
}

/** How far off a comparison lets a number be, where the assertion says so itself. */
export interface Tolerance {
  /** The assertion without it. */
  rest: string;
  /** Larger is wider. */
  width: number;
}

const NUMBER = String.raw`(-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?)`;
/** By how much: `delta=0.5`, `abs = 1e-9`, the last argument of `InDelta`. */
const BY = [
  new RegExp(String.raw`\b(?:delta|abs|rel|abs_tol|rel_tol|atol|rtol|epsilon)\s*[=:]\s*${NUMBER}`, "i"),
  new RegExp(String.raw`\bInDelta(?:Slice|f)?\b.* , ${NUMBER}(?= ,|$)`),
];
/** To how many digits: `places=7`, the last argument of `toBeCloseTo`. */
const DIGITS = [
  new RegExp(String.raw`\bplaces\s*=\s*${NUMBER}`),
  new RegExp(String.raw`\b(?:toBeCloseTo|closeTo)\b.* , ${NUMBER}$`),
];

/** The tolerance of an assertion's text, or null when it names none. */
export function toleranceOf(text: string): Tolerance | null {
  for (const [patterns, sign] of [[BY, 1], [DIGITS, -1]] as const) {
    for (const pattern of patterns) {
      const found = pattern.exec(text);
      const number = found?.[1];
      if (found === null || number === undefined) continue;
      const at = found.index + found[0].lastIndexOf(number);
      return {
        rest: text.slice(0, at) + text.slice(at + number.length),
        width: sign * Number(number.replaceAll("_", "")),
      };
    }
  }
  return null;
}

/** Whether the same is asserted as before, with more room. */
export function isWider(before: string, after: string): boolean {
  const [old, now] = [toleranceOf(before), toleranceOf(after)];
  return old !== null && now !== null && old.rest === now.rest && now.width > old.width;
}

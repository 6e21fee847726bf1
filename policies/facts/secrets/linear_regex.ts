import { err, ok, type Problem, type Result } from "../../../specs/mod.ts";
import { cannotImport } from "./gitleaks_config.ts";

/** A pattern whose cost is linear in the text. */
export interface Regex {
  groupCount(): number;
  /** Whether it matches anywhere, without asking where: several times as fast. */
  test(text: string): boolean;
  matcher(text: string): {
    find(from?: number): boolean;
    start(group?: number): number;
    end(group?: number): number;
    group(group: number): string | null;
    groupCount(): number;
  };
}

export type Compile = (pattern: string, path: string) => Result<Regex, Problem>;

/** Instructions of the largest pattern, and of all patterns of one file: more would be slow with every text. */
const MAX_PROGRAM = 50_000;
const MAX_ALL = 1_500_000;

/** The engine is loaded when the first rules are brought. */
export async function compileWith(): Promise<Compile> {
  const { RE2JS } = await import("re2js");
  let all = 0;
  return (pattern, path) => {
    let made: ReturnType<typeof RE2JS.compile>;
    try {
      made = RE2JS.compile(pattern);
    } catch (error) {
      return err(cannotImport(
        path,
        `the pattern is not of RE2: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`,
        "Write it without lookaround and references back, which RE2 does not have",
        pattern,
      ));
    }
    const size = made.programSize();
    all += size;
    if (size > MAX_PROGRAM || all > MAX_ALL) {
      return err(cannotImport(
        path,
        `the pattern has ${size} instructions, all so far ${all}; at most ${MAX_PROGRAM} and ${MAX_ALL} are taken`,
        "Take smaller repetitions, or fewer patterns",
        pattern,
      ));
    }
    return ok(made);
  };
}

import type {
  DeclaredChange,
  DeclaredSide,
  Finding,
  PatchFacts,
  Spec,
  SupplyFacts,
} from "../../specs/mod.ts";
import { intentsOf } from "../../specs/code/mod.ts";
import { lookalike } from "../facts/supply/popular.ts";
import { type Mentions, namesManifest } from "./supply_mention.ts";

/** A finding, and whether no honest tool writes the same. */
export interface Told extends Finding {
  certain: boolean;
}

/** Words of a spec that ask for an older version. */
export const BACK = /\b(?:downgrad\w*|revert\w*|roll(?:s|ed|ing)?[ -]?back|pin(?:s|ned|ning)?|dedup\w*)\b/;
const RANGES = /\b(?:un)?pin(?:s|ned|ning)?\b|\brelax\w*|\bloosen\w*|\branges?\b|\bconstraints?\b/;

const ECOSYSTEMS = ["npm", "pypi", "cargo", "go", "maven"] as const;
export const anyName = (mentions: Mentions, name: string): boolean =>
  ECOSYSTEMS.some((one) => mentions.name(one, name));
export const isNew = (patch: PatchFacts, path: string): boolean =>
  patch.files.some((file) => file.path === path && file.status === "A");

type Add = (message: string, remediation: string, certain: boolean) => void;

function collected(one: DeclaredChange, fill: (add: Add, after: DeclaredSide) => void): Told[] {
  const told: Told[] = [];
  const { path, line, after } = one;
  if (after === null) return told;
  fill(
    (message, remediation, certain) =>
      told.push({ message, path, ...(line === undefined ? {} : { line }), remediation, certain }),
    after,
  );
  return told;
}

const isFresh = ({ before, after, familiar }: DeclaredChange): boolean =>
  before === null && !familiar && after !== null && !["path", "workspace", "outside"].includes(after.source);

/** Where a dependency comes from, and what its name looks like. */
export function sourceFindings(one: DeclaredChange, mentions: Mentions): Told[] {
  const { before, path, name } = one;
  const asked = mentions.name(one.ecosystem, name);
  return collected(one, (add, after) => {
    const elsewhere = (after.source === "git" || after.source === "url") && one.ecosystem !== "url" &&
      (before === null || before.source !== after.source ||
        repository(before.range) !== repository(after.range));
    if (after.source === "outside") {
      add(
        `${path} takes ${name} from ${after.range.slice(0, 200)}, outside the repository and of any registry`,
        `Take ${name} from a registry, or from a place in the repository`,
        true,
      );
    } else if (
      elsewhere && !(asked &&
        mentions.words(/\bgit\b|github|gitlab|bitbucket|https?:|\bforks?\b|\burl\b|\btarball\b|\breplace\b/))
    ) {
      add(
        `${path} takes ${name} from ${after.source === "git" ? "a repository" : "an address"} (${
          after.range.slice(0, 200)
        }), where it can change at any time`,
        `Take ${name} from the registry, or name it and its source in the spec`,
        !asked,
      );
    }
    const like = isFresh(one) ? lookalike(one.ecosystem, name) : null;
    if (like !== null) {
      add(
        `${name} looks like ${like}, which is another package`,
        `Use ${like}, or let a human answer for ${name}`,
        !asked,
      );
    }
  });
}

/** What only a spec can ask for: a package that is new to the repository, an older version, an open range. */
export function askedFindings(
  one: DeclaredChange,
  supply: SupplyFacts,
  spec: Spec,
  patch: PatchFacts,
  mentions: Mentions,
): Told[] {
  const { before, path, name } = one;
  if (mentions.name(one.ecosystem, name)) return [];
  return collected(one, (add, after) => {
    if (isFresh(one) && !expected(one, supply, spec, patch, mentions)) {
      add(
        `${path} declares ${name}, which is new to the repository, and the spec does not ask for it`,
        `Take ${name} out, or name it in the spec's text, or ${JSON.stringify(path)} in intent.scope`,
        false,
      );
    }
    if (one.downgraded && !mentions.words(BACK)) {
      add(
        `${path} asks for ${name} ${after.range} instead of ${before?.range}, which is older`,
        `Keep ${before?.range}, or ask for the older version in the spec`,
        false,
      );
    }
    const unbounded = /^(?:\*|latest|x|>=?\s*0(?:\.0)*)?$/i.test(after.range.trim());
    if (one.widened && unbounded && before !== null && !mentions.words(RANGES)) {
      add(
        `${path} lets in any version of ${name}; it asked for ${before.range} before`,
        `Keep ${before.range}, or say in the spec that the range may open`,
        false,
      );
    }
  });
}

/** The repository of an address, without the commit or version. */
const repository = (address: string): string =>
  address.replace(/[#@][^/]*$/, "").replace(/\d+(?:\.\d+)*/g, "");

/** Whether the spec lets a manifest declare something new, without naming it. */
function expected(
  one: DeclaredChange,
  supply: SupplyFacts,
  spec: Spec,
  patch: PatchFacts,
  mentions: Mentions,
): boolean {
  const here = supply.declared.filter(({ path, after }) => path === one.path && after !== null);
  if (one.after?.group === "indirect") {
    // What others need comes with them; by itself it is a dependency like any other.
    if (here.some(({ after, before }) => after?.group === "runtime" && before?.range !== after.range)) {
      return true;
    }
  }
  if (
    one.after?.group === "override" && one.before === null && one.after.source === "registry" &&
    one.ecosystem !== "go"
  ) return true;
  if (isNew(patch, one.path)) {
    const brings = intentsOf(spec).some(({ type }) =>
      type === "CREATE" || type === "IMPORT" || type === "MIGRATE"
    );
    if (brings) return true;
  }
  if (!namesManifest(spec, one.path)) return false;
  // A spec that names packages asks for those, and for what goes with them.
  const named = supply.declared.filter((each) => mentions.name(each.ecosystem, each.name));
  if (named.length === 0) return true;
  return named.some((each) => related(each.name, one.name));
}

/** Whether two packages belong together by their names: `react` and `react-dom`, `vite` and `@vitejs/plugin-react`. */
function related(a: string, z: string): boolean {
  const words = (name: string) =>
    name.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word.length >= 3 && !COMMON.has(word));
  return words(a).some((word) => words(z).some((other) => other.startsWith(word) || word.startsWith(other)));
}

const COMMON = new Set([
  "com",
  "org",
  "net",
  "github",
  "golang",
  "google",
  "gopkg",
  "node",
  "core",
  "lib",
  "the",
  "js",
  "python",
  "types",
]);

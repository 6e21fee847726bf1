import type { FileFacts, OversightPlace } from "../../specs/mod.ts";
import { protectedClass } from "./protected_path.ts";

/** Folders of code that others wrote, or that a program writes. */
const VENDORED =
  /(?:^|\/)(?:vendor|third[-_]?party|node_modules|bower_components|dist|generated|__generated__|gen-src|autogen)\//i;
const GENERATED_NAME =
  /\.(?:min\.[cm]?js|bundle\.js|pb\.(?:go|h|cc)|pb\.gw\.go|g\.dart|freezed\.dart|designer\.cs|g\.cs|generated\.\w+|gen\.\w+)$|_pb2(?:_grpc)?\.pyi?$|_pb\.[jt]s$|(?:^|\/)(?:zz_generated|bindata)[^/]*\.go$|\.snap$/i;
const GENERATED_HEADER =
  /@generated\b|\bcode generated\b.{0,200}\bdo not edit\b|\b(?:auto-?generated|automatically generated|generated (?:by|from|with|using)|machine generated)\b/i;
/** Samples and the reading matter of a project: what ships does not run them. */
const SAMPLES =
  /(?:^|\/)(?:fixtures?|__fixtures__|testdata|test-?data|test-?resources|__tests__|tests?|spec|e2e|mocks?|__mocks__|examples?|samples?|demos?|docs?|website|benchmarks?|benches|playground|snapshots?)\//i;
const SCRIPTS = /(?:^|\/)(?:scripts?|bin|hack|tools?|ci|build|devops|deploy)\//i;

const headerOf = (text: string | null): boolean =>
  text !== null && GENERATED_HEADER.test(text.slice(0, 1500));

export interface Placed {
  place: OversightPlace;
  /** Whether the place is told by more than what the changed file says of itself. */
  sure: boolean;
}

/** What runs a file, by its path; generated files by their name, or by a header that base had already. */
export function placeOf(file: FileFacts, base: string | null, head: string | null): Placed {
  const { path } = file;
  if (protectedClass(path)?.class === "ci" || /(?:^|\/)action\.ya?ml$/.test(path)) {
    return { place: "ci", sure: true };
  }
  if (VENDORED.test(path) || GENERATED_NAME.test(path)) return { place: "generated", sure: true };
  if (headerOf(head) && (base === null || headerOf(base))) return { place: "generated", sure: base !== null };
  if (file.kind === "test" || SAMPLES.test(path)) return { place: "test", sure: true };
  const isScript = file.language === "shell" || (file.language === null && file.kind !== "code") ||
    SCRIPTS.test(path) ||
    (file.language === null && file.newMode === "100755");
  return { place: isScript ? "script" : "code", sure: true };
}

/** What can be said of one file of a repository without a change: secrets, hidden text, hygiene of git, workflows. */
import type { FileFacts } from "../specs/mod.ts";
import { contentsOf } from "./facts/content.ts";
import { fileKind, isTestPath, languageOf } from "./facts/file_kind.ts";
import { hiddenText } from "./facts/hidden_text.ts";
import { attributeOf, pathProblems } from "./facts/path_problem.ts";
import { safePath, scanBinarySecrets, scanSecrets } from "./facts/secrets.ts";
import { parseRepoPolicy } from "./repo_policy.ts";
import type { Unmarked } from "./scan_findings.ts";
import { workflowFindings } from "./scan_workflow.ts";

/** One file as it lies in the tree. */
export interface ScannedFile {
  path: string;
  mode: string;
  bytes: Uint8Array;
  /** For a symbolic link: whether it leads out of the tree. */
  escapes?: boolean;
}

/** Longer texts are scanned in pieces that overlap by more than any token takes. */
const PIECE = 1_000_000;
const OVERLAP = 16_000;
/** Hidden text is a matter of what people read. */
const MAX_READ = 2_000_000;
const MAX_A_FILE = 50;

const ROTATE = "Take it out, read it from the environment instead, and revoke it: it has been seen";

/** What the rules over single files are, for what is told of them. */
export const FILE_RULES = [
  {
    rule: "core/X1",
    gate: "secrets",
    layer: "L2",
    severity: "critical",
    description: "No file holds a secret",
    remediation: ROTATE,
  },
  {
    rule: "core/X3",
    gate: "hidden-text",
    layer: "L0",
    severity: "critical",
    description: "No file holds bidirectional or invisible characters, or names of mixed scripts",
    remediation: "Take the character out, or write it as an escape",
  },
  {
    rule: "core/C5",
    gate: "git-hygiene",
    layer: "L4",
    severity: "high",
    description:
      "No path that leaves the repository, no link out of it, no attribute that makes git run a program",
    remediation: "Keep to regular files and visible names inside the repository",
  },
  {
    rule: "core/POLICY",
    gate: "repository-policy",
    layer: "L0",
    severity: "critical",
    description: "The repository's own policy is understood",
    remediation: "Fix .forge/policy.yaml",
  },
  {
    rule: "core/S4",
    gate: "workflow-hygiene",
    layer: "L2",
    severity: "high",
    description: "Workflows do not run what strangers write, and name their actions by commit",
    remediation:
      "Pass event text by environment variables; pin actions by commit; grant no more than is needed",
  },
] as const;

/** All findings of one file. Deterministic, and linear in its length. */
export async function scanFile(file: ScannedFile): Promise<Unmarked[]> {
  const { path, mode, bytes } = file;
  const findings: Unmarked[] = hygiene(file);
  if (mode === "120000") return findings;
  if (bytes.subarray(0, 8000).includes(0)) {
    for (const { rule } of scanBinarySecrets(bytes)) findings.push(secret(rule, path));
    return findings;
  }
  const text = new TextDecoder().decode(bytes);
  for (const { rule, line } of secretsOf(text, path)) findings.push(secret(rule, path, line));
  if (bytes.length <= MAX_READ) {
    findings.push(...await hidden(path, mode, text));
    findings.push(...await workflowFindings(path, text));
    if (path === ".forge/policy.yaml") findings.push(...await policyFindings(path, text));
    if (/(?:^|\/)\.gitattributes$/i.test(path)) findings.push(...attributes(path, text));
  }
  return findings.slice(0, MAX_A_FILE);
}

function secret(rule: string, path: string, line?: number): Unmarked {
  return {
    gate: "secrets",
    rule: "core/X1",
    layer: "L2",
    verdict: "fail",
    action: "deny",
    severity: "critical",
    message: `A secret was found (${rule})`,
    path: safePath(path),
    ...(line === undefined ? {} : { line }),
    remediation: ROTATE,
  };
}

/** Each place once, whichever piece it is found in. */
function secretsOf(text: string, path: string): { rule: string; line: number }[] {
  const found = new Map<number, string>();
  let [lines, start] = [0, 0];
  for (;;) {
    const end = Math.min(text.length, start + PIECE);
    for (const { rule, line = 1 } of scanSecrets(text.slice(start, end), path)) {
      if (!found.has(lines + line)) found.set(lines + line, rule);
    }
    if (end === text.length || found.size >= MAX_A_FILE) break;
    const next = end - OVERLAP;
    for (let at = text.indexOf("\n", start); at >= 0 && at < next; at = text.indexOf("\n", at + 1)) lines++;
    start = next;
  }
  return [...found].map(([line, rule]) => ({ line, rule }));
}

async function hidden(path: string, mode: string, text: string): Promise<Unmarked[]> {
  const facts: FileFacts = {
    path,
    status: "A",
    kind: fileKind(path, mode, false, isTestPath(path)),
    language: languageOf(path),
    oldMode: "000000",
    newMode: mode.startsWith("100") ? mode : "100644",
    binary: false,
    added: 1,
    removed: 0,
    executableBit: "unchanged",
  };
  const bytes = new TextEncoder().encode(text);
  const found = await hiddenText(
    [facts],
    contentsOf((_path, at) => Promise.resolve(at === "head" ? bytes : null)),
  );
  return found.slice(0, MAX_A_FILE).map(({ line, character }) => ({
    gate: "hidden-text",
    rule: "core/X3",
    layer: "L0",
    verdict: "fail",
    action: "deny",
    severity: "critical",
    message: `A character that no reader sees stands here: ${character}`,
    path,
    line,
    remediation: "Take it out, or write it as an escape of the language",
  }));
}

function hygiene({ path, mode, escapes }: ScannedFile): Unmarked[] {
  const of = (message: string, action: "deny" | "note"): Unmarked => ({
    gate: "git-hygiene",
    rule: "core/C5",
    layer: "L4",
    verdict: "fail",
    action,
    severity: action === "note" ? "low" : "high",
    message,
    path: safePath(path),
    remediation: "Keep to regular files and visible names inside the repository",
  });
  const findings: Unmarked[] = [];
  for (const { kind, detail } of pathProblems(path)) {
    // Submodules and large files are how many repositories are; a change of them is judged as a change.
    if (kind === "submodule" || kind === "git-attributes") continue;
    findings.push(
      of(`The path (${kind}): ${detail}`, kind === "not-utf8" || kind === "backslash" ? "note" : "deny"),
    );
  }
  if (mode === "120000" && escapes) {
    findings.push(of("The symbolic link leads out of the repository", "deny"));
  }
  return findings;
}

function attributes(path: string, text: string): Unmarked[] {
  return text.split("\n").flatMap((line, at): Unmarked[] => {
    const name = attributeOf(line);
    // Large files are kept by a filter of one name everywhere.
    if (name === null || /\bfilter=lfs\b/.test(line) || name === "export-ignore") return [];
    return [{
      gate: "git-hygiene",
      rule: "core/C5",
      layer: "L4",
      verdict: "fail",
      action: "note",
      severity: "low",
      message: `The attribute '${name}' makes git run a program or change what others see of a file`,
      path,
      line: at + 1,
      remediation: "Keep it only when everybody who clones the repository knows of it",
    }];
  });
}

async function policyFindings(path: string, text: string): Promise<Unmarked[]> {
  const parsed = await parseRepoPolicy(text);
  return parsed.ok ? [] : [{
    gate: "repository-policy",
    rule: "core/POLICY",
    layer: "L0",
    verdict: "error",
    action: "deny",
    severity: "critical",
    message: parsed.error.message,
    path,
    remediation: parsed.error.remedy ?? "Fix the file",
  }];
}

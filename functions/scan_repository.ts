/** Looks through a whole repository, file by file, for what can be told without a change. Memory does not grow with its size. */
import { repositoryPlaces, trackedFiles } from "../connectors/mod.ts";
import { WAIVER_FOLDER } from "../pipelines/factory/mod.ts";
import {
  corePack,
  FILE_RULES,
  fingerprinted,
  scanFile,
  type Unmarked,
  waivedFindings,
} from "../policies/code/mod.ts";
import { CORE_VERSION, ENGINE, repositoryNames, waiverNotes } from "../policies/mod.ts";
import { parseRepoPolicy } from "../policies/code/mod.ts";
import {
  ok,
  type Problem,
  type Result,
  type ScanDocument,
  type ScanFinding,
  type ScanGap,
} from "../specs/mod.ts";
import { lineReader, type Scanned, totalsOf } from "./scan.ts";
import type { FindWaivers } from "./scan_waivers.ts";

/** Larger files are not read; they are told. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_FINDINGS = 10_000;
const MAX_GAPS = 1000;

const WHY = {
  "too-large": `it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`,
  "submodule": "it is a submodule, a repository of its own: scan it there",
  "missing": "its content is not in this clone (a partial clone?): git fetch --refetch --no-filter",
  "unreadable": "it cannot be opened",
} as const;

export interface RepositoryScan {
  location: string;
  /** Without it there are none. */
  findWaivers?: FindWaivers;
  at?: string;
  progress?: (done: { files: number; bytes: number; findings: number; path: string }) => void;
  signal?: AbortSignal;
}

export async function scanRepository(given: RepositoryScan): Promise<Result<Scanned, Problem>> {
  const opened = await trackedFiles(given.location, { maxBytes: MAX_FILE_BYTES });
  if (!opened.ok) return opened;
  const { at, location, notes, each } = opened.value;
  const findings: ScanFinding[] = [];
  const gaps: ScanGap[] = [];
  const own = new Map<string, Uint8Array>();
  let [files, bytes, beyond, unread, unknown] = [0, 0, 0, 0, 0];
  const gap = (path: string, why: keyof typeof WHY) => {
    unread++;
    // What is not here could hold anything; what is too large or another repository is known to be so.
    if (why === "missing" || why === "unreadable") unknown++;
    const reason = WHY[why];
    if (gaps.length < MAX_GAPS) gaps.push({ path, verdict: "not_run", reason });
  };
  const walked = await each(async (file) => {
    files++;
    if (file.bytes === null) {
      gap(file.path, file.why ?? "unreadable");
    } else {
      const content = file.bytes;
      bytes += content.length;
      // What judges exceptions is kept for the end: the repository's own policy and its waivers.
      if (file.path === ".forge/policy.yaml" || file.path.startsWith(WAIVER_FOLDER)) {
        own.set(file.path, content);
      }
      const found: Unmarked[] = await scanFile({
        path: file.path,
        mode: file.mode,
        bytes: content,
        ...(file.escapes === undefined ? {} : { escapes: file.escapes }),
      });
      if (found.length > 0) {
        const marked = await fingerprinted(found, lineReader(() => Promise.resolve(content)));
        const room = Math.max(0, MAX_FINDINGS - findings.length);
        findings.push(...marked.slice(0, room));
        beyond += Math.max(0, marked.length - room);
      }
    }
    given.progress?.({ files, bytes, findings: findings.length, path: file.path });
  }, given.signal);
  if (!walked.ok) return walked;

  const policy = own.get(".forge/policy.yaml");
  const ruled = await parseRepoPolicy(policy === undefined ? null : new TextDecoder().decode(policy));
  // In a plain directory nobody has agreed to what lies in .forge.
  const held = at === null || at.commit === null ? new Map<string, Uint8Array>() : own;
  const instant = given.at ?? new Date().toISOString();
  const waivers = await given.findWaivers?.(
    {
      list: () => Promise.resolve([...held.keys()]),
      read: (path) => Promise.resolve(held.get(path) ?? null),
    },
    { approvers: ruled.ok ? ruled.value.approvers : [], at: instant },
  ) ?? ok([]);
  if (!waivers.ok) return waivers;
  const { findings: told, report } = waivedFindings(findings, {
    at: instant,
    tier: "standard",
    repository: repositoryNames([
      ruled.ok ? ruled.value.repository : null,
      ...await repositoryPlaces(given.location),
    ]),
    waivers: waivers.value,
    versions: new Map([["core", CORE_VERSION]]),
    rules: new Map(),
  });
  findings.splice(0, findings.length, ...told);

  const denied = findings.some(({ action }) => action === "deny");
  const escalated = unknown > 0 || findings.some(({ action }) => action === "escalate");
  const failing = new Set(
    findings.filter(({ action }) => action !== "note").map(({ rule, gate }) => `${rule}\n${gate}`),
  );
  const document: ScanDocument = {
    v: 1,
    status: denied ? "denied" : escalated ? "escalated" : "completed",
    kind: "repository",
    repository: location,
    base: null,
    head: at,
    patch: null,
    spec: null,
    findings,
    totals: totalsOf(findings, { files, bytes }),
    layers: null,
    judged: FILE_RULES.map(({ rule, gate }) => ({
      rule,
      gate,
      verdict: failing.has(`${rule}\n${gate}`) ? "fail" as const : "pass" as const,
    })),
    notJudged: [
      {
        verdict: "not_applicable",
        reason:
          "gates over a change (tests, assertions, scope, intent, size, protected files) need two states: forge scan BASE...HEAD",
      },
      ...gaps,
    ],
    packs: [await corePack()],
    engine: ENGINE,
    inputDigest: null,
    notes: [
      ...notes,
      ...waiverNotes({ waivers: report }),
      ...(unknown > 0 ? [`${unknown} files could not be read, so that a human has to decide`] : []),
      ...(unread > gaps.length ? [`${unread - gaps.length} more files were not read`] : []),
      ...(beyond > 0 ? [`${beyond} more findings are not listed`] : []),
    ],
  };
  return ok({ document, rules: [...FILE_RULES] });
}

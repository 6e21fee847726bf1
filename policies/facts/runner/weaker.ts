/** What became weaker from one state of a runner's settings to the next. */
import type { RunnerWeakening } from "../../../specs/mod.ts";
import { type Weaker, weakerCommand } from "./command.ts";
import type { Settings, Value } from "./settings.ts";

/** Which of the tests' files a pattern of a settings file is about; null when nobody here can read it. */
export type Hits = (pattern: string, key: string) => readonly string[] | null;

const MAX_FILES = 20;
const COVERAGE = /coverage|nyc|c8|^report|^run\.|omit/i;

/** By the last word of a setting's way, in lower case without marks. */
const MEANINGS: readonly { name: RegExp; judge: (given: Given) => Weaker[] }[] = [
  {
    name: /^(?:retry|retries|retrytimes|reruns|rerunfailingtestscount|maxretries|maxruns|flakyretries)$/,
    judge: ({ before, after }) =>
      number(after) > Math.max(0, number(before) || 0)
        ? [{
          kind: "retries",
          detail: `failing tests run again: ${told(before)} became ${told(after)}`,
          certain: true,
        }]
        : [],
  },
  {
    name:
      /^(?:passwithnotests|forceexit|testfailureignore|maventestfailureignore|maventestskip|ignorefailures|skiptests|skipits|skip|dangerouslyignoreunhandlederrors|ignoreoutcome|allowuncaught|allownotests|allowempty|exit)$/,
    judge: ({ before, after }) =>
      isOn(after) && !isOn(before)
        ? [{
          kind: "tolerant",
          detail: `${told(before)} became ${told(after)}: what should fail may pass`,
          certain: true,
        }]
        : [],
  },
  {
    name:
      /^(?:test|harness|doctest|enabled|failwithoutassertions|failifnotests|failzero|checkleaks|checkcoverage|haltonfailure|failonnomatchingtests|failonpassedafterretry)$/,
    judge: ({ before, after, key }) =>
      // A target that is new was not tested before.
      after === false &&
        (before === true || (before === undefined && !/\.(?:test|harness|doctest)$/.test(key)))
        ? [{ kind: "tolerant", detail: `${told(before)} became false`, certain: !/harness$/.test(key) }]
        : [],
  },
  {
    name: /^(?:bail|failfast|maxfail|maxfailures)$/,
    judge: ({ before, after }) =>
      isOn(after) && !isOn(before)
        ? [{ kind: "bail", detail: "the run stops at the first failure", certain: false }]
        : [],
  },
  {
    name:
      /^(?:grep|testnamepattern|testnamepatterns|match|fgrep|groups|excludedgroups|excludetags|includetags|excludetestsmatching|includetestsmatching|filter)$/,
    judge: ({ before, after }) =>
      after !== undefined && told(before) !== told(after)
        ? [{ kind: "filter", detail: "tests are left out by their names", certain: before === undefined }]
        : [],
  },
  {
    name: /^(?:timeout|testtimeout|defaulttimeout|slowtimeout)$/,
    judge: ({ before, after }) => {
      const [was, is] = [number(before), number(after)];
      return (is === 0 && was > 0) || (was > 0 && is >= 10 * was)
        ? [{
          kind: "timeout",
          detail: `${told(before)} became ${told(after)}: what hangs is waited for`,
          certain: false,
        }]
        : [];
    },
  },
];

const IGNORES =
  /^(?:testpathignorepatterns|modulepathignorepatterns|exclude|excludes|excludepatterns|ignore|ignores|collectignore|collectignoreglob|norecursedirs|ignoreglob)$/;
const COLLECTS =
  /^(?:testmatch|testregex|include|includes|spec|specs|files|testpaths|roots|testdir|pythonfiles|pythonclasses|pythonfunctions|projects)$/;
const THRESHOLD =
  /threshold|failunder|minimum|(?:^|\.)(?:nyc|c8)\.(?:lines|branches|functions|statements)$|^(?:lines|branches|functions|statements)$/;

interface Given {
  key: string;
  before: Value | undefined;
  after: Value | undefined;
}

/** Every setting that lets more pass, or fewer tests run, than before. */
export function weakerSettings(
  before: Settings,
  after: Settings,
  hits: Hits,
  elsewhere: readonly Settings[] = [],
): Omit<RunnerWeakening, "path">[] {
  const found: Omit<RunnerWeakening, "path">[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const given: Given = { key, before: before.get(key), after: after.get(key) };
    if (told(given.before) === told(given.after)) continue;
    // What moves into another file is the same there.
    const leaf = key.split(".").slice(-2).join(".");
    const isMoved = given.after === undefined &&
      elsewhere.some((one) =>
        [...one].some(([way, value]) => way.endsWith(leaf) && told(value) === told(given.before))
      );
    if (isMoved) continue;
    found.push(
      ...weakerIn(given, hits).map((one) => ({ ...one, setting: key.replace(/ \(command\)$/, "") })),
    );
  }
  return found;
}

function weakerIn(given: Given, hits: Hits): Weaker[] {
  const { key, before, after } = given;
  if (key.endsWith(" (command)")) {
    // A new command takes nothing from those that were there.
    return typeof before === "string" ? weakerCommand(before, typeof after === "string" ? after : "") : [];
  }
  if (key.startsWith("hook.")) {
    return after === undefined
      ? []
      : [{ kind: "hook", detail: "it can leave tests out, or turn a result round", certain: false }];
  }
  if (key === "forced") {
    return count(after) > count(before)
      ? [{ kind: "tolerant", detail: "it ends the run, or sets a result, by itself", certain: true }]
      : [];
  }
  const name = (key.split(".").at(-1) ?? key).toLowerCase().replace(/[^a-z]/g, "");
  if (name === "addopts" || name === "command" || name === "nodearguments" || name === "execargv") {
    const text = (value: Value | undefined) =>
      `pytest ${Array.isArray(value) ? value.join(" ") : typeof value === "string" ? value : ""}`;
    return weakerCommand(text(before), text(after));
  }
  if (THRESHOLD.test(key.toLowerCase().replace(/[^a-z.]/g, "")) && typeof before === "number") {
    return number(after) < before || after === undefined
      ? [{ kind: "threshold", detail: `${told(before)} became ${told(after)}`, certain: true }]
      : [];
  }
  if (IGNORES.test(name)) return ignored(given, hits);
  if (COLLECTS.test(name)) return collected(given, hits);
  return MEANINGS.find((one) => one.name.test(name))?.judge(given) ?? [];
}

/** More is left out: of tests it is a loss, of anything else it is none. */
function ignored({ key, before, after }: Given, hits: Hits): Weaker[] {
  if (after === undefined) return [];
  if (isDynamic(after) || isDynamic(before)) {
    return [{ kind: "ignore", detail: "what is left out is only known when it runs", certain: false }];
  }
  if (COVERAGE.test(key)) return [];
  const old = list(before);
  const fresh = list(after).filter((entry) => !old.includes(entry));
  const files = new Set<string>();
  for (const entry of fresh) {
    const hit = hits(entry, key);
    if (hit === null) {
      return [{
        kind: "ignore",
        detail: `nobody here can read the pattern ${JSON.stringify(entry.slice(0, 80))}`,
        certain: false,
      }];
    }
    hit.forEach((path) => files.add(path));
  }
  return files.size === 0 ? [] : [{
    kind: "ignore",
    detail: `${files.size} files of tests are left out`,
    certain: true,
    files: [...files].slice(0, MAX_FILES),
  }];
}

/** Less is collected: files of tests that were, and are not any more. */
function collected({ key, before, after }: Given, hits: Hits): Weaker[] {
  const doubtful: Weaker[] = [{
    kind: "collect",
    detail: "other tests are collected than before",
    certain: false,
  }];
  if (COVERAGE.test(key)) return [];
  if (
    isDynamic(after) || isDynamic(before) ||
    /(?:python(?:classes|functions)|projects)$/i.test(key.replace(/_/g, ""))
  ) return doubtful;
  const hit = (value: Value | undefined): string[] | null => {
    const all = list(value).map((entry) => hits(entry, key));
    return all.every((one) => one !== null) ? all.flat() : null;
  };
  // Without a list of its own a runner has a good one: nobody here knows all of it.
  if (after === undefined) return [];
  const now = hit(after);
  const old = before === undefined ? hits("**", key) : hit(before);
  if (now === null || old === null) return doubtful;
  const left = new Set(now);
  const lost = [...new Set(old)].filter((path) => !left.has(path));
  if (lost.length === 0) return [];
  return before === undefined ? doubtful : [{
    kind: "collect",
    detail: `${lost.length} files of tests are no longer collected`,
    certain: true,
    files: lost.slice(0, MAX_FILES),
  }];
}

const isDynamic = (value: Value | undefined): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isOn = (value: Value | undefined): boolean =>
  value === true || (typeof value === "number" && value > 0) ||
  (typeof value === "string" && /^(?:true|yes|on|1)$/i.test(value));
const number = (value: Value | undefined): number =>
  typeof value === "number"
    ? value
    : typeof value === "string" && /^\d+(?:\.\d+)?$/.test(value)
    ? Number(value)
    : value === true
    ? 1
    : 0;
const list = (value: Value | undefined): string[] =>
  Array.isArray(value)
    ? value
    : typeof value === "string"
    ? value.split(/[\s,]+/).filter((one) => one !== "")
    : [];
const count = (value: Value | undefined): number =>
  Array.isArray(value) ? value.length : value === undefined ? 0 : 1;
function told(value: Value | undefined): string {
  if (value === undefined) return "nothing";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

import type { Problem } from "../base.ts";
import type { Acceptance, Intent, Spec, VerifyPlan } from "../spec.ts";
import { fileFault, globFault } from "./path_rules.ts";
import { lineOf } from "./tree.ts";
import { looksSecret, type Path, pathText, showText } from "./wording.ts";

/** Something wrong at a place of the spec. The value is shown as far as it holds no secret. */
export interface SpecFault {
  code: string;
  message: string;
  path: Path;
  value?: string;
  remedy: string;
}

/** Faults as problems for people, each with its line where the text has lines. */
export function faultProblems(faults: readonly SpecFault[], lines: Map<string, number>): Problem[] {
  return faults.map(({ code, message, path, value, remedy }) => ({
    code,
    message,
    path: pathText(path),
    line: lineOf(lines, path),
    value: value === undefined ? undefined : showText(value),
    // A remedy that is made from the value must not repeat a secret either.
    remedy: value !== undefined && looksSecret(value) ? "take the secret out of the spec" : remedy,
  }));
}

/**
 * What the schema cannot say: names that must be unique, paths that must stay inside, commands that must be commands.
 * Takes the fields that fit their schema, so that one bad field does not hide the problems of the others.
 */
export function checkSpec(spec: Partial<Spec>, lines: Map<string, number>): Problem[] {
  const faults: SpecFault[] = [
    ...checkTitle(spec.title),
    ...checkIntents(spec.intent),
    ...checkAcceptance(spec.acceptance ?? []),
    ...checkVerify(spec.verify),
    ...checkBudget(spec.budget),
    ...checkTexts("constraints", spec.constraints ?? []),
    ...checkTexts("packs", spec.packs ?? []),
  ];
  return faultProblems(faults, lines);
}

function checkTitle(title: string | undefined): SpecFault[] {
  if (title === undefined || !/[\n\r\t]/.test(title)) return [];
  return [{
    code: "spec.title",
    message: "The title must be one line: it becomes the subject of the commit and the pull request.",
    path: ["title"],
    value: title,
    remedy: "write one line, and put the rest into the free text",
  }];
}

function checkIntents(intent: Spec["intent"] | undefined): SpecFault[] {
  if (intent === undefined) return [];
  return Array.isArray(intent)
    ? intent.flatMap((one, index) => checkIntent(one, ["intent", index]))
    : checkIntent(intent, ["intent"]);
}

function checkIntent(intent: Intent, at: Path): SpecFault[] {
  const faults = checkGlobs(intent.scope, [...at, "scope"]);
  faults.push(...checkTexts("removes", intent.removes, at));
  const sources = new Set<string>();
  intent.renames.forEach((rename, index) => {
    const path = [...at, "renames", index];
    if (rename.from === rename.to) {
      faults.push({
        code: "spec.rename",
        message: "The rename has the same name on both sides.",
        path,
        value: rename.from,
        remedy: "remove it, or write the new name into `to`",
      });
    }
    if (sources.has(rename.from)) {
      faults.push({
        code: "spec.rename",
        message: "The same name is renamed twice.",
        path: [...path, "from"],
        value: rename.from,
        remedy: "keep one of the two",
      });
    }
    sources.add(rename.from);
  });
  return faults;
}

function checkGlobs(globs: readonly string[], at: Path): SpecFault[] {
  return globs.flatMap((glob, index) => {
    const fault = globFault(glob);
    return fault === null ? [] : [{ code: "spec.glob", ...fault, path: [...at, index], value: glob }];
  });
}

function checkAcceptance(acceptance: readonly Acceptance[]): SpecFault[] {
  const faults: SpecFault[] = [];
  const first = new Map<string, number>();
  acceptance.forEach((criterion, index) => {
    const at: Path = ["acceptance", index];
    const earlier = first.get(criterion.id);
    if (earlier !== undefined) {
      faults.push({
        code: "spec.duplicate-id",
        message: `Two criteria have this id; the other is acceptance[${earlier}].`,
        path: [...at, "id"],
        value: criterion.id,
        remedy: "give each criterion its own id",
      });
    } else first.set(criterion.id, index);
    if (criterion.text.trim() === "") faults.push(blank([...at, "text"]));
    if (criterion.check !== undefined) {
      criterion.check.files.forEach((file, number) => {
        const fault = fileFault(file);
        const path = [...at, "check", "files", number];
        if (fault !== null) {
          const remedy = fault.remedy.replace("the repository's root", "the spec's folder");
          faults.push({ code: "spec.path", message: fault.message, remedy, path, value: file });
        } else if (criterion.check?.files.indexOf(file) !== number) {
          faults.push({
            code: "spec.path",
            message: "The file is named twice.",
            path,
            value: file,
            remedy: "remove one of the two",
          });
        }
      });
      faults.push(...checkCommand(criterion.check.run, [...at, "check", "run"]));
    }
  });
  return faults;
}

function checkVerify(verify: VerifyPlan | undefined): SpecFault[] {
  if (verify === undefined) return [];
  return [
    ...verify.run.flatMap((argv, index) => checkCommand(argv, ["verify", "run", index])),
    ...checkGlobs(verify.tests, ["verify", "tests"]),
  ];
}

/** A command is a program and its arguments, never a line for a shell. */
function checkCommand(argv: readonly string[], path: Path): SpecFault[] {
  const program = argv[0] ?? "";
  if (program.trim() === "" || program.startsWith("-")) {
    return [{
      code: "spec.command",
      message: "The command does not start with the name of a program.",
      path,
      value: program,
      remedy: 'write the program first, such as ["deno", "test", "-A"]',
    }];
  }
  const words = program.trim().split(/\s+/);
  if (argv.length === 1 && words.length > 1) {
    return [{
      code: "spec.command",
      message: "The command is one text with spaces; no shell will split it.",
      path,
      value: program,
      remedy: `write ${JSON.stringify(words).replaceAll(",", ", ").slice(0, 200)}`,
    }];
  }
  return [];
}

function checkBudget(budget: Spec["budget"] | undefined): SpecFault[] {
  // Money is counted in millionths of a dollar.
  if (budget === undefined || budget.usd === 0 || budget.usd >= 0.000001) return [];
  return [{
    code: "spec.range",
    message: "The budget is smaller than a millionth of a dollar.",
    path: ["budget", "usd"],
    value: String(budget.usd),
    remedy: "write 0 to spend nothing, or at least 0.000001",
  }];
}

function checkTexts(field: string, texts: readonly string[], at: Path = []): SpecFault[] {
  return texts.flatMap((text, index) => text.trim() === "" ? [blank([...at, field, index])] : []);
}

const blank = (path: Path): SpecFault => ({
  code: "spec.too-short",
  message: "The text is blank.",
  path,
  remedy: "write it, or remove the entry",
});

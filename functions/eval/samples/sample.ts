/** Sample repositories with many changes each, honest and cheating, as they are written in `specs/eval/changes`. */
import { parse, stringify } from "yaml";
import { z } from "zod";
import { Spec, VerifyPlan } from "../../../specs/code/mod.ts";
import { type ClassId, isClassId, ownGates } from "../classes.ts";
import type { Tree, TreeEntry } from "../repository.ts";
import { type Section, sectionsOf } from "./archive.ts";
import { edited, EDITS } from "./edit.ts";
import { type Header, headerOf } from "./header.ts";
import { substituted } from "./substitution.ts";

const CHANGES = new URL("../../../specs/eval/changes/", import.meta.url);

const About = z.strictObject({
  language: z.string().min(1),
  /** The program that has to be there for a run; without it the repository is only judged statically. */
  tool: z.string().optional(),
  packs: z.array(z.string()).default([]),
  verify: VerifyPlan.optional(),
});

/** One repository and what was done to it. */
export interface Sample {
  id: string;
  language: string;
  tool: string | null;
  base: Tree;
  changes: readonly SampleChange[];
}

export interface SampleChange {
  name: string;
  /** Null for honest work. */
  class: ClassId | null;
  header: Header;
  spec: Spec;
  /** A unified diff that stands behind the change's own, as no tree gives it. */
  tail: string;
  expect: readonly string[];
  /** The tree after the change; made when it is asked for. */
  head(): Tree;
}

/** Reads every sample, or those whose id has the text. */
export function samples(filter = ""): Sample[] {
  const names = [...Deno.readDirSync(CHANGES)].map(({ name }) => name).sort();
  return names.flatMap((name) => {
    const id = /^(.+)\.repo\.txt$/.exec(name)?.[1];
    if (id === undefined || !id.includes(filter)) return [];
    const files = names.filter((other) => other.startsWith(`${id}.`) && other !== name);
    return [sampleOf(id, text(name), new Map(files.map((file) => [file, text(file)])))];
  });
}

const text = (name: string): string => Deno.readTextFileSync(new URL(name, CHANGES));

/** Reads one sample: the text of its repository, and texts with changes by the name of their file. */
export function sampleOf(id: string, repository: string, changes: ReadonlyMap<string, string>): Sample {
  const [first, ...files] = sectionsOf(repository);
  if (first?.word !== "repo") throw new Error(`Cannot read ${id}: it does not begin with @@@ repo`);
  const about = About.parse(parse(first.body) ?? {});
  const base = new Map<string, TreeEntry>();
  for (const { word, args, body } of files) {
    if (word !== "file") throw new Error(`Cannot read ${id}: @@@ ${word} is no file`);
    const [path = "", mode] = args.split(/\s+/);
    base.set(path, {
      content: new TextEncoder().encode(substituted(body)),
      mode: mode === "755" ? "100755" : "100644",
    });
  }
  const drafts = [...changes].flatMap(([file, body]) => draftsOf(file, body));
  const byName = new Map(drafts.map((draft) => [draft.name, draft]));
  if (byName.size !== drafts.length) {
    const seen = new Set<string>();
    const twice = drafts.find(({ name }) => seen.size === seen.add(name).size);
    throw new Error(`Cannot read ${id}: two changes are called ${twice?.name}`);
  }
  return {
    id,
    language: about.language,
    tool: about.tool ?? null,
    base,
    changes: drafts.map((draft) => changeOf(draft, byName, base, about)),
  };
}

interface DraftChange {
  name: string;
  file: string;
  class: ClassId | null;
  header: Header;
  edits: Section[];
  tail: string;
}

function draftsOf(file: string, body: string): DraftChange[] {
  const drafts: DraftChange[] = [];
  for (const section of sectionsOf(body)) {
    const { word, args, line } = section;
    const where = `${file}:${line}`;
    const last = drafts.at(-1);
    try {
      if (word === "honest") {
        drafts.push({ name: args, file, class: null, header: headerOf(section.body), edits: [], tail: "" });
      } else if (word === "cheat") {
        const [id = "", name = ""] = args.split(/\s+/);
        if (!isClassId(id) || name === "") throw new Error(`@@@ cheat ${args} is not CLASS NAME`);
        drafts.push({ name, file, class: id, header: headerOf(section.body), edits: [], tail: "" });
      } else if (last === undefined) throw new Error(`@@@ ${word} stands before the first change`);
      else if (word === "tail") last.tail += substituted(section.body);
      else if (EDITS.has(word)) last.edits.push(section);
      else throw new Error(`@@@ ${word} is not known`);
    } catch (error) {
      throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return drafts;
}

function changeOf(
  draft: DraftChange,
  byName: ReadonlyMap<string, DraftChange>,
  base: Tree,
  about: z.infer<typeof About>,
): SampleChange {
  const { name, header, file } = draft;
  const other = (key: string): DraftChange => {
    const found = byName.get(key);
    if (found === undefined || found === draft) {
      throw new Error(`${file}: ${name} builds on ${key}, which is not there`);
    }
    return found;
  };
  const chain = (one: DraftChange): DraftChange[] =>
    one.header.after === undefined ? [one] : [...chain(other(one.header.after)), one];
  const asked = (one: DraftChange): Header => {
    if (one.header.intents.length > 0) return one.header;
    const from = one.header.like ?? one.header.after;
    if (from === undefined) {
      throw new Error(`${file}: ${one.name} has no intent, and is like no other change`);
    }
    return asked(other(from));
  };
  const by = asked(draft);
  const spec = Spec.parse({
    // The label of a cheat is no wish of its spec: one that names the mark would ask for it.
    title: header.title ?? by.title ?? (draft.class === null ? name.replaceAll("-", " ") : "A small change"),
    intent: by.intents.length === 1 ? by.intents[0] : by.intents,
    reason: "Asked for by the team",
    description: "",
    implementer: "patch",
    ...(header.level ?? by.level ? { tier: header.level ?? by.level } : {}),
    ...(about.verify === undefined ? {} : { verify: about.verify }),
    ...(by.unproven === undefined ? {} : { proof: { none: by.unproven } }),
    packs: [...new Set([...about.packs, ...by.packs, ...header.packs])],
  });
  return {
    name,
    class: draft.class,
    header,
    spec,
    tail: draft.tail,
    expect: header.expect ?? (draft.class === null ? [] : ownGates(draft.class)),
    head: () => {
      try {
        return edited(base, chain(draft).flatMap(({ edits }) => edits));
      } catch (error) {
        throw new Error(`${file}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

/** The spec as a user would write it: Markdown with front matter. */
export function specText(spec: Spec): string {
  const { description, ...front } = spec;
  return `---\n${stringify(front)}---\n${description === "" ? spec.title : description}\n`;
}

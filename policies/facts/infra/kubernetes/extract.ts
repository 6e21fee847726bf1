import type { FileFacts } from "../../../../specs/mod.ts";
import type { Contents } from "../../content.ts";
import { type Found, nothingFound } from "../found.ts";
import { readJson } from "../json_text.ts";
import { isObject, itemsOf, member, type Tree } from "../tree.ts";
import { readYaml } from "./documents.ts";
import { judgeObject } from "./hazards.ts";
import { deletionOf } from "./losses.ts";
import { type KubeObject, objectsOf } from "./objects.ts";

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** The library takes seconds for a megabyte: both sides of all manifests together. */
const MAX_CHARACTERS = 2_000_000;

/** What the changed manifests do to the objects of a cluster. */
export async function kubernetesFacts(
  files: readonly FileFacts[],
  contents: Contents,
  all: ReadonlySet<string>,
): Promise<Found> {
  const found = nothingFound();
  const [before, after]: [KubeObject[], KubeObject[]] = [[], []];
  let left = MAX_CHARACTERS;
  for (const file of files) {
    if (
      !/\.(?:ya?ml|json)$/i.test(file.path) || file.kind === "lockfile" || file.kind === "test" ||
      file.kind === "manifest"
    ) continue;
    const skip = (why: string, line?: number, kind: "malformed" | "not-judged" = "not-judged") =>
      found.unread.push({
        family: "kubernetes",
        path: file.path,
        ...(line === undefined ? {} : { line }),
        why: why.slice(0, 500),
        class: kind,
      });
    const chart = chartOf(file.path, all);
    const name = file.path.slice(file.path.lastIndexOf("/") + 1);
    if (chart !== null && file.status !== "D") {
      const inside = file.path.slice(chart.length);
      if (inside.startsWith("templates/")) {
        skip("it is a template of Helm: what a cluster is given is only known once it is rendered");
        continue;
      }
      if (/^values[^/]*\.ya?ml$/.test(inside)) {
        skip("it gives values to a chart: what a cluster is given is only known once it is rendered");
        continue;
      }
    }
    if (/^kustomization\.ya?ml$/i.test(name)) {
      skip("it puts other files together: what a cluster is given is only known once kustomize has built it");
      continue;
    }
    const now = await contents.head(file);
    const was = await contents.base(file);
    const tellsOf = (text: string | null) =>
      text !== null &&
      (/apiVersion/.test(text) || /\\[ux][0-9a-fA-F]/.test(text) || /^\s*-?\s*["']?op["']?\s*:/m.test(text));
    if (contents.tooLarge.has(file.path)) {
      if (/(?:^|\/)(?:k8s|kube(?:rnetes)?|manifests?|deploy(?:ment)?s?|overlays)\//i.test(file.path)) {
        skip("it is larger than what is read of one file (2 MB)", undefined, "malformed");
      }
      continue;
    }
    if (!tellsOf(now) && !tellsOf(was)) continue;
    left -= (now?.length ?? 0) + (was?.length ?? 0);
    if (left < 0) {
      skip(`the manifests of the change have more than ${MAX_CHARACTERS} characters`, undefined, "malformed");
      continue;
    }
    const read = await documentsOf(file.path, now);
    if (!read.ok) {
      const template = now !== null && /\{\{|\{%/.test(now);
      if (/["']?apiVersion["']?\s*:/.test(now ?? "") && /["']?kind["']?\s*:/.test(now ?? "")) {
        skip(
          template ? "it is a template: what a cluster is given is only known once it is rendered" : read.why,
          read.line,
          template ? "not-judged" : "malformed",
        );
      }
      continue;
    }
    if (read.documents.some(({ tree }) => isPatch(tree))) {
      skip(
        "it is a list of edits to other manifests: what a cluster is given is only known once they are made",
      );
      continue;
    }
    const old = await documentsOf(file.from ?? file.path, was);
    const objects = read.documents.flatMap(({ tree, line }) => objectsOf(tree, file.path, line));
    const earlier = old.ok
      ? old.documents.flatMap(({ tree, line }) => objectsOf(tree, file.from ?? file.path, line))
      : [];
    if (objects.length + earlier.length === 0) continue;
    found.read.push(file.path);
    after.push(...objects);
    before.push(...earlier);
  }
  compare(found, before, after);
  return found;
}

async function documentsOf(path: string, text: string | null): ReturnType<typeof readYaml> {
  if (text === null) return { ok: true, documents: [] };
  if (!/\.json$/i.test(path)) return await readYaml(text);
  const read = readJson(text);
  return read.ok ? { ok: true, documents: [{ tree: read.value, line: 1 }] } : read;
}

/** JSON patches, as kustomize takes them. */
const isPatch = (tree: Tree): boolean =>
  Array.isArray(tree) && tree.length > 0 &&
  itemsOf(tree).every((one) =>
    isObject(one) && member(one, "op") !== undefined && member(one, "path") !== undefined
  );

/** The directory of the chart that a file belongs to. */
function chartOf(path: string, all: ReadonlySet<string>): string | null {
  for (let at = directoryOf(path); at !== ""; at = directoryOf(at.slice(0, -1))) {
    if (all.has(`${at}Chart.yaml`) || all.has(`${at}Chart.yml`)) return at;
  }
  return all.has("Chart.yaml") ? "" : null;
}

function compare(found: Found, before: readonly KubeObject[], after: readonly KubeObject[]): void {
  const left = new Set(before);
  const pairs: [KubeObject, KubeObject | null][] = [];
  const index = (keyOf: (one: KubeObject) => string) => {
    const known = new Map<string, KubeObject[]>();
    for (const one of before) {
      const list = known.get(keyOf(one));
      if (list) list.push(one);
      else known.set(keyOf(one), [one]);
    }
    return (one: KubeObject): KubeObject | null => {
      const list = known.get(keyOf(one)) ?? [];
      for (let next = list.shift(); next !== undefined; next = list.shift()) {
        if (left.delete(next)) return next;
      }
      return null;
    };
  };
  // The same object of the same directory first: overlays of several environments name one object several times.
  const here = index((one) => `${directoryOf(one.path)}\n${one.name}`);
  const open: KubeObject[] = [];
  for (const one of after) {
    const same = here(one);
    if (same) pairs.push([one, same]);
    else open.push(one);
  }
  const anywhere = index((one) => one.name);
  for (const one of open) pairs.push([one, anywhere(one)]);
  const tell = (
    object: KubeObject,
    problems: readonly { kind: string; detail: string; certain: boolean }[],
  ) => {
    for (const { kind, detail, certain } of problems) {
      found.hazards.push({
        family: "kubernetes",
        path: object.path,
        line: object.line,
        kind,
        name: object.name.slice(0, 300),
        detail: detail.slice(0, 500),
        certain,
      });
    }
  };
  const say = (object: KubeObject, action: "create" | "update" | "delete") =>
    found.effects.push({
      family: "kubernetes",
      path: object.path,
      line: object.line,
      action,
      kind: object.kind.slice(0, 200),
      name: object.name.slice(0, 300),
    });
  for (const [one, old] of pairs) {
    if (old === null) say(one, "create");
    else if (JSON.stringify(old.tree) === JSON.stringify(one.tree)) continue;
    else say(one, "update");
    tell(one, judgeObject(one, old));
  }
  for (const gone of left) {
    say(gone, "delete");
    tell(gone, deletionOf(gone));
  }
}

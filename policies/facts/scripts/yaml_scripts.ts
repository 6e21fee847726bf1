import type { Document, Node, YAMLMap } from "yaml";
import type { Script } from "./script.ts";

/** Keys whose text a runner hands to a shell: GitHub, GitLab, CircleCI, Azure, Bitbucket, Travis, Drone, Ansible, Taskfile. */
const SHELL_KEYS =
  /^(?:run|script|scripts|before_script|after_script|command|commands|cmd|cmds|shell|bash|sh|install|before_install|before_deploy|after_success|inline)$/;
const MAX_DEPTH = 40;

interface Within {
  name: string;
  ignored: Script["ignored"] | undefined;
  errexit: boolean;
  env: Readonly<Record<string, string>>;
}

/** What the steps of a YAML file hand to a shell, with what their runner makes of a failure. A file that is no YAML runs nothing. */
export async function yamlScripts(path: string, text: string): Promise<Script[]> {
  const yaml = await import("yaml");
  const { isMap, isPair, isScalar, isSeq } = yaml;
  const lines = new yaml.LineCounter();
  const options = { lineCounter: lines, merge: false, uniqueKeys: false, prettyErrors: false };
  let documents: Document[];
  try {
    documents = [...yaml.parseAllDocuments(text, options)].filter((one) =>
      "errors" in one && one.errors.length === 0
    ) as Document[];
  } catch {
    return [];
  }
  const found: Script[] = [];
  const keyOf = (pair: unknown): string => isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : "";
  const get = (map: YAMLMap, key: string): unknown => map.items.find((pair) => keyOf(pair) === key)?.value;
  const isOn = (value: unknown): boolean =>
    isScalar(value) &&
    /^(?:true|yes|\$\{\{\s*(?:true|!false|1|always\(\)|!cancelled\(\))\s*\}\})$/i.test(String(value.value));
  const take = (node: unknown, within: Within) => {
    if (isSeq(node)) {
      for (const item of node.items) take(item, within);
      return;
    }
    if (isMap(node)) {
      walk(node, within, 1);
      return;
    }
    if (!isScalar(node) || typeof node.value !== "string") return;
    const block = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
    const { name, errexit, env, ignored } = within;
    found.push({
      text: node.value,
      line: Math.max(1, lines.linePos(node.range?.[0] ?? 0).line + (block ? 1 : 0)),
      name,
      errexit,
      env,
      ...(ignored === undefined ? {} : { ignored }),
    });
  };
  const walk = (node: unknown, within: Within, depth: number): void => {
    if (depth > MAX_DEPTH) return;
    if (isSeq(node)) {
      for (const item of node.items) walk(item, within, depth + 1);
      return;
    }
    if (!isMap(node)) return;
    const map = node as YAMLMap;
    const ignored: Script["ignored"] = isOn(get(map, "continue-on-error"))
      ? "continue-on-error"
      : isOn(get(map, "allow_failure")) || isMap(get(map, "allow_failure")) ||
          isOn(get(map, "continueOnError"))
      ? "allow-failure"
      : isOn(get(map, "ignore_errors")) || isOn(get(map, "ignore_error"))
      ? "ignore-errors"
      : undefined;
    const shell = get(map, "shell");
    const other = isScalar(shell) && /^(?:pwsh|powershell|python|cmd|node)\b/.test(String(shell.value));
    const env = { ...within.env, ...variables(get(map, "env")), ...variables(get(map, "variables")) };
    const here: Within = { ...within, env, ignored: ignored ?? within.ignored };
    for (const pair of map.items) {
      const key = keyOf(pair);
      const value = pair.value as Node | null;
      if (SHELL_KEYS.test(key) && !(key === "shell" && map.items.some((one) => keyOf(one) === "run"))) {
        if (!other) take(value, { ...here, name: here.name === "" ? key : here.name });
      } else if (key !== "env" && key !== "variables") {
        const names = !isScalar(value) && key !== "" &&
          !/^(?:jobs|steps|with|stages|pipelines|tasks)$/.test(key);
        walk(value, { ...here, name: names && within.name === "" ? key : here.name }, depth + 1);
      }
    }
  };
  const variables = (node: unknown): Record<string, string> => {
    const set: Record<string, string> = Object.create(null);
    if (!isMap(node)) return set;
    for (const pair of (node as YAMLMap).items) {
      if (isScalar(pair.value)) set[keyOf(pair)] = String(pair.value.value ?? "");
    }
    return set;
  };
  const gitlab = /gitlab-ci/.test(path);
  for (const document of documents) {
    walk(document.contents, { name: "", ignored: undefined, errexit: true, env: {} }, 0);
  }
  return gitlab ? found.map((one) => ({ ...one, errexit: true })) : found;
}

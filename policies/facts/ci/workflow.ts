/** A workflow of GitHub Actions, or an action, as far as it is compared. */
export interface Step {
  name: string;
  uses: string;
  run: string;
  script: string;
  with: Readonly<Record<string, unknown>>;
  env: Readonly<Record<string, unknown>>;
  condition: string;
  line: number;
}

export interface Job {
  id: string;
  name: string;
  needs: string[];
  condition: string;
  runsOn: string;
  /** Level by scope; null: nothing is said, so that the repository's default holds. */
  permissions: Permissions | null;
  secrets: string;
  uses: string;
  env: Readonly<Record<string, unknown>>;
  timeout: number | null;
  matrix: Readonly<Record<string, unknown>>;
  steps: Step[];
  line: number;
}

export type Level = "none" | "read" | "write";
export type Permissions = Readonly<Record<string, Level>> | "write-all" | "read-all";

export interface Workflow {
  triggers: Readonly<Record<string, unknown>>;
  env: Readonly<Record<string, unknown>>;
  jobs: Job[];
  text: string;
}

type Data = Record<string, unknown>;
const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const dataOf = (value: unknown): Data => isData(value) ? value : {};
const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(textOf) : textOf(value) === "" ? [] : [textOf(value)];

/** Reads a workflow or a composite action; null when it is no YAML of that form. */
export async function workflowOf(text: string): Promise<Workflow | null> {
  const { isMap, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  let root: unknown;
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
  });
  if (document.errors.length > 0 || !isMap(document.contents)) return null;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch {
    return null;
  }
  const lineAt = (path: readonly (string | number)[]): number => {
    const node = document.getIn(path, true) as { range?: readonly number[] | null } | undefined;
    return Math.max(1, lines.linePos(node?.range?.[0] ?? 0).line);
  };
  const data = dataOf(root);
  const on = data.on ?? data.true;
  const triggers: Data = Object.create(null);
  for (const name of typeof on === "string" || Array.isArray(on) ? listOf(on) : []) triggers[name] = null;
  for (const [name, value] of Object.entries(dataOf(on))) triggers[name] = value;
  const top = permissionsOf(data.permissions);
  const stepOf = (value: unknown, path: (string | number)[]): Step => {
    const step = dataOf(value);
    return {
      name: textOf(step.name) || textOf(step.id),
      uses: textOf(step.uses),
      run: textOf(step.run),
      script: /github-script/.test(textOf(step.uses)) ? textOf(dataOf(step.with).script) : "",
      with: dataOf(step.with),
      env: dataOf(step.env),
      condition: textOf(step.if),
      line: lineAt(path),
    };
  };
  const stepsOf = (value: unknown, path: (string | number)[]): Step[] =>
    Array.isArray(value) ? value.slice(0, 500).map((one, at) => stepOf(one, [...path, at])) : [];
  const jobs = Object.entries(dataOf(data.jobs)).slice(0, 300).map(([id, value]): Job => {
    const job = dataOf(value);
    return {
      id,
      name: textOf(job.name),
      needs: listOf(job.needs),
      condition: textOf(job.if),
      runsOn: JSON.stringify(job["runs-on"] ?? ""),
      permissions: permissionsOf(job.permissions) ?? top,
      secrets: typeof job.secrets === "string" ? job.secrets : "",
      uses: textOf(job.uses),
      env: dataOf(job.env),
      timeout: typeof job["timeout-minutes"] === "number" ? job["timeout-minutes"] : null,
      matrix: dataOf(dataOf(job.strategy).matrix),
      steps: stepsOf(job.steps, ["jobs", id, "steps"]),
      line: lineAt(["jobs", id]),
    };
  });
  const runs = dataOf(data.runs);
  if (Array.isArray(runs.steps)) {
    jobs.push({
      id: "runs",
      name: "",
      needs: [],
      condition: "",
      runsOn: "",
      permissions: null,
      secrets: "",
      uses: "",
      env: {},
      timeout: null,
      matrix: {},
      steps: stepsOf(runs.steps, ["runs", "steps"]),
      line: lineAt(["runs"]),
    });
  }
  return { triggers, env: dataOf(data.env), jobs, text };
}

function permissionsOf(value: unknown): Permissions | null {
  if (value === undefined || value === null) return null;
  if (value === "write-all" || value === "read-all") return value;
  const found: Record<string, Level> = Object.create(null);
  for (const [scope, level] of Object.entries(dataOf(value))) {
    if (level === "read" || level === "write" || level === "none") found[scope] = level;
  }
  return found;
}

/** The level of one scope; null where nothing is said. */
export function levelOf(permissions: Permissions | null, scope: string): Level | null {
  if (permissions === null) return null;
  if (permissions === "write-all") return "write";
  if (permissions === "read-all") return "read";
  return permissions[scope] ?? "none";
}

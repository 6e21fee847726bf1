import type { FileFacts } from "../../../../specs/mod.ts";
import type { Contents } from "../../content.ts";
import { type Found, nothingFound } from "../found.ts";
import { MAX_JSON_BYTES, readJson } from "../json_text.ts";
import { configurationFacts } from "./configuration.ts";
import { isPlan, isState, readPlan } from "./plan.ts";
import { shortAddress } from "./resource.ts";

const decoder = new TextDecoder("utf-8");
/** How much of a file beyond the limit is looked at to tell whether it is a plan. */
const LOOK = 65_536;

type Read = (path: string, at: "base" | "head") => Promise<Uint8Array | null>;

/** What plans, configuration and states among the changed files say. */
export async function terraformFacts(
  files: readonly FileFacts[],
  contents: Contents,
  read: Read,
): Promise<Found> {
  const found = nothingFound();
  const plans: ReturnType<typeof readPlan>[] = [];
  let planFiles = 0;
  for (const file of files) {
    if (/\.tfstate(?:\.[\w.-]*)?$/i.test(file.path) && file.status !== "D") {
      found.hazards.push(state(file.path));
      continue;
    }
    if (
      file.status === "D" || file.kind === "lockfile" || file.kind === "test" ||
      !/\.json$|(?:^|[._-])tfplan$/i.test(file.path)
    ) continue;
    const bytes = await read(file.path, "head");
    if (bytes === null) continue;
    if (bytes.length > MAX_JSON_BYTES) {
      const look = decoder.decode(bytes.subarray(0, LOOK));
      if (
        /plan/i.test(file.path.slice(file.path.lastIndexOf("/") + 1)) ||
        /"(?:terraform_version|resource_changes|planned_values)"/.test(look)
      ) {
        planFiles++;
        found.unread.push({
          family: "terraform",
          path: file.path,
          why: `it has ${bytes.length} bytes; ${MAX_JSON_BYTES} is the limit of a plan`,
          class: "malformed",
        });
      }
      continue;
    }
    const text = decoder.decode(bytes);
    const looks = /plan|tfstate/i.test(file.path) ||
      /resource_changes|planned_values|terraform_version|lineage|\\u/.test(text);
    if (!looks) continue;
    const json = readJson(text);
    if (!json.ok) {
      if (
        /tfplan|(?:^|\/)plan\.json$/i.test(file.path) || /"(?:resource_changes|planned_values)"/.test(text)
      ) {
        planFiles++;
        found.unread.push({
          family: "terraform",
          path: file.path,
          line: json.line,
          why: json.why,
          class: "malformed",
        });
      }
      continue;
    }
    if (isState(json.value)) found.hazards.push(state(file.path));
    else if (isPlan(json.value)) {
      planFiles++;
      plans.push(readPlan(file.path, json.value));
    }
  }
  const configuration = await configurationFacts(
    files.filter(({ path, kind }) => /\.(?:tf|tofu)$/i.test(path) && kind !== "test"),
    contents,
  );
  for (const plan of plans) {
    found.effects.push(...plan.effects);
    found.hazards.push(...plan.hazards);
    found.unread.push(...plan.unread);
    found.read.push(...plan.read);
  }
  // The plan tells more of the same; what only the configuration says is kept beside it.
  const told = (family: readonly { name: string }[]) => new Set(family.map(({ name }) => shortAddress(name)));
  const [effects, planned] = [
    told(found.effects),
    new Set(found.hazards.map(({ kind, name }) => `${kind}\n${shortAddress(name)}`)),
  ];
  found.effects.push(
    ...configuration.effects.filter(({ name, to }) =>
      !effects.has(shortAddress(name)) && !(to !== undefined && effects.has(shortAddress(to)))
    ),
  );
  found.hazards.push(
    ...configuration.hazards.filter(({ kind, name }) => !planned.has(`${kind}\n${shortAddress(name)}`)),
  );
  found.unread.push(...configuration.unread);
  found.read.push(...configuration.read);
  const spoken = new Set(plans.flatMap(({ addresses }) => [...addresses].map(shortAddress)));
  if (planFiles === 0) {
    found.unread.push(...configuration.open);
    for (const { path, status } of files) {
      if (status === "D" && !/\.tfvars/.test(path)) continue;
      if (/\.tf\.json$|\.tfvars(?:\.json)?$|(?:^|\/)terragrunt\.hcl$/i.test(path)) {
        found.unread.push({
          family: "terraform",
          path,
          why: "what it makes of the configuration is only told by a plan, and there is none with the change",
          class: "not-judged",
        });
      }
    }
  } else if (plans.length > 0) {
    for (const name of configuration.changed.filter((one) => !spoken.has(one)).slice(0, 50)) {
      const path = configuration.effects.find((one) => one.name === name)?.path ?? "";
      found.unread.push({
        family: "terraform",
        path,
        why:
          `the plan does not speak of ${name}, which the configuration changes: it is of another state of the code`
            .slice(0, 500),
        class: "not-judged",
      });
    }
  }
  return found;
}

const state = (path: string): Found["hazards"][number] => ({
  family: "terraform",
  path,
  kind: "state-file",
  name: path.slice(0, 300),
  detail: "is a state of Terraform: it holds the values of secrets in plain text",
  certain: true,
});

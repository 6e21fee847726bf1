/** Text of an event that somebody without rights here can choose (GitHub's guide on untrusted input), without white space and brackets. */
const STRANGERS =
  /\bgithub\.(?:head_ref\b|event\.(?:(?:issue|pull_request|discussion)\.(?:title|body)\b|(?:comment|review|review_comment)\.body\b|pull_request\.head\.(?:ref\b|label\b|repo\.default_branch\b)|workflow_run\.(?:head_branch\b|display_title\b|head_commit\.(?:message|author\.(?:name|email))\b|pull_requests\b.{0,20}head\.ref)|(?:head_commit|commits\b[^.]{0,20})\.(?:message\b|author\.(?:name|email)\b)|pages\b.{0,20}page_name\b)|event\.(?:issue|pull_request|comment|review|discussion|head_commit|workflow_run)?\.?\*)|\btojson\(github(?:\.event(?:\.\w{1,40}){0,2})?\)/;
/** The expressions of a script; none is longer than this. */
const MAX_EXPRESSION = 2000;

/** The expressions of a text, in one form: lower case, `a['b']` as `a.b`, no white space. */
export function expressionsOf(text: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf("${{"); at >= 0; at = text.indexOf("${{", at + 3)) {
    const within = text.slice(at + 3, at + 3 + MAX_EXPRESSION);
    const end = within.indexOf("}}");
    found.push(
      (end < 0 ? within : within.slice(0, end)).toLowerCase().replace(/\s+/g, "").replace(
        /\[["']([\w-]{1,60})["']\]/g,
        ".$1",
      ),
    );
  }
  return found;
}

/** Expressions that put such text into a script, also by a variable that holds it; `held` names those. */
export function injectionsIn(script: string, held: ReadonlySet<string> = new Set()): string[] {
  return expressionsOf(script).filter((expression) =>
    isStrangers(expression) ||
    [...expression.matchAll(/\benv\.([\w-]{1,80})/g)].some(([, name = ""]) => held.has(name))
  );
}

/** Whether an expression is such text, and not only a comparison with it. */
function isStrangers(expression: string): boolean {
  const match = STRANGERS.exec(expression);
  if (match === null) return false;
  // `github.head_ref == 'main'` and `contains(github.event...)` give true or false.
  const whole = expression.replace(/^\(+|\)+$/g, "");
  return !(/[=!]=|^!?(?:contains|startswith|endswith)\(/.test(whole) &&
    !/&&|\|\||format\(|join\(/.test(whole));
}

/** Variables of an `env` that hold such text, in lower case. */
export function heldBy(env: unknown): string[] {
  if (typeof env !== "object" || env === null) return [];
  return Object.entries(env).filter(([, value]) =>
    typeof value === "string" && injectionsIn(value).length > 0
  )
    .map(([name]) => name.toLowerCase());
}

const GITLAB =
  /\b(?:eval|(?:ba|z|da)?sh\s+-c|xargs\s+(?:ba)?sh|envsubst\s*\|\s*(?:ba)?sh)\b[^\n]{0,500}\$\{?(?:CI_COMMIT_(?:MESSAGE|TITLE|DESCRIPTION|REF_NAME|BRANCH|AUTHOR|TAG_MESSAGE)|CI_MERGE_REQUEST_(?:TITLE|DESCRIPTION|SOURCE_BRANCH_NAME|LABELS)|CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME)\b/;

/** Whether a script of GitLab gives text of a commit or request to a shell as its program. */
export const runsGitlabText = (script: string): boolean => GITLAB.test(script.slice(0, 100_000));

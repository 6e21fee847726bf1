import { named, type Node, plain, syntaxOf } from "../syntax/tree.ts";
import { BLIND } from "../ci/checks.ts";
import { commandsIn, isCheck, unquoted, wordsOf } from "../scripts/command.ts";
import type { Script } from "../scripts/script.ts";
import type { Swallow } from "./swallow.ts";

/** What a script makes of failures. */
export interface ShellSwallows {
  swallows: Swallow[];
  /** Commands and pipelines whose failure is told, without white space. */
  told: string[];
  /** How many checks it runs. */
  checks: number;
  /** Nothing in it does anything. */
  idle: boolean;
  /** It ends at the first command that fails, or is one command. */
  firm: boolean;
}

/** Commands whose failure is as good as none: they take away what need not be there, or look for something. */
const EXPECTED =
  /^(?:rm|rmdir|unlink|kill|pkill|killall|pgrep|[efz]?grep|rg|ag|find|umount|fusermount|mkdir|ln|wait|read|which|command|type|hash|id|ls|stat|test|\[|\[\[|diff|cmp|let|expr|systemctl|service|launchctl|initctl|brew|tmux|screen|iptables|ip|getent|sysctl|setenforce|renice|ulimit|stty|tput|shopt|source|\.|unset|export|local|declare|chown|chmod|touch|sleep|cd|pushd|popd|curl|wget|ping|nc|rmmod|modprobe|losetup|dmsetup|trap|deluser|userdel|useradd|groupadd|adduser|addgroup)$/;
const EXPECTED_OF =
  /^(?:docker|podman|docker-compose|kubectl|helm|git|npm|pip|pip3|apt|apt-get|yum|gh|aws|gcloud|az|psql|mysql|createdb|dropdb|redis-cli|jq)$/;
const TAKES_AWAY =
  /^(?:stop|rm|rmi|down|kill|delete|remove|uninstall|prune|logout|unset|--unset|-D|-d|diff|stash|ls|list|get|inspect|describe|view|show|info|status|fetch|rev-parse|describe|log|grep|symbolic-ref|check-ignore|exists|head-bucket|worktree|update|clean|auth|login|create|label|config)$/;
const SETS_STRICT = /(?:^|[\n;&|(]|then|do)\s*set\s+(?:-[a-zA-Z]+\s+)*-(?:[a-zA-Z]*e|o\s+errexit)/;

/** Whether a script ends at its first failure. */
export const isStrict = ({ text, errexit }: Script): boolean =>
  errexit || /^#![^\n]{0,200}\s-\w*e/.test(text) || SETS_STRICT.test(text);

const mayFail = (command: Node): boolean => {
  const [first = "", ...rest] = wordsOf(command);
  const name = first.slice(first.lastIndexOf("/") + 1);
  if (/^sudo$/.test(name)) return EXPECTED.test(rest[0] ?? "");
  return EXPECTED.test(name) || /^(?:true|:|echo|printf|exit|return)$/.test(name) || /^\$/.test(name) ||
    (EXPECTED_OF.test(name) && rest.some((word) => TAKES_AWAY.test(word)));
};

/** Without any of these a script swallows nothing. */
const WORTH = /\||set\s|exit|trap|return|;\s*(?:true|:)|\btrue\b|\bif\b/;

/** Reads one script: `cmd || true`, `set +e`, `exit 0` behind checks, `trap 'exit 0'`. */
export async function shellSwallows(script: Script, path: string): Promise<ShellSwallows> {
  const { text, line: first, name, ignored } = script;
  const swallows: Swallow[] = [];
  const told: string[] = [];
  const tree = await syntaxOf(text, "shell", `${path}.sh`);
  const commands = commandsIn(tree);
  const checks = commands.filter((one) => isCheck(wordsOf(one)));
  const runsAnything = (node: Node) =>
    commandsIn(node).some((one) => /^["']?\$[{@*\w(]|^eval\b/.test(plain(one)));
  const add: Add = (node, kind, detail, about, checked) =>
    swallows.push({
      line: first + node.line - 1,
      kind,
      detail,
      key: `${kind}\n${plain(about)}`,
      commands: commandsIn(about).filter((one) => !checked || checks.includes(one)).map(plain),
      checks: checked,
      name,
    });
  const walk = (node: Node, quiet: boolean, inside: boolean): void => {
    // What a command writes is taken for a value: none is one, too.
    const within = inside || /substitution$/.test(node.type);
    if (node.type === "list" && node.children.some((one) => one.type === "||")) {
      const [left, right] = named(node);
      if (left && right && isNothing(right)) {
        const inner = commandsIn(left);
        const checked = inner.some((one) => isCheck(wordsOf(one))) ||
          (checks.length > 0 && runsAnything(left));
        const what = checked ? "a check" : "a command";
        const kind = checked || within || inner.length === 0 || inner.every(mayFail) ? "or-true" : "forgiven";
        add(node, kind, `the failure of ${what} is turned into success`, left, checked);
        walk(left, true, within);
        return;
      }
    }
    if (node.type === "if_statement" && isIdleBranch(node)) {
      const condition = node.children.filter(({ field }) => field === "condition");
      const asked: Node = { ...node, type: "condition", children: condition };
      if (commandsIn(asked).some((one) => checks.includes(one))) {
        add(node, "or-true", "a check is asked, and its failure changes nothing", asked, true);
        walk(asked, true, within);
        return;
      }
      if (!within && commandsIn(asked).some((one) => !mayFail(one))) {
        add(node, "forgiven", "a command is asked, and its failure changes nothing", asked, false);
      }
    }
    if (node.type === "pipeline" && !/pipefail/.test(text)) {
      const early = named(node).slice(0, -1);
      const piped: Node = { ...node, type: "commands", children: early };
      if (commandsIn(piped).some((one) => checks.includes(one))) {
        add(node, "piped", "the pipeline ends as its last command does", piped, true);
        walk(piped, true, within);
        return;
      }
    }
    if (node.type === "command" && !quiet) told.push(plain(node));
    node.children.forEach((one) => walk(one, quiet, within));
  };
  if (ignored !== undefined) {
    add(tree, ignored, "its runner goes on when it fails", tree, checks.length > 0);
  } else if (WORTH.test(text)) walk(tree, false, false);
  else for (const one of commands) told.push(plain(one));
  if (ignored === undefined) settings(tree, script, checks, add);
  for (const one of checks) {
    const blind = wordsOf(one).filter((word) => BLIND.test(word));
    if (blind.length === 0 || ignored !== undefined) continue;
    add(one, "blind-option", `the check ends well whatever it finds: ${blind[0]?.slice(0, 60)}`, one, true);
    // Without the option it may have been there before.
    swallows.at(-1)?.commands.push(blind.reduce((rest, word) => rest.replace(word, ""), plain(one)));
  }
  const top = named(tree);
  return {
    swallows,
    told,
    checks: checks.length,
    idle: top.length > 0 && top.every(isNothing),
    firm: ignored === undefined && (isStrict(script) || top.length === 1),
  };
}

const words = (node: Node): string[] =>
  node.type === "redirected_statement" ? words(named(node)[0] ?? node) : wordsOf(node);

/** A command, or a group of them, that does nothing but end well, whatever it says. */
function isNothing(node: Node): boolean {
  switch (node.type) {
    case "command": {
      const [name = "", first = ""] = wordsOf(node);
      return /^(?:true|:|echo|printf|log|warn|info|print|\/bin\/true)$/.test(name) ||
        (/^(?:exit|return)$/.test(name) && first === "0");
    }
    case "redirected_statement":
      return named(node).filter((one) => !/redirect/.test(one.type)).every(isNothing);
    case "compound_statement":
    case "subshell": {
      const inner = named(node);
      return inner.length > 0 && inner.every(isNothing);
    }
    case "list":
      return named(node).every(isNothing);
    default:
      return false;
  }
}

/** An `if` that only talks, whichever way it goes. */
function isIdleBranch(node: Node): boolean {
  const inner = named(node).filter(({ field }) => field !== "condition");
  return inner.every((one) =>
    /^(?:elif|else)_clause$/.test(one.type) ? named(one).every(isNothing) : isNothing(one)
  );
}

type Add = (node: Node, kind: string, detail: string, about: Node, checked: boolean) => void;

function settings(tree: Node, script: Script, checks: readonly Node[], add: Add): void {
  const top = named(tree);
  const all = commandsIn(tree);
  let strict = script.errexit || /^#![^\n]{0,200}\s-\w*e/.test(script.text);
  const takesCode = /\$\?|PIPESTATUS/.test(script.text);
  for (const [at, one] of all.entries()) {
    const [name = "", ...args] = wordsOf(one);
    if (name === "set") {
      const off = args.some((word, index) =>
        /^\+\w*e/.test(word) || (word === "+o" && args[index + 1] === "errexit")
      );
      if (
        args.some((word, index) => /^-\w*e/.test(word) || (word === "-o" && args[index + 1] === "errexit"))
      ) strict = true;
      if (!off) continue;
      const rest = all.slice(at + 1);
      const back = rest.findIndex((next) =>
        words(next)[0] === "set" && words(next).some((word) => /^-\w*e/.test(word) || word === "errexit")
      );
      const covered = (back < 0 ? rest : rest.slice(0, back)).filter((next) => checks.includes(next));
      // A script that takes the code and gives it back tells the failure in its own way.
      const checked = covered.length > 0 && !takesCode;
      const open = !checked && back < 0 && !takesCode && rest.some((next) => !mayFail(next));
      const detail = "the script goes on when a command fails";
      add(one, open ? "goes-on" : "set-plus-e", detail, open ? { ...tree, children: rest } : one, checked);
      if (back < 0) strict = false;
    }
    if (
      name === "trap" && args.length >= 2 && /\bexit\s+0\b|^true$|^:$/.test(args[0] ?? "") &&
      args.slice(1).some((word) => /^(?:ERR|EXIT|0)$/.test(word))
    ) {
      add(one, "trap-exit", "whatever fails, the script ends well", one, checks.length > 0);
    }
  }
  for (const [at, one] of top.entries()) {
    const behind = { ...tree, children: top.slice(at + 1) };
    if (
      one.type === "command" && wordsOf(one).join(" ").replace(/^return/, "exit") === "exit 0" &&
      commandsIn(behind).some((next) => checks.includes(next))
    ) {
      add(one, "ends-well", "the script ends before its checks", one, true);
    }
  }
  const last = top.at(-1);
  if (last === undefined) return;
  const [name = "", first = ""] = last.type === "command"
    ? [unquoted(named(last)[0] ?? last), unquoted(named(last)[1] ?? last)]
    : [];
  const ends = (name === "exit" && first === "0") || ((name === "true" || name === ":") && top.length > 1);
  const before = commandsIn({ ...tree, children: top.slice(0, -1) });
  if (!ends || strict || takesCode) return;
  if (!before.some((one) => checks.includes(one))) {
    const work = top.at(-2);
    if (work !== undefined && /^(?:command|redirected_statement|list|pipeline)$/.test(work.type)) {
      if (!isNothing(work) && commandsIn(work).some((one) => !mayFail(one))) {
        add(last, "ends-anyway", "the script ends well whatever its last command said", work, false);
      }
    }
    return;
  }
  // `check || exit 1` has told its failure before.
  const guarded = top.slice(0, -1).every((node) => node.type !== "command" || !checks.includes(node));
  if (!guarded) add(last, "ends-well", "the script ends well whatever its checks said", last, true);
}

import { isBeyond, isTrial, lossesOfSql } from "./place.ts";

/** What a command strikes. */
export interface Strike {
  kind: string;
  name: string;
  detail: string;
}

const base = (word: string | undefined): string => (word ?? "").slice((word ?? "").lastIndexOf("/") + 1);
const STARTERS =
  /^(?:env|sudo|doas|time|nice|ionice|nohup|exec|command|builtin|stdbuf|setsid|unbuffer|busybox|\\rm)$/;
const FLAG = /^-/;

/** What only starts another command is taken off. */
function started(words: readonly string[]): string[] {
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    if (STARTERS.test(base(word)) || /^\w+=/.test(word)) at++;
    else if (at > 0 && FLAG.test(word)) at += /^-[ugnc]$/.test(word) ? 2 : 1;
    else if (base(word) === "timeout" || base(word) === "retry") at += 2;
    else break;
  }
  return words.slice(at);
}

/** Whether a word stands among the flags, alone or among others of one letter. */
const flagged = (words: readonly string[], long: RegExp, short?: RegExp): boolean =>
  words.some((word) =>
    long.test(word) || (short !== undefined && /^-[A-Za-z]+$/.test(word) && short.test(word))
  );

const DISK = /^\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper\/|md|dm-|\?)/;

/** What the words of a command destroy beyond what the project made: only what is sure by its words. */
export function strikesOf(given: readonly string[], inImage = false): Strike[] {
  const [first, ...rest] = started(given);
  const command = base(first);
  if (flagged(rest, /^--(?:dry-?run(?:=.*)?|help|version)$/)) return [];
  const free = rest.filter((word) => !FLAG.test(word));
  const all = (kind: string, names: readonly string[], verb: string): Strike[] =>
    names.filter((name) => kind === "remove-tree" || kind === "disk" || !isTrial(name)).slice(0, 5).map((
      name,
    ) => ({
      kind,
      name,
      detail: `${verb} ${name}`,
    }));
  if (command === "rm" && !inImage) {
    return flagged(rest, /^--recursive$/, /[rR]/) ? all("remove-tree", free.filter(isBeyond), "rm -r") : [];
  }
  if (command === "find" && !inImage) {
    const filtered = rest.some((word) =>
      /^-(?:i?name|i?path|i?regex|[acm]time|[acm]min|newer\w*|size|empty|user|group|perm|maxdepth)$/.test(
        word,
      )
    );
    const removes = rest.includes("-delete") ||
      rest.some((word, at) =>
        /^-(?:exec|ok)(?:dir)?$/.test(word) && /^(?:rm|shred)$/.test(base(rest[at + 1]))
      );
    const from = rest.slice(0, rest.findIndex((word) => FLAG.test(word)));
    return removes && !filtered ? all("remove-tree", from.filter(isBeyond), "find -delete") : [];
  }
  if (command === "dd") {
    return all(
      "disk",
      rest.flatMap((word) => /^of=(.+)$/.exec(word)?.[1] ?? []).filter((to) => DISK.test(to)),
      "dd over",
    );
  }
  if (/^(?:mkfs(?:\.\w+)?|mke2fs|wipefs|blkdiscard|shred|sgdisk|badblocks)$/.test(command)) {
    const wipes = !/^(?:wipefs|sgdisk|badblocks)$/.test(command) ||
      flagged(rest, /^(?:-a|--all|-af|-Z|--zap-all|-w)$/);
    return wipes ? all("disk", free.filter((word) => DISK.test(word)), command) : [];
  }
  if (command === "diskutil" && /^erase/i.test(free[0] ?? "")) {
    return all("disk", free.slice(-1), "diskutil erase");
  }
  if (/^(?:zpool|zfs)$/.test(command) && free[0] === "destroy") {
    return all("disk", free.slice(1).filter((name) => !name.includes("@")), `${command} destroy`);
  }
  if (/^(?:lvremove|vgremove|pvremove)$/.test(command)) return all("disk", free, command);
  return [...ofDatabase(command, rest, free, all), ...ofCluster(command, rest, free, all)];
}

type All = (kind: string, names: readonly string[], verb: string) => Strike[];

function ofDatabase(command: string, rest: readonly string[], free: readonly string[], all: All): Strike[] {
  if (command === "dropdb") {
    return all(
      "database",
      free.slice(-1).filter((name) => !/^[$?]/.test(name)),
      command,
    );
  }
  if (command === "mysqladmin" && free.includes("drop")) {
    return all("database", free.slice(-1), "mysqladmin drop");
  }
  if (command === "redis-cli") {
    return rest.some((word) => /^flush(?:all|db)$/i.test(word)) && !rest.some(isTrial)
      ? [{ kind: "database", name: "redis", detail: "redis-cli empties the store" }]
      : [];
  }
  if (/^(?:mongo|mongosh)$/.test(command)) {
    return rest.some((word) => /\bdropDatabase\s*\(/.test(word)) && !rest.some(isTrial)
      ? [{ kind: "database", name: "mongo", detail: "dropDatabase" }]
      : [];
  }
  if (/^(?:psql|mysql|mariadb|sqlite3|cockroach|clickhouse-client|sqlcmd|duckdb)$/.test(command)) {
    if (rest.some(isTrial)) return [];
    const sql = rest.map((word) => word.replace(/^--?(?:command|execute|query|c|e|q|Q)=?/, "")).join(";");
    return lossesOfSql(sql, rest.join(" ")).map(({ verb, name }) => ({
      kind: "sql",
      name,
      detail: `${verb} ${name}`,
    }));
  }
  return [];
}

const KEEPS =
  /^(?:namespaces?|ns|pvc|pv|persistentvolume(?:claim)?s?|nodes?|crds?|customresourcedefinitions?|statefulsets?|sts|all)$/i;
/** `service verb` of cloud clients that loses data. */
const CLOUD =
  /^(?:s3api delete-bucket|rds delete-db-(?:instance|cluster|snapshot)|dynamodb (?:delete-table|delete-backup)|ec2 (?:delete-volume|delete-snapshot)|efs delete-file-system|eks delete-cluster|kms schedule-key-deletion|cloudformation delete-stack|redshift delete-cluster|elasticache delete-\S+|backup delete-\S+)$/;

function ofCluster(command: string, rest: readonly string[], free: readonly string[], all: All): Strike[] {
  if (/^(?:kubectl|oc)$/.test(command)) {
    const at = free.indexOf("delete");
    if (at < 0 || rest.some(isTrial)) return [];
    const [kind = "", ...names] = (free[at + 1] ?? "").includes("/")
      ? (free[at + 1] ?? "").split("/")
      : free.slice(at + 1);
    if (!kind.split(",").some((one) => KEEPS.test(one))) return [];
    const every = flagged(rest, /^--all(?:=true)?$/);
    const first = every ? "--all" : names[0] ?? "";
    return first === "" || /[$?]/.test(first)
      ? []
      : all("cluster", [`${kind} ${first}`], `${command} delete`);
  }
  if (command === "aws") {
    const [service = "", verb = "", ...targets] = free;
    if (service === "s3" && !rest.some(isTrial)) {
      const whole = targets.filter((one) => /^s3:\/\/[^/]+\/?\*?$/.test(one));
      if (verb === "rb" && rest.includes("--force")) return all("cloud", whole, "aws s3 rb --force");
      if (verb === "rm" && rest.includes("--recursive")) return all("cloud", whole, "aws s3 rm --recursive");
    }
    return CLOUD.test(`${service} ${verb}`) && !rest.some(isTrial)
      ? all("cloud", [rest.at(-1) ?? ""], `aws ${service} ${verb}`)
      : [];
  }
  if (command === "gsutil" && !rest.some(isTrial)) {
    const whole = free.filter((one) => /^gs:\/\/[^/]+\/?\**$/.test(one));
    return free.includes("rb") || (free.includes("rm") && flagged(rest, /^-[rR]$/))
      ? all("cloud", whole, "gsutil removes")
      : [];
  }
  if (command === "gcloud" && !rest.some(isTrial)) {
    return /^(?:sql instances|projects|container clusters|compute disks|spanner (?:instances|databases)|kms keys) delete\b/
        .test(free.join(" "))
      ? all("cloud", free.slice(-1), "gcloud delete")
      : [];
  }
  if (command === "az" && !rest.some(isTrial)) {
    return /^(?:group|storage account|sql (?:db|server)|disk|aks|cosmosdb) delete\b/.test(free.join(" ")) &&
        flagged(rest, /^(?:-y|--yes)$/)
      ? all("cloud", [free[0] ?? ""], "az delete")
      : [];
  }
  if (/^(?:terraform|tofu|terragrunt)$/.test(command)) {
    const unasked = flagged(
      rest,
      /^(?:-auto-approve|--auto-approve|-force|--terragrunt-non-interactive)(?:=true)?$/,
    );
    const destroys = free.includes("destroy") ||
      (free.includes("apply") && flagged(rest, /^--?destroy(?:=true)?$/));
    return destroys && unasked && !rest.some(isTrial)
      ? [{ kind: "infrastructure", name: command, detail: `${command} destroy without asking` }]
      : [];
  }
  if (command === "pulumi" || command === "cdk") {
    return free.includes("destroy") && flagged(rest, /^(?:-y|--yes|-f|--force)$/) && !rest.some(isTrial)
      ? [{ kind: "infrastructure", name: command, detail: `${command} destroy without asking` }]
      : [];
  }
  if (/^(?:docker|podman)$/.test(command)) {
    const every = rest.some((word) => /^\$\((?:docker|podman)volumels/.test(word.replace(/\s/g, "")));
    if (free[0] === "volume" && free[1] === "rm" && every) {
      return [{ kind: "volumes", name: "all volumes", detail: `${command} volume rm of all` }];
    }
    return free[0] === "system" && free[1] === "prune" && rest.includes("--volumes")
      ? [{ kind: "volumes", name: "all volumes", detail: `${command} system prune --volumes` }]
      : [];
  }
  return command === "gh" && free[0] === "repo" && free[1] === "delete"
    ? all("cloud", [free[2] ?? "the repository"], "gh repo delete")
    : [];
}

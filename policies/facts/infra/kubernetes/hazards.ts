import {
  isFalse,
  isObject,
  isTrue,
  itemsOf,
  member,
  textOf,
  type Tree,
  type TreeObject,
  Unknown,
} from "../tree.ts";
import { wideSource } from "../terraform/network.ts";
import { type KubeProblem, lossesOf } from "./losses.ts";
import { type KubeObject, podSpecs } from "./objects.ts";

/** Capabilities with which a container is as good as its node. */
const STRONG = new Set([
  ...[
    "ALL",
    "SYS_ADMIN",
    "NET_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "DAC_READ_SEARCH",
    "BPF",
    "SYS_BOOT",
  ],
  ...["MAC_ADMIN", "SYSLOG", "PERFMON", "SYS_CHROOT", "DAC_OVERRIDE", "NET_RAW", "SETUID", "SETGID"],
]);
const text = (tree: Tree | undefined): string => typeof tree === "string" ? tree : "";
const texts = (tree: Tree | undefined): string[] => itemsOf(tree).map(text).filter((one) => one !== "");

/** What is wrong with an object as it will be, without what was wrong already. */
export function judgeObject(after: KubeObject, before: KubeObject | null): KubeProblem[] {
  const known = new Set(
    before === null ? [] : problemsOf(before).map(({ kind, detail }) => `${kind}\n${detail}`),
  );
  return [
    ...problemsOf(after).filter(({ kind, detail }) => !known.has(`${kind}\n${detail}`)),
    ...(before === null ? [] : lossesOf(before, after)),
  ];
}

function problemsOf({ kind, tree }: KubeObject): KubeProblem[] {
  const problems: KubeProblem[] = [];
  const add = (what: string, detail: string, certain = true) =>
    problems.push({ kind: what, detail, certain });
  for (const spec of podSpecs(tree)) podProblems(spec, add);
  const spec = member(tree, "spec");
  switch (kind) {
    case "Role":
    case "ClusterRole":
      for (const rule of itemsOf(member(tree, "rules"))) roleProblems(rule, add);
      break;
    case "RoleBinding":
    case "ClusterRoleBinding": {
      const role = text(member(member(tree, "roleRef"), "name"));
      if (role === "cluster-admin") add("rbac-wildcard", "binds to cluster-admin");
      for (const subject of itemsOf(member(tree, "subjects"))) {
        const name = text(member(subject, "name"));
        if (/^system:(?:anonymous|unauthenticated|authenticated|serviceaccounts)$/.test(name)) {
          add("rbac-wildcard", `gives the role to ${name}`);
        }
        if (name === "system:masters") add("rbac-wildcard", "gives the role to system:masters");
      }
      break;
    }
    case "Secret": {
      const values = [
        ...Object.values(objectOf(member(tree, "data"))),
        ...Object.values(objectOf(member(tree, "stringData"))),
      ];
      const given = values.map(text).filter((one) => one !== "");
      if (given.length > 0) {
        const filledIn = given.every((one) =>
          /^(?:\$\{[\w.]+\}|<[\w .-]+>|\$\([\w.]+\)|change-?me|replace-?me|placeholder)$/i.test(plain(one))
        );
        add(
          "secret-data",
          `holds ${given.length} value${given.length === 1 ? "" : "s"} in the repository`,
          !filledIn,
        );
      }
      break;
    }
    case "Service":
      serviceProblems(tree, spec, add);
      break;
    case "Namespace":
      if (
        text(member(member(member(tree, "metadata"), "labels"), "pod-security.kubernetes.io/enforce")) ===
          "privileged"
      ) {
        add("guard-removed", "pod security of the namespace is privileged");
      }
      break;
    case "NetworkPolicy":
      for (const side of ["ingress", "egress"]) {
        const types = texts(member(spec, "policyTypes"));
        const opens = itemsOf(member(spec, side)).some((rule) =>
          isObject(rule) && itemsOf(member(rule, side === "ingress" ? "from" : "to")).length === 0 &&
          itemsOf(member(rule, "ports")).length === 0
        );
        if (opens && (side === "ingress" || types.includes("Egress"))) {
          add("network-opened", `allows all ${side}`, side === "ingress");
        }
      }
      break;
    default:
  }
  if (/WebhookConfiguration$/.test(kind)) {
    for (const hook of itemsOf(member(tree, "webhooks"))) {
      if (text(member(hook, "failurePolicy")) === "Ignore") {
        add("guard-removed", "a webhook that fails lets everything through (failurePolicy Ignore)", false);
      }
    }
  }
  return problems;
}

const objectOf = (tree: Tree | undefined): TreeObject => isObject(tree) ? tree : {};

/** A value of `data` is base64. */
function plain(value: string): string {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value.trim()) || value.trim().length % 4 !== 0 || value.length > 4096) {
    return value.trim();
  }
  try {
    const decoded = atob(value.trim()).trim();
    return /^[\x20-\x7e]+$/.test(decoded) ? decoded : value.trim();
  } catch {
    return value.trim();
  }
}

type Add = (kind: string, detail: string, certain?: boolean) => void;

function podProblems(spec: TreeObject, add: Add): void {
  for (const name of ["hostNetwork", "hostPID", "hostIPC"]) {
    if (isTrue(member(spec, name))) add("host-access", `${name} is true`);
  }
  for (const volume of itemsOf(member(spec, "volumes"))) {
    const path = member(volume, "hostPath");
    if (path !== undefined && path !== null) {
      add(
        "host-access",
        `a volume is of the node's own files (hostPath ${
          /^[\w./-]{1,80}$/.test(text(member(path, "path"))) ? text(member(path, "path")) : "?"
        })`,
      );
    }
  }
  contextProblems(member(spec, "securityContext"), "the pod", add);
  for (const list of ["containers", "initContainers", "ephemeralContainers"]) {
    for (const container of itemsOf(member(spec, list))) {
      const given = text(member(container, "name"));
      const name = /^[\w.-]{1,63}$/.test(given) ? given : list;
      contextProblems(member(container, "securityContext"), name, add);
      for (const port of itemsOf(member(container, "ports"))) {
        const host = member(port, "hostPort");
        if (typeof host === "number" && host > 0) {
          add("host-access", `${name} takes port ${host} of the node`);
        }
      }
      const image = member(container, "image");
      if (typeof image === "string" && image !== "") {
        const problem = imageProblem(image);
        if (problem !== null) add("image-unpinned", `the image of ${name} ${problem}`);
      }
    }
  }
}

function imageProblem(image: string): string | null {
  if (/\$\{|\{\{|^\$\(/.test(image)) return null;
  if (image.includes("@")) return /@sha256:[0-9a-f]{64}$/.test(image) ? null : "has a digest that is none";
  const last = image.slice(image.lastIndexOf("/") + 1);
  const tag = last.includes(":") ? last.slice(last.indexOf(":") + 1) : "";
  if (tag === "") return "has no tag: it is whatever is newest";
  return /^(?:latest|stable|main|master|edge|nightly|dev|canary|head)$/i.test(tag)
    ? `has the tag ${tag.toLowerCase()}, which moves`
    : null;
}

function contextProblems(context: Tree | undefined, who: string, add: Add): void {
  if (!isObject(context)) return;
  if (isTrue(context.privileged)) add("privileged", `${who} is privileged`);
  if (isTrue(context.allowPrivilegeEscalation)) {
    add("privileged", `${who} may gain privileges (allowPrivilegeEscalation)`);
  }
  if (context.runAsUser === 0) add("privileged", `${who} runs as root (runAsUser 0)`);
  if (isFalse(context.runAsNonRoot)) add("privileged", `${who} may run as root (runAsNonRoot false)`, false);
  if (text(context.procMount) === "Unmasked") add("privileged", `${who} sees /proc unmasked`);
  if (text(member(context.seccompProfile, "type")) === "Unconfined") {
    add("privileged", `${who} runs without seccomp`);
  }
  if (text(member(context.appArmorProfile, "type")) === "Unconfined") {
    add("privileged", `${who} runs without AppArmor`);
  }
  if (isTrue(member(context.windowsOptions, "hostProcess"))) {
    add("privileged", `${who} is a process of the host`);
  }
  for (const capability of texts(member(context.capabilities, "add"))) {
    const plainName = capability.toUpperCase().replace(/^CAP_/, "");
    if (STRONG.has(plainName)) add("privileged", `${who} gains the capability ${plainName}`);
  }
}

function roleProblems(rule: Tree, add: Add): void {
  const [verbs, resources, groups] = [
    texts(member(rule, "verbs")),
    texts(member(rule, "resources")),
    texts(member(rule, "apiGroups")),
  ];
  if (verbs.includes("*") && resources.includes("*")) add("rbac-wildcard", "allows everything on everything");
  else if (verbs.includes("*")) add("rbac-wildcard", `allows every verb on ${shown(resources)}`);
  else if (resources.includes("*")) {
    add("rbac-wildcard", `allows ${shown(verbs)} on every resource, secrets among them`);
  } else if (resources.includes("secrets") && groups.includes("*")) {
    add("rbac-wildcard", "allows secrets in every group", false);
  }
  for (const verb of verbs) {
    if (/^(?:escalate|bind|impersonate)$/.test(verb)) {
      add("rbac-wildcard", `allows ${verb}, by which one gains any right`);
    }
  }
}

const shown = (list: readonly string[]): string =>
  list.filter((one) => /^[\w./*-]{1,60}$/.test(one)).slice(0, 5).join(", ");

function serviceProblems(tree: TreeObject, spec: Tree | undefined, add: Add): void {
  const type = textOf(member(spec, "type"));
  const annotations = objectOf(member(member(tree, "metadata"), "annotations"));
  const internal = Object.entries(annotations).some(([key, value]) =>
    /internal/i.test(`${key}=${value instanceof Unknown ? "" : String(value)}`) && !isFalse(value)
  );
  const ranges = itemsOf(member(spec, "loadBalancerSourceRanges"));
  if (type === "LoadBalancer" && !internal && (ranges.length === 0 || ranges.some(wideSource))) {
    add("exposed", "the service is of type LoadBalancer, open to every source", false);
  }
  if (type === "NodePort") add("exposed", "the service takes a port of every node", false);
  if (itemsOf(member(spec, "externalIPs")).length > 0) {
    add("exposed", "the service takes addresses from outside (externalIPs)");
  }
}

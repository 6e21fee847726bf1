import { isFalse, isObject, isTrue, itemsOf, member, type Tree } from "../tree.ts";
import { type KubeObject, podSpecs } from "./objects.ts";

/** Something wrong with an object, in words of our own: never a value of a Secret. */
export interface KubeProblem {
  kind: string;
  detail: string;
  certain: boolean;
}

const KEEPS = new Set([
  ...[
    "Namespace",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StatefulSet",
    "CustomResourceDefinition",
    "StorageClass",
  ],
  ...[
    "VolumeSnapshot",
    "KafkaTopic",
    "Kafka",
    "PostgresCluster",
    "Cluster",
    "Elasticsearch",
    "RedisCluster",
    "MongoDBCommunity",
  ],
]);
const NETWORK =
  /^(?:(?:Global)?NetworkPolicy|Cilium(?:Clusterwide)?NetworkPolicy|AuthorizationPolicy|PeerAuthentication|AdminNetworkPolicy)$/;
const GUARDS =
  /^(?:ValidatingWebhookConfiguration|MutatingWebhookConfiguration|ValidatingAdmissionPolicy(?:Binding)?|ClusterPolicy|Constraint|PodSecurityPolicy|PodDisruptionBudget)$/;

const text = (tree: Tree | undefined): string => typeof tree === "string" ? tree : "";
const texts = (tree: Tree | undefined): string[] => itemsOf(tree).map(text).filter((one) => one !== "");

/** What it means that an object goes. */
export function deletionOf({ kind }: KubeObject): KubeProblem[] {
  if (KEEPS.has(kind)) {
    return [{ kind: "stateful-destroyed", detail: `the ${kind} goes with what it holds`, certain: true }];
  }
  if (NETWORK.test(kind)) {
    return [{
      kind: "network-opened",
      detail: `the ${kind} goes: what it kept apart can talk`,
      certain: true,
    }];
  }
  if (GUARDS.test(kind)) return [{ kind: "guard-removed", detail: `the ${kind} goes`, certain: false }];
  return [];
}

/** What held an object back, and does so no more. */
export function lossesOf(before: KubeObject, after: KubeObject): KubeProblem[] {
  const problems: KubeProblem[] = [];
  const add = (kind: string, detail: string, certain = true) => problems.push({ kind, detail, certain });
  const guards = (object: KubeObject) => {
    const kept = new Set<string>();
    for (const spec of podSpecs(object.tree)) {
      const lists = ["containers", "initContainers"].flatMap((list) => itemsOf(member(spec, list)));
      for (const one of [spec, ...lists]) {
        const who = one === spec ? "the pod" : text(member(one, "name")).replace(/[^\w.-]/g, "");
        const context = member(one, "securityContext");
        if (isTrue(member(context, "runAsNonRoot"))) kept.add(`${who}: runAsNonRoot`);
        if (isTrue(member(context, "readOnlyRootFilesystem"))) kept.add(`${who}: readOnlyRootFilesystem`);
        if (isFalse(member(context, "allowPrivilegeEscalation"))) {
          kept.add(`${who}: allowPrivilegeEscalation false`);
        }
        if (
          texts(member(member(context, "capabilities"), "drop")).some((name) => name.toUpperCase() === "ALL")
        ) kept.add(`${who}: drop ALL`);
        if (isObject(member(context, "seccompProfile"))) kept.add(`${who}: seccompProfile`);
      }
    }
    return kept;
  };
  const alive = new Set(
    podSpecs(after.tree).flatMap((spec) =>
      ["containers", "initContainers"].flatMap((list) =>
        itemsOf(member(spec, list)).map((one) => text(member(one, "name")).replace(/[^\w.-]/g, ""))
      )
    ),
  );
  const now = guards(after);
  for (const kept of guards(before)) {
    const who = kept.slice(0, kept.indexOf(":"));
    if (now.has(kept) || (who !== "the pod" && !alive.has(who))) continue;
    // What the pod keeps for all its containers is still kept.
    if (now.has(`the pod:${kept.slice(kept.indexOf(":") + 1)}`)) continue;
    if (
      who === "the pod" && [...alive].length > 0 &&
      [...alive].every((name) => now.has(`${name}:${kept.slice(kept.indexOf(":") + 1)}`))
    ) continue;
    add("privileged", `${kept} is taken away`);
  }
  const level = (object: KubeObject) =>
    text(member(member(member(object.tree, "metadata"), "labels"), "pod-security.kubernetes.io/enforce"));
  const order = ["", "privileged", "baseline", "restricted"];
  if (after.kind === "Namespace" && order.indexOf(level(after)) < order.indexOf(level(before))) {
    add("guard-removed", "pod security of the namespace is lowered");
  }
  if (
    text(member(member(before.tree, "spec"), "persistentVolumeReclaimPolicy")) === "Retain" &&
    text(member(member(after.tree, "spec"), "persistentVolumeReclaimPolicy")) !== "Retain"
  ) {
    add("stateful-destroyed", "the volume is no longer kept when its claim goes", false);
  }
  if (
    NETWORK.test(after.kind) &&
    JSON.stringify(member(before.tree, "spec")) !== JSON.stringify(member(after.tree, "spec"))
  ) {
    const types = (object: KubeObject) => texts(member(member(object.tree, "spec"), "policyTypes"));
    if (types(before).some((one) => !types(after).includes(one))) {
      add("network-opened", "the policy no longer covers a direction");
    }
  }
  return problems;
}

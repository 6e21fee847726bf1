import type { PackExample } from "../infra_example.ts";

const manifest = (
  rule: string,
  which: PackExample["case"],
  about: string,
  head: string,
  base = "",
  says?: "error",
): PackExample => ({
  rule,
  case: which,
  about,
  base: base === "" ? {} : { "k8s/shop.yaml": base },
  head: { "k8s/shop.yaml": head },
  ...(says ? { says } : {}),
});

const deployment = (container = "", pod = "", image = "registry.example/web:1.4.2") =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  template:\n    spec:\n${pod}      containers:\n        - name: web\n          image: ${image}\n${container}`;
const context = (line: string) => `          securityContext:\n            ${line}\n`;
const named = (kind: string, rest = "", api = "v1") =>
  `apiVersion: ${api}\nkind: ${kind}\nmetadata:\n  name: shop\n${rest}`;
const rbac = (kind: string, rest: string) => named(kind, rest, "rbac.authorization.k8s.io/v1");
const list = (...documents: string[]) => documents.join("---\n");

export const KUBERNETES_EXAMPLES: readonly PackExample[] = [
  manifest("K0", "clean", "a manifest", deployment()),
  manifest("K0", "violating", "no YAML", "apiVersion: v1\nkind: [Pod\n", "", "error"),
  manifest("K0", "evading", "a template", deployment("", "", "{{ .Values.image }}")),
  manifest(
    "K0",
    "evading",
    "a key that stands twice",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\nspec: {hostNetwork: true}\n",
    "",
    "error",
  ),
  {
    rule: "K0",
    case: "evading",
    about: "what kustomize puts together",
    base: {},
    head: { "k8s/kustomization.yaml": "resources: [shop.yaml]\n" },
  },
  manifest("K1", "clean", "no rights", deployment(context("allowPrivilegeEscalation: false"))),
  manifest("K1", "violating", "privileged", deployment(context("privileged: true"))),
  manifest("K1", "evading", "as YAML 1.1 writes it", deployment(context("privileged: yes"))),
  manifest(
    "K1",
    "evading",
    "a strong capability",
    deployment(context("capabilities: { add: [CAP_SYS_ADMIN] }")),
  ),
  manifest(
    "K1",
    "evading",
    "what held it back is taken away",
    deployment(),
    deployment(context("runAsNonRoot: true")),
  ),
  manifest(
    "K1",
    "evading",
    "merged from somewhere else",
    `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nx: &x { privileged: true }\nspec:\n  containers:\n    - name: a\n      image: a:1\n      securityContext: { <<: *x }\n`,
  ),
  manifest(
    "K2",
    "clean",
    "a volume of its own",
    deployment("", "      volumes:\n        - name: tmp\n          emptyDir: {}\n"),
  ),
  manifest(
    "K2",
    "violating",
    "the node's files",
    deployment("", "      volumes:\n        - name: root\n          hostPath: { path: / }\n"),
  ),
  manifest(
    "K2",
    "evading",
    "in a kind that nobody knows",
    deployment("", "      hostPID: true\n").replace("kind: Deployment", "kind: Rollout"),
  ),
  manifest(
    "K3",
    "clean",
    "what is needed",
    rbac("Role", "rules:\n  - apiGroups: ['']\n    resources: [pods]\n    verbs: [get, list]\n"),
  ),
  manifest(
    "K3",
    "violating",
    "everything",
    rbac("ClusterRole", "rules:\n  - apiGroups: ['*']\n    resources: ['*']\n    verbs: ['*']\n"),
  ),
  manifest(
    "K3",
    "evading",
    "the right to gain rights",
    rbac(
      "Role",
      "rules:\n  - apiGroups: [rbac.authorization.k8s.io]\n    resources: [roles]\n    verbs: [escalate]\n",
    ),
  ),
  manifest(
    "K3",
    "evading",
    "somebody else's role",
    rbac("ClusterRoleBinding", "roleRef: { kind: ClusterRole, name: cluster-admin }\nsubjects: []\n"),
  ),
  manifest("K4", "clean", "a version", deployment()),
  manifest("K4", "violating", "whatever is newest", deployment("", "", "registry.example/web")),
  manifest(
    "K4",
    "evading",
    "a registry with a port is no tag",
    deployment("", "", "registry.example:5000/web"),
  ),
  manifest(
    "K5",
    "clean",
    "a sealed secret",
    named("SealedSecret", "spec:\n  encryptedData: { key: AgBy }\n", "bitnami.com/v1alpha1"),
  ),
  manifest("K5", "violating", "a value", named("Secret", "data:\n  word: c29tZXRoaW5n\n")),
  manifest(
    "K5",
    "evading",
    "in a list",
    `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: { name: a }\n    stringData: { word: something }\n`,
  ),
  manifest(
    "K6",
    "clean",
    "one way",
    named(
      "NetworkPolicy",
      "spec:\n  podSelector: {}\n  ingress:\n    - from: [{ podSelector: {} }]\n",
      "networking.k8s.io/v1",
    ),
  ),
  manifest(
    "K6",
    "violating",
    "the policy goes",
    deployment(),
    list(deployment(), named("NetworkPolicy", "spec: { podSelector: {} }\n", "networking.k8s.io/v1")),
  ),
  manifest(
    "K6",
    "evading",
    "it stays and allows all",
    named("NetworkPolicy", "spec:\n  podSelector: {}\n  ingress: [{}]\n", "networking.k8s.io/v1"),
    named("NetworkPolicy", "spec:\n  podSelector: {}\n", "networking.k8s.io/v1"),
  ),
  manifest("K7", "clean", "inside the cluster", named("Service", "spec: { type: ClusterIP }\n")),
  manifest("K7", "violating", "a load balancer", named("Service", "spec: { type: LoadBalancer }\n")),
  manifest(
    "K7",
    "evading",
    "ranges that keep nobody out",
    named("Service", "spec: { type: LoadBalancer, loadBalancerSourceRanges: [0.0.0.0/0] }\n"),
  ),
  manifest(
    "K8",
    "clean",
    "it stays",
    named("PersistentVolumeClaim", "spec: { resources: { requests: { storage: 20Gi } } }\n"),
    named("PersistentVolumeClaim", "spec: { resources: { requests: { storage: 10Gi } } }\n"),
  ),
  manifest(
    "K8",
    "violating",
    "the claim goes",
    deployment(),
    list(deployment(), named("PersistentVolumeClaim")),
  ),
  manifest(
    "K8",
    "evading",
    "another takes its place",
    named("PersistentVolumeClaim").replace("shop", "shop2"),
    named("PersistentVolumeClaim"),
  ),
  manifest(
    "K9",
    "clean",
    "restricted",
    named("Namespace").replace(
      "metadata:\n",
      "metadata:\n  labels: { pod-security.kubernetes.io/enforce: restricted }\n",
    ),
  ),
  manifest(
    "K9",
    "violating",
    "a budget goes",
    deployment(),
    list(deployment(), named("PodDisruptionBudget", "", "policy/v1")),
  ),
  manifest(
    "K9",
    "evading",
    "pod security is lowered",
    named("Namespace").replace(
      "metadata:\n",
      "metadata:\n  labels: { pod-security.kubernetes.io/enforce: baseline }\n",
    ),
    named("Namespace").replace(
      "metadata:\n",
      "metadata:\n  labels: { pod-security.kubernetes.io/enforce: restricted }\n",
    ),
  ),
];

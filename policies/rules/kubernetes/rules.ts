import type { Rule } from "../../rule.ts";
import { hazardRule, readRule } from "../infra.ts";

/** The pack `kubernetes`: what manifests ask of a cluster. */
export const KUBERNETES_RULES: readonly Rule[] = [
  readRule("kubernetes", {
    id: "K0",
    gate: "kubernetes-read",
    remediation:
      "Put the rendered manifests into the change (helm template, kustomize build), or let a human decide",
  }),
  hazardRule({
    id: "K1",
    gate: "kubernetes-privileged",
    family: "kubernetes",
    kinds: ["privileged"],
    severity: "critical",
    description:
      "No container is privileged, runs as root, gains strong capabilities, or loses what held it back",
    remediation:
      "Run as a user that is not root, drop ALL capabilities, and set allowPrivilegeEscalation to false",
  }),
  hazardRule({
    id: "K2",
    gate: "kubernetes-host",
    family: "kubernetes",
    kinds: ["host-access"],
    severity: "critical",
    description: "No pod takes the node's files, network, processes or ports",
    remediation: "Use volumes and services of the cluster",
  }),
  hazardRule({
    id: "K3",
    gate: "kubernetes-rbac",
    family: "kubernetes",
    kinds: ["rbac-wildcard"],
    severity: "critical",
    description: "No role allows everything, and none is given to everybody",
    remediation: "List the verbs and resources that are needed, and bind the role to one service account",
  }),
  hazardRule({
    id: "K4",
    gate: "kubernetes-images",
    family: "kubernetes",
    kinds: ["image-unpinned"],
    severity: "high",
    description: "Images have a version or a digest that does not move",
    remediation: "Name a version, or better the digest: image@sha256:...",
  }),
  hazardRule({
    id: "K5",
    gate: "kubernetes-secrets",
    family: "kubernetes",
    kinds: ["secret-data"],
    severity: "critical",
    description: "No Secret with values is in the repository",
    remediation: "Take the values out and renew them; use an external or a sealed secret",
  }),
  hazardRule({
    id: "K6",
    gate: "kubernetes-network",
    family: "kubernetes",
    kinds: ["network-opened"],
    severity: "high",
    description: "What network policies keep apart stays apart",
    remediation: "Restore the policy, or allow the one way that is needed",
  }),
  hazardRule({
    id: "K7",
    gate: "kubernetes-exposure",
    family: "kubernetes",
    kinds: ["exposed"],
    severity: "high",
    description: "No service is opened to the outside without somebody looking at it",
    remediation: "Use ClusterIP behind an ingress, or loadBalancerSourceRanges",
  }),
  hazardRule({
    id: "K8",
    gate: "kubernetes-stateful",
    family: "kubernetes",
    kinds: ["stateful-destroyed"],
    severity: "critical",
    description: "No namespace, volume or set that holds data goes",
    remediation: "Keep it, or name it in intent.removes, so that a human decides",
  }),
  hazardRule({
    id: "K9",
    gate: "kubernetes-guards",
    family: "kubernetes",
    kinds: ["guard-removed"],
    severity: "high",
    description: "Admission policies, webhooks, disruption budgets and the pod security of namespaces stay",
    remediation: "Restore what was there, or let a human decide",
  }),
];

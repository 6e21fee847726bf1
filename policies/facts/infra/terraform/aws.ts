import { isFalse, isTrue, itemsOf, member, textOf, type Tree, type TreeObject, Unknown } from "../tree.ts";
import { lossProblems } from "./loss.ts";
import { ingress, wideSource } from "./network.ts";
import { documentBlockProblems, policyProblems } from "./policy_document.ts";
import type { Problem } from "./problem.ts";
import type { Resource } from "./resource.ts";

/** What is wrong with one resource. */
export interface Judged {
  problems: Problem[];
  /** Members that decide and are only known later. */
  open: string[];
}

/** Types whose `policy` says who may use the thing itself. */
const RESOURCE_POLICIES =
  /^aws_(?:s3_bucket|s3_bucket_policy|sqs_queue|sqs_queue_policy|sns_topic|sns_topic_policy|kms_key|kms_key_policy|ecr_repository_policy|secretsmanager_secret_policy|opensearch_domain_policy|elasticsearch_domain_policy|efs_file_system_policy|glacier_vault|backup_vault_policy|api_gateway_rest_api|vpc_endpoint|cloudwatch_event_bus_policy|media_store_container_policy)$/;
const IDENTITY_POLICIES =
  /^aws_(?:iam_policy|iam_role_policy|iam_user_policy|iam_group_policy|ssoadmin_permission_set_inline_policy)$/;
const ADMIN = /:policy\/(?:AdministratorAccess|IAMFullAccess|job-function\/SystemAdministrator)(?:-[\w-]+)?$/;
const ENCRYPTED: Readonly<Record<string, string>> = {
  aws_ebs_volume: "encrypted",
  aws_db_instance: "storage_encrypted",
  aws_rds_cluster: "storage_encrypted",
  aws_efs_file_system: "encrypted",
  aws_redshift_cluster: "encrypted",
  aws_elasticache_replication_group: "at_rest_encryption_enabled",
  aws_docdb_cluster: "storage_encrypted",
  aws_neptune_cluster: "storage_encrypted",
  aws_ebs_snapshot_copy: "encrypted",
};

/** What is wrong with a resource as it will be. `before` tells what was wrong already, and what is taken away. */
export function judgeAws(after: Resource, before: TreeObject | null): Judged {
  const now = stateProblems(after);
  const was = before === null ? null : stateProblems({ ...after, values: before });
  const known = new Set(was?.problems.map(({ kind, detail }) => `${kind}\n${detail}`));
  return {
    problems: [
      ...now.problems.filter(({ kind, detail }) => !known.has(`${kind}\n${detail}`)),
      ...(before === null ? [] : lossProblems(after.type, before, after.values)),
    ],
    open: now.open.filter((name) =>
      !(was?.open.includes(name) &&
        sameText(
          member(before ?? {}, name.split(".")[0] ?? ""),
          member(after.values, name.split(".")[0] ?? ""),
        ))
    ),
  };
}

const sameText = (a: Tree | undefined, b: Tree | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function stateProblems({ type, mode, values }: Resource): Judged {
  const problems: Problem[] = [];
  const open: string[] = [];
  const add = (kind: string, detail: string, certain = true) => problems.push({ kind, detail, certain });
  const value = (name: string) => member(values, name);
  const asks = (name: string, found = value(name)) => {
    if (found instanceof Unknown) open.push(name);
    return found;
  };
  if (mode === "data") {
    if (type === "aws_iam_policy_document") problems.push(...documentBlockProblems(values));
    return { problems, open };
  }
  if (type === "aws_s3_bucket" || type === "aws_s3_bucket_acl" || type === "aws_s3_object") {
    const acl = textOf(asks("acl"));
    if (acl !== null && /^(?:public-read|public-read-write|authenticated-read|website)$/i.test(acl)) {
      add("public-bucket", `its ACL is ${acl}`);
    }
    if (
      /global\/AllUsers|global\/AuthenticatedUsers/i.test(
        JSON.stringify([value("grant"), value("access_control_policy")]),
      )
    ) {
      add("public-bucket", "its ACL grants rights to all users");
    }
  }
  if (type === "aws_s3_bucket_public_access_block" || type === "aws_s3_account_public_access_block") {
    for (
      const name of [
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
      ]
    ) {
      const found = asks(name);
      if (found === undefined || found === null || isFalse(found)) {
        add("public-bucket", `${name} is not true`);
      }
    }
  }
  if (
    isTrue(asks("publicly_accessible", value("publicly_accessible"))) &&
    /^aws_(?:db_|rds_|redshift|docdb|neptune|dms|mq)/.test(type)
  ) {
    add("public-database", "publicly_accessible is true");
  }
  if (type === "aws_ami_launch_permission" && value("group") === "all") {
    add("public-policy", "everybody may start the image");
  }
  if (
    /^aws_(?:lambda_permission)$/.test(type) && value("principal") === "*" && value("source_arn") == null &&
    value("source_account") == null && value("principal_org_id") == null
  ) {
    add("public-policy", "everybody may call the function");
  }
  if (type === "aws_lambda_function_url" && value("authorization_type") === "NONE") {
    add("public-policy", "the function's URL asks for no authorization", false);
  }
  if (type === "aws_eks_cluster") {
    for (const config of itemsOf(value("vpc_config"))) {
      const cidrs = itemsOf(member(config, "public_access_cidrs"));
      if (
        isTrue(member(config, "endpoint_public_access")) && (cidrs.length === 0 || cidrs.some(wideSource))
      ) {
        add("open-ingress", "the cluster's API answers the whole internet", false);
      }
    }
  }
  ingress(type, values, add, open);
  const isTrust = type === "aws_iam_role";
  const policy = isTrust
    ? "assume_role_policy"
    : /^aws_(?:opensearch|elasticsearch)_domain$/.test(type)
    ? "access_policies"
    : type === "aws_ssoadmin_permission_set_inline_policy"
    ? "inline_policy"
    : "policy";
  if (
    isTrust || IDENTITY_POLICIES.test(type) || RESOURCE_POLICIES.test(type) || policy === "access_policies"
  ) {
    const document = value(policy);
    const found = policyProblems(document, isTrust || !IDENTITY_POLICIES.test(type));
    if (
      found === null &&
      !(document instanceof Unknown &&
        /^data \. aws_iam_policy_document \. [\w-]+ (?:\[ .{1,80} \] )?\. json$/.test(document.text))
    ) open.push(policy);
    for (const problem of found ?? []) problems.push({ ...problem });
  }
  for (const inline of isTrust ? itemsOf(value("inline_policy")) : []) {
    problems.push(...policyProblems(member(inline, "policy"), false) ?? []);
  }
  for (const arn of [value("policy_arn"), ...itemsOf(value("managed_policy_arns"))]) {
    if (typeof arn === "string" && ADMIN.test(arn)) {
      add("iam-wildcard", `attaches ${arn.slice(arn.lastIndexOf("/") + 1)}`);
    }
  }
  const encrypted = ENCRYPTED[type];
  if (encrypted !== undefined) {
    const found = asks(encrypted);
    const inherits = [
      "replicate_source_db",
      "snapshot_identifier",
      "snapshot_id",
      "replication_source_identifier",
      "global_cluster_identifier",
    ].some((name) => value(name) !== undefined && value(name) !== null);
    const off = found === undefined || found === null || isFalse(found);
    // An account can encrypt every volume unasked; a database cannot.
    if (off && !(inherits && !isFalse(found))) {
      add("unencrypted", `${encrypted} is not true`, isFalse(found) || type !== "aws_ebs_volume");
    }
  }
  for (const name of ["root_block_device", "ebs_block_device"]) {
    for (const device of itemsOf(value(name))) {
      if (isFalse(member(device, "encrypted"))) add("unencrypted", `${name}.encrypted is false`);
    }
  }
  if (type === "aws_kinesis_stream" && value("encryption_type") === "NONE") {
    add("unencrypted", "encryption_type is NONE");
  }
  for (const encryption of type === "aws_msk_cluster" ? itemsOf(value("encryption_info")) : []) {
    for (const transit of itemsOf(member(encryption, "encryption_in_transit"))) {
      if (/plaintext/i.test(textOf(member(transit, "client_broker")) ?? "")) {
        add("unencrypted", "client_broker allows plain text");
      }
    }
  }
  if (type === "aws_cloudtrail" && isFalse(value("enable_logging"))) {
    add("logging-off", "enable_logging is false");
  }
  if (type === "aws_guardduty_detector" && isFalse(value("enable"))) add("logging-off", "enable is false");
  if (type === "aws_config_configuration_recorder_status" && isFalse(value("is_enabled"))) {
    add("logging-off", "is_enabled is false");
  }
  if (type === "aws_kms_key" && isFalse(value("is_enabled"))) add("key-deletion", "the key is switched off");
  return { problems, open };
}

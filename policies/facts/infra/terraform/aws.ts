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
import { documentBlockProblems, policyProblems } from "./policy_document.ts";
import { type PortRange, sensitivePort, wideSource } from "./network.ts";
import type { Resource } from "./resource.ts";

export interface Problem {
  kind: string;
  detail: string;
  certain: boolean;
}

export interface Judged {
  problems: Problem[];
  /** Members that decide and are only known later. */
  open: string[];
}

/** Resources that hold what cannot be made anew. */
export const STATEFUL = new Set([
  ...[
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_rds_global_cluster",
    "aws_s3_bucket",
  ],
  ...[
    "aws_dynamodb_table",
    "aws_dynamodb_global_table",
    "aws_efs_file_system",
    "aws_ebs_volume",
    "aws_ebs_snapshot",
  ],
  ...[
    "aws_db_snapshot",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_redshift_cluster",
  ],
  ...[
    "aws_opensearch_domain",
    "aws_elasticsearch_domain",
    "aws_docdb_cluster",
    "aws_neptune_cluster",
    "aws_msk_cluster",
  ],
  ...[
    "aws_kinesis_stream",
    "aws_kms_key",
    "aws_secretsmanager_secret",
    "aws_ecr_repository",
    "aws_backup_vault",
  ],
  ...[
    "aws_backup_plan",
    "aws_fsx_lustre_file_system",
    "aws_fsx_windows_file_system",
    "aws_fsx_ontap_file_system",
  ],
  ...[
    "aws_fsx_openzfs_file_system",
    "aws_glacier_vault",
    "aws_timestreamwrite_database",
    "aws_timestreamwrite_table",
  ],
  ...[
    "aws_qldb_ledger",
    "aws_cognito_user_pool",
    "aws_route53_zone",
    "aws_memorydb_cluster",
    "aws_mq_broker",
  ],
  ...[
    "aws_cloudwatch_log_group",
    "aws_lightsail_database",
    "aws_s3tables_table_bucket",
    "aws_dsql_cluster",
    "aws_keyspaces_table",
  ],
]);

const LOGS = new Set([
  ...["aws_cloudtrail", "aws_flow_log", "aws_s3_bucket_logging", "aws_config_configuration_recorder"],
  ...["aws_config_configuration_recorder_status", "aws_guardduty_detector", "aws_securityhub_account"],
  ...[
    "aws_wafv2_web_acl_logging_configuration",
    "aws_route53_query_log",
    "aws_networkfirewall_logging_configuration",
  ],
]);

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

function ingress(
  type: string,
  values: TreeObject,
  add: (kind: string, detail: string, certain?: boolean) => void,
  open: string[],
): void {
  const check = (rule: Tree, where: string) => {
    const sources = [
      "cidr_blocks",
      "ipv6_cidr_blocks",
      "cidr_ipv4",
      "cidr_ipv6",
      "cidr_block",
      "ipv6_cidr_block",
    ].flatMap((name) => itemsOf(member(rule, name)));
    const wide = sources.some(wideSource);
    if (!wide) {
      if (sources.some((source) => source instanceof Unknown)) open.push(where);
      return;
    }
    const number = (name: string): number | null => {
      const found = member(rule, name);
      return typeof found === "number"
        ? found
        : typeof found === "string" && /^-?\d+$/.test(found)
        ? Number(found)
        : null;
    };
    const protocol = String(
      textOf(member(rule, "protocol")) ?? textOf(member(rule, "ip_protocol")) ?? number("protocol") ??
        number("ip_protocol") ?? "",
    );
    const [from, to] = [number("from_port"), number("to_port")];
    const later = [
      member(rule, "from_port"),
      member(rule, "to_port"),
      member(rule, "protocol"),
      member(rule, "ip_protocol"),
    ]
      .some((one) => one instanceof Unknown);
    if (later) {
      return add("open-ingress", "ports that only a plan tells are open to the whole internet", false);
    }
    if (/^(?:icmp|icmpv6|1|58)$/i.test(protocol)) return;
    const range: PortRange = protocol === "-1" || protocol.toLowerCase() === "all"
      ? { from: 0, to: 65_535 }
      : { from: from ?? 0, to: to ?? from ?? 65_535 };
    const port = sensitivePort(range);
    if (port !== null) {
      add(
        "open-ingress",
        range.from === range.to
          ? `port ${range.from} is open to the whole internet`
          : `ports ${range.from} to ${range.to} are open to the whole internet`,
      );
    }
  };
  if (/^aws_(?:default_)?security_group$/.test(type)) {
    if (member(values, "ingress") instanceof Unknown) open.push("ingress");
    for (const rule of itemsOf(member(values, "ingress"))) check(rule, "ingress");
  }
  if (type === "aws_security_group_rule" && member(values, "type") !== "egress") check(values, "cidr_blocks");
  if (type === "aws_vpc_security_group_ingress_rule") check(values, "cidr_ipv4");
  if (
    type === "aws_network_acl_rule" && !isTrue(member(values, "egress")) &&
    textOf(member(values, "rule_action"))?.toLowerCase() === "allow"
  ) {
    check(values, "cidr_block");
  }
  if (type === "aws_redshift_security_group" || type === "aws_db_security_group") {
    for (const rule of itemsOf(member(values, "ingress"))) {
      if (itemsOf(member(rule, "cidr")).some(wideSource)) {
        add("open-ingress", "the database is open to the whole internet");
      }
    }
  }
}

/** What was on and is off. */
const SWITCHES: readonly { name: string; kind: string; types?: RegExp }[] = [
  { name: "deletion_protection", kind: "protection-removed" },
  { name: "deletion_protection_enabled", kind: "protection-removed" },
  { name: "enable_deletion_protection", kind: "protection-removed" },
  { name: "disable_api_termination", kind: "protection-removed" },
  { name: "copy_tags_to_snapshot", kind: "" },
  { name: "enable_key_rotation", kind: "protection-removed" },
  { name: "iam_database_authentication_enabled", kind: "" },
  { name: "enable_log_file_validation", kind: "logging-off" },
  { name: "is_multi_region_trail", kind: "logging-off" },
  { name: "include_global_service_events", kind: "logging-off" },
  { name: "object_lock_enabled", kind: "protection-removed" },
];

function lossProblems(type: string, before: TreeObject, after: TreeObject): Problem[] {
  const problems: Problem[] = [];
  const add = (kind: string, detail: string, certain = true) => problems.push({ kind, detail, certain });
  const off = (tree: Tree | undefined) =>
    tree === undefined || tree === null || isFalse(tree) || tree === "INACTIVE";
  for (const { name, kind } of SWITCHES) {
    const was = member(before, name);
    if (kind !== "" && (isTrue(was) || was === "ACTIVE") && off(member(after, name))) {
      add(kind, `${name} is switched off`);
    }
  }
  for (const name of ["skip_final_snapshot", "force_destroy", "force_delete"]) {
    if (!isTrue(member(before, name)) && isTrue(member(after, name))) {
      add("protection-removed", `${name} is switched on`);
    }
  }
  for (
    const name of [
      "backup_retention_period",
      "snapshot_retention_limit",
      "automated_snapshot_retention_period",
    ]
  ) {
    const [was, now] = [member(before, name), member(after, name)];
    if (typeof was === "number" && was > 0 && (now === undefined || now === null || now === 0)) {
      add("protection-removed", `${name} is 0: no backups are kept`);
    } else if (typeof was === "number" && typeof now === "number" && now < was) {
      add("protection-removed", `${name} goes from ${was} to ${now}`, false);
    }
  }
  const [was, now] = [member(before, "retention_in_days"), member(after, "retention_in_days")];
  if (
    type === "aws_cloudwatch_log_group" && typeof now === "number" && now > 0 &&
    (was === undefined || was === null || was === 0 || (typeof was === "number" && now < was))
  ) {
    add("logging-off", "logs are kept for a shorter time", false);
  }
  for (const name of ["enabled_cloudwatch_logs_exports", "enabled_cluster_log_types"]) {
    const kept = new Set(itemsOf(member(after, name)).map(String));
    if (
      !(member(after, name) instanceof Unknown) &&
      itemsOf(member(before, name)).some((one) => typeof one === "string" && !kept.has(one))
    ) add("logging-off", `${name} loses an entry`);
  }
  for (
    const name of [
      "access_logs",
      "logging",
      "logging_config",
      "logging_configuration",
      "point_in_time_recovery",
      "versioning",
      "versioning_configuration",
      "server_side_encryption_configuration",
      "lifecycle",
    ]
  ) {
    const kind = /log/.test(name)
      ? "logging-off"
      : name.startsWith("server")
      ? "unencrypted"
      : "protection-removed";
    const active = (tree: TreeObject) => {
      const block = itemsOf(member(tree, name))[0];
      if (!isObject(block)) return false;
      if (name === "lifecycle") return isTrue(member(block, "prevent_destroy"));
      return !isFalse(member(block, "enabled")) &&
        !/^(?:suspended|disabled)$/i.test(String(member(block, "status") ?? ""));
    };
    if (active(before) && !active(after) && !(member(after, name) instanceof Unknown)) {
      add(kind, name === "lifecycle" ? "prevent_destroy is taken away" : `${name} is switched off`);
    }
  }
  if (type === "aws_kms_key") {
    const [window, earlier] = [
      member(after, "deletion_window_in_days"),
      member(before, "deletion_window_in_days"),
    ];
    if (typeof window === "number" && window < (typeof earlier === "number" ? earlier : 30)) {
      add("key-deletion", `deletion_window_in_days is ${window}`, false);
    }
  }
  return problems;
}

/** What it means that a resource goes. */
export function deletionProblems(type: string, replaced: boolean): Problem[] {
  const how = replaced ? "is destroyed and made anew" : "is destroyed";
  const problems: Problem[] = [];
  if (type === "aws_kms_key") {
    problems.push({
      kind: "key-deletion",
      detail: `the key ${how}: what it encrypted cannot be read again`,
      certain: true,
    });
  } else if (STATEFUL.has(type)) {
    problems.push({ kind: "stateful-destroyed", detail: `${how} with what it holds`, certain: true });
  }
  if (replaced) return problems;
  if (LOGS.has(type)) problems.push({ kind: "logging-off", detail: how, certain: true });
  if (/_public_access_block$/.test(type)) {
    problems.push({
      kind: "public-bucket",
      detail: `what keeps buckets from the public ${how}`,
      certain: true,
    });
  }
  if (type === "aws_s3_bucket_server_side_encryption_configuration") {
    problems.push({ kind: "unencrypted", detail: how, certain: false });
  }
  if (/_versioning$|_lock_configuration$/.test(type)) {
    problems.push({ kind: "protection-removed", detail: how, certain: true });
  }
  return problems;
}

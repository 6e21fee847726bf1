import { isFalse, isObject, isTrue, itemsOf, member, type Tree, type TreeObject, Unknown } from "../tree.ts";
import type { Problem } from "./problem.ts";

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

/** What a change of a resource takes away. */
export function lossProblems(type: string, before: TreeObject, after: TreeObject): Problem[] {
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

import type { PackExample } from "../infra_example.ts";

const configuration = (
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
  base: base === "" ? {} : { "infra/main.tf": base },
  head: { "infra/main.tf": head },
  ...(says ? { says } : {}),
});

interface Change {
  address: string;
  actions: readonly string[];
  before?: unknown;
  after?: unknown;
  unknown?: unknown;
}

/** What `terraform show -json` prints, as far as it is read. */
export function planText(changes: readonly Change[], more: Record<string, unknown> = {}): string {
  return `${
    JSON.stringify({
      format_version: "1.2",
      terraform_version: "1.9.8",
      planned_values: { root_module: {} },
      resource_changes: changes.map(({ address, actions, before = null, after = null, unknown = {} }) => ({
        address,
        mode: "managed",
        type: address.replace(/\[[^\]]*\]/g, "").split(".").at(-2),
        name: "x",
        change: { actions, before, after, after_unknown: unknown },
      })),
      ...more,
    })
  }\n`;
}

const plan = (
  rule: string,
  which: PackExample["case"],
  about: string,
  changes: readonly Change[],
): PackExample => ({
  rule,
  case: which,
  about,
  base: {},
  head: { "plans/prod.tfplan.json": planText(changes) },
});

const group = (port: string, source: string) =>
  `resource "aws_security_group" "web" {\n  ingress {\n    from_port   = ${port}\n    to_port     = ${port}\n    protocol    = "tcp"\n    cidr_blocks = ${source}\n  }\n}\n`;
const database = (lines: string) =>
  `resource "aws_db_instance" "main" {\n  storage_encrypted = true\n${lines}}\n`;
const role = (document: string) => `resource "aws_iam_policy" "app" {\n  policy = ${document}\n}\n`;

export const TERRAFORM_EXAMPLES: readonly PackExample[] = [
  configuration("TF0", "clean", "values that are written out", group("443", '["10.0.0.0/8"]')),
  configuration(
    "TF0",
    "violating",
    "a block that is not closed",
    'resource "aws_s3_bucket" "a" {\n',
    "",
    "error",
  ),
  configuration("TF0", "evading", "a source that only a plan tells", group("22", "var.office")),
  {
    rule: "TF0",
    case: "evading",
    about: "a plan of another state of the code",
    base: {},
    head: { "infra/main.tf": database(""), "plan.tfplan.json": planText([]) },
  },
  {
    rule: "TF0",
    case: "evading",
    about: "a key that stands twice, so that readers differ",
    base: {},
    head: { "plan.tfplan.json": '{"format_version":"1.2","resource_changes":[],"resource_changes":[]}\n' },
    says: "error",
  },
  configuration(
    "TF1",
    "clean",
    "a private bucket",
    'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n',
  ),
  configuration(
    "TF1",
    "violating",
    "a public ACL",
    'resource "aws_s3_bucket_acl" "logs" {\n  acl = "public-read"\n}\n',
  ),
  plan("TF1", "violating", "a database with a public address", [{
    address: "aws_db_instance.main",
    actions: ["create"],
    after: { publicly_accessible: true, storage_encrypted: true },
  }]),
  configuration(
    "TF1",
    "evading",
    "what blocks the public goes",
    'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n',
    'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\nresource "aws_s3_bucket_public_access_block" "logs" {\n  block_public_acls = true\n  block_public_policy = true\n  ignore_public_acls = true\n  restrict_public_buckets = true\n}\n',
  ),
  configuration(
    "TF1",
    "evading",
    "a policy for everybody in a heredoc",
    'resource "aws_sqs_queue_policy" "q" {\n  policy = <<-EOT\n  {"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "sqs:SendMessage", "Resource": "*"}}\n  EOT\n}\n',
  ),
  configuration("TF2", "clean", "the port of a web server", group("443", '["0.0.0.0/0"]')),
  configuration("TF2", "violating", "the port of SSH", group("22", '["0.0.0.0/0"]')),
  configuration(
    "TF2",
    "evading",
    "the internet in two halves",
    group("5432", '["0.0.0.0/1", "128.0.0.0/1"]'),
  ),
  configuration(
    "TF2",
    "evading",
    "by a variable",
    `variable "who" {\n  default = ["::/0"]\n}\nresource "aws_security_group_rule" "a" {\n  type             = "ingress"\n  from_port        = 1\n  to_port          = 30000\n  protocol         = "tcp"\n  ipv6_cidr_blocks = var.who\n}\n`,
  ),
  plan("TF2", "evading", "all protocols", [{
    address: 'module.net["a"].aws_vpc_security_group_ingress_rule.all',
    actions: ["create"],
    after: { ip_protocol: "-1", cidr_ipv4: "0.0.0.0/0" },
  }]),
  configuration(
    "TF3",
    "clean",
    "named actions",
    role(
      'jsonencode({ Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::logs/*"] }] })',
    ),
  ),
  configuration(
    "TF3",
    "violating",
    "every action",
    role('jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })'),
  ),
  configuration(
    "TF3",
    "evading",
    "every action but some",
    role('jsonencode({ Statement = [{ Effect = "Allow", NotAction = "iam:*", Resource = "*" }] })'),
  ),
  configuration(
    "TF3",
    "evading",
    "by a document block",
    'data "aws_iam_policy_document" "app" {\n  statement {\n    actions   = ["*:*"]\n    resources = ["*"]\n  }\n}\n',
  ),
  configuration(
    "TF3",
    "evading",
    "the policy of another",
    'resource "aws_iam_role_policy_attachment" "app" {\n  role       = "app"\n  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"\n}\n',
  ),
  configuration("TF4", "clean", "encrypted", database("")),
  configuration(
    "TF4",
    "violating",
    "not encrypted",
    'resource "aws_db_instance" "main" {\n  storage_encrypted = false\n}\n',
  ),
  plan("TF4", "evading", "left out", [{
    address: "aws_rds_cluster.main",
    actions: ["create"],
    after: { engine: "aurora" },
  }]),
  configuration(
    "TF5",
    "clean",
    "changed in place",
    database('  instance_class = "db.t4g.large"\n'),
    database('  instance_class = "db.t4g.small"\n'),
  ),
  plan("TF5", "violating", "made anew", [{
    address: "aws_db_instance.main",
    actions: ["delete", "create"],
    before: { storage_encrypted: true },
    after: { storage_encrypted: true },
  }]),
  configuration("TF5", "evading", "none of it", database("  count = 0\n"), database("")),
  configuration(
    "TF6",
    "clean",
    "a trail",
    'resource "aws_cloudtrail" "all" {\n  enable_log_file_validation = true\n}\n',
  ),
  configuration(
    "TF6",
    "violating",
    "the trail goes",
    "locals {\n  a = 1\n}\n",
    'resource "aws_cloudtrail" "all" {\n  name = "all"\n}\n',
  ),
  configuration(
    "TF6",
    "evading",
    "it stays and logs nothing",
    'resource "aws_cloudtrail" "all" {\n  enable_logging = false\n}\n',
    'resource "aws_cloudtrail" "all" {\n  name = "all"\n}\n',
  ),
  configuration(
    "TF7",
    "clean",
    "protected",
    database("  deletion_protection = true\n  backup_retention_period = 14\n"),
    database("  deletion_protection = true\n  backup_retention_period = 7\n"),
  ),
  configuration(
    "TF7",
    "violating",
    "protection is switched off",
    database("  deletion_protection = false\n"),
    database("  deletion_protection = true\n"),
  ),
  configuration(
    "TF7",
    "evading",
    "protection is left out",
    database(""),
    database("  lifecycle {\n    prevent_destroy = true\n  }\n"),
  ),
  configuration(
    "TF8",
    "clean",
    "a key with rotation",
    'resource "aws_kms_key" "main" {\n  enable_key_rotation = true\n}\n',
  ),
  plan("TF8", "violating", "a key is deleted", [{
    address: "aws_kms_key.main",
    actions: ["delete"],
    before: {},
  }]),
  configuration(
    "TF8",
    "evading",
    "it is switched off",
    'resource "aws_kms_key" "main" {\n  is_enabled = false\n}\n',
    'resource "aws_kms_key" "main" {\n  is_enabled = true\n}\n',
  ),
  {
    rule: "TF9",
    case: "clean",
    about: "a backend",
    base: {},
    head: {
      "infra/backend.tf":
        'terraform {\n  backend "s3" {}\n}\nresource "aws_sqs_queue" "a" {\n  name = "a"\n}\n',
    },
  },
  { rule: "TF9", case: "violating", about: "a state", base: {}, head: { "infra/terraform.tfstate": "{}\n" } },
  {
    rule: "TF9",
    case: "evading",
    about: "under another name",
    base: {},
    head: { "notes/data.json": '{"version":4,"serial":7,"lineage":"3f2","resources":[]}\n' },
  },
  configuration("TF10", "clean", "a resource", 'resource "aws_sqs_queue" "a" {\n  name = "a"\n}\n'),
  configuration(
    "TF10",
    "violating",
    "a program",
    'resource "null_resource" "a" {\n  provisioner "local-exec" {\n    command = "curl example.com"\n  }\n}\n',
  ),
  configuration(
    "TF10",
    "evading",
    "a program that gives data",
    'data "external" "a" {\n  program = ["sh", "a.sh"]\n}\n',
  ),
  configuration(
    "TF11",
    "clean",
    "a module at a version",
    'module "net" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = "5.16.0"\n}\n',
  ),
  configuration(
    "TF11",
    "violating",
    "whatever is newest",
    'module "net" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n',
  ),
  configuration(
    "TF11",
    "evading",
    "a branch",
    'module "net" {\n  source = "git::https://example.com/net.git?ref=main"\n}\n',
  ),
];

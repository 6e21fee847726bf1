import { isTrue, itemsOf, member, textOf, type Tree, type TreeObject, Unknown } from "../tree.ts";

export interface PortRange {
  from: number;
  to: number;
}

/** Administration, databases, caches, queues and control planes: nothing that the whole internet has business with. */
const SENSITIVE: readonly number[] = [
  ...[
    20,
    21,
    22,
    23,
    25,
    69,
    110,
    111,
    135,
    137,
    138,
    139,
    143,
    161,
    389,
    445,
    512,
    513,
    514,
    636,
    873,
    1433,
    1434,
  ],
  ...[
    1521,
    2049,
    2181,
    2375,
    2376,
    2379,
    2380,
    3000,
    3306,
    3389,
    4333,
    5000,
    5432,
    5433,
    5439,
    5500,
    5601,
    5672,
    5900,
  ],
  ...[
    5984,
    5985,
    5986,
    6379,
    6443,
    7000,
    7001,
    7199,
    7474,
    7687,
    8020,
    8086,
    8088,
    8500,
    8888,
    9000,
    9042,
    9090,
    9092,
  ],
  ...[
    9160,
    9200,
    9300,
    10250,
    10255,
    11211,
    15672,
    16379,
    19092,
    26379,
    27017,
    27018,
    27019,
    28015,
    50000,
    50070,
    61616,
  ],
];

export function sensitivePort({ from, to }: PortRange): number | null {
  return SENSITIVE.find((port) => port >= from && port <= to) ?? null;
}

/** Sources that are most of the internet: 0.0.0.0/0, ::/0, and halves and quarters of them. */
export function wideSource(source: Tree): boolean {
  if (source instanceof Unknown) return /"(?:0\.0\.0\.0|::)\/0"/.test(source.text);
  if (typeof source !== "string") return false;
  const cidr = source.trim();
  const prefix = /^(\d{1,3})(?:\.\d{1,3}){0,3}\/(\d{1,2})$/.exec(cidr);
  if (prefix) return Number(prefix[2]) < 8;
  const wide6 = /^[0-9a-f:]*:[0-9a-f:.]*\/(\d{1,3})$/i.exec(cidr);
  return wide6 !== null && Number(wide6[1]) < 16 && !/^f[cdef]/i.test(cidr);
}

/** What of a resource's rules lets the whole internet reach ports that it has no business with. */
export function ingress(
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

import { type Tree, Unknown } from "../tree.ts";

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

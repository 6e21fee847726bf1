import { z } from "zod";
import type { Blobs } from "../../../kernel/mod.ts";
import type { RepairOrder } from "../implementers/port.ts";
import type { FactoryInput } from "../input.ts";
import { readJson } from "../../blob_reads.ts";

/** What a watch hands to the implementer. The texts are quoted: they are data of those who wrote them. */
export const CarriedFindings = z.array(z.strictObject({
  message: z.string(),
  path: z.string().optional(),
  line: z.number().int().optional(),
  remediation: z.string().optional(),
}));
export type CarriedFindings = z.infer<typeof CarriedFindings>;

/** The order of a round of a run that goes on with a pull request: what the watch found stays in it, whatever round it is. */
export async function carriedOn(
  blobs: Blobs,
  { continues }: Pick<FactoryInput, "continues">,
  order: RepairOrder | null,
): Promise<RepairOrder | null> {
  if (!continues?.findings) return order;
  const findings = CarriedFindings.parse(await readJson(blobs, continues.findings));
  if (order !== null) return { ...order, findings: [...order.findings, ...findings] };
  return {
    strategy: "fix",
    round: 1,
    findings,
    output: "",
    advice: "",
    except: [],
    record: { round: 1, strategy: "fix", delivery: continues.delivery, findings: continues.findings },
  };
}

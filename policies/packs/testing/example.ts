import { z } from "zod";
import { err, Json, ok, type PackRule, type Problem, type Result } from "../../../specs/mod.ts";
import { bodyOf } from "../kinds/compile.ts";
import type { Members } from "../kinds.ts";

const Tree = z.record(z.string().min(1).max(500), z.string().max(200_000));

/** The verdict that is expected: of a clean example `pass`, of the others `fail`, unless it is said otherwise. */
const Expected = z.enum(["pass", "fail", "error", "not_applicable"]);
export type Expected = z.infer<typeof Expected>;

/**
 * One example of a rule: the fact document that it reads (`given`), or two trees whose facts are extracted (`change`). `clean` must pass,
 * `violating` must fail, and `evading` is a violation in a form that somebody would choose who wants to get past the rule.
 */
export const PackExample = z.strictObject({
  name: z.string().min(1).max(300),
  rule: z.string().min(1).max(200).optional().describe("the rule's id, in a file for several rules"),
  case: z.enum(["clean", "violating", "evading"]),
  expect: Expected.optional(),
  given: z.strictObject({
    facts: z.record(z.string(), Json).default({}),
    spec: z.record(z.string(), Json).optional(),
    transition: z.strictObject({ from: z.string(), to: z.string() }).optional(),
    budget: z.record(z.string(), Json).optional(),
    autonomy: z.record(z.string(), Json).optional(),
    approvals: z.array(Json).optional(),
    principals: z.record(z.string(), Json).optional(),
    at: z.string().optional(),
  }).optional(),
  change: z.strictObject({ base: Tree, head: Tree, renames: z.record(z.string(), z.string()).default({}) })
    .optional(),
  /** With `change`: fields of the spec beside a title and the intent UPDATE over everything. */
  spec: z.record(z.string(), Json).optional(),
  finding: z.strictObject({
    path: z.string().optional(),
    line: z.number().int().min(1).optional(),
    message: z.string().optional().describe("a text that the message holds"),
  }).optional().describe("a finding that a failing example must give"),
}).refine((one) => (one.given === undefined) !== (one.change === undefined), {
  message: "an example has either `given` or `change`",
}).refine((one) => one.spec === undefined || one.change !== undefined, {
  message: "`spec` stands beside `change`; with `given` it stands inside",
});
export type PackExample = z.infer<typeof PackExample>;

const Examples = z.strictObject({ examples: z.array(PackExample).min(1).max(500) });

export const expectedOf = (example: PackExample): Expected =>
  example.expect ?? (example.case === "clean" ? "pass" : "fail");

/** The examples of a rule, from the member that it names. */
export async function examplesOf(rule: PackRule, members: Members): Promise<Result<PackExample[], Problem>> {
  if (rule.tests === undefined) return ok([]);
  const text = bodyOf({ file: rule.tests }, members);
  if (!text.ok) return text;
  const { parse } = await import("yaml");
  const refuse = (why: string) =>
    err({
      code: "pack-examples",
      message: `The examples of ${rule.id} in ${rule.tests} cannot be read: ${why}`,
      path: rule.tests ?? "",
      remedy: "Write examples: [{ name, case: clean | violating | evading, given: { facts } }]",
    });
  let document: unknown;
  try {
    document = parse(text.value, { maxAliasCount: 20 });
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message.split("\n")[0] ?? "" : String(cause));
  }
  const read = Examples.safeParse(document);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refuse(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a list of examples"}`);
  }
  const short = rule.id.split("/").at(-1);
  return ok(
    read.data.examples.filter((one) => one.rule === undefined || one.rule === rule.id || one.rule === short),
  );
}

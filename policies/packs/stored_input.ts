import canonicalize from "canonicalize";
import { digestOf, ok, type Problem, type Result } from "../../specs/mod.ts";
import { DataJudgeInput } from "../data_port.ts";
import { JudgeInput } from "../port.ts";
import { PullJudgeInput } from "../pull_port.ts";

/** What a decision was taken from, as it is kept: canonical JSON whose digest is the decision's `inputDigest`. */
export type StoredInput =
  | { kind: "change"; digest: string; input: JudgeInput }
  | { kind: "data"; digest: string; input: DataJudgeInput }
  | { kind: "pull"; digest: string; input: PullJudgeInput };

/** The text to keep of an input, so that its decision can be judged again; null when it is no input of a judge. */
export function inputText(raw: unknown): string | null {
  const change = JudgeInput.safeParse(raw);
  if (change.success) return canonicalize(change.data) ?? null;
  const data = DataJudgeInput.safeParse(raw);
  if (data.success) return canonicalize(data.data) ?? null;
  const pull = PullJudgeInput.safeParse(raw);
  return pull.success ? canonicalize(pull.data) ?? null : null;
}

/** Reads a kept input. */
export async function storedInput(text: string): Promise<Result<StoredInput, Problem>> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = null;
  }
  const digest = await digestOf(text);
  const change = JudgeInput.safeParse(raw);
  if (change.success) return ok({ kind: "change", digest, input: change.data });
  const data = DataJudgeInput.safeParse(raw);
  if (data.success) return ok({ kind: "data", digest, input: data.data });
  const pull = PullJudgeInput.safeParse(raw);
  if (pull.success) return ok({ kind: "pull", digest, input: pull.data });
  const [issue] = change.error.issues;
  return {
    ok: false,
    error: {
      code: "decision-input",
      message: `This is no input of a decision: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      remedy: "Give the inputs that decisions were taken from, as canonical JSON",
    },
  };
}

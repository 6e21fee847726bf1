/** What no rule can tell about a comment is asked of a model, which answers with one word of three and can do nothing else. */
import { z } from "zod";
import type { PullRequestComment } from "../../../connectors/mod.ts";
import type { PhaseContext } from "../../../kernel/mod.ts";
import type { FactoryPorts } from "../ports.ts";
import { DATA_RULE, quoted } from "../repair/quoted.ts";

const Answer = z.strictObject({ class: z.enum(["change-request", "question", "noise"]) });
const MAX_COMMENT = 8000;

/**
 * The class of a comment whose author may write. Null where no model can be asked, or none gave an answer: then nothing is done about
 * it. The model is never asked about anybody else's words, so that it cannot give rights.
 */
export async function askClass(
  ports: Pick<FactoryPorts, "models">,
  ctx: PhaseContext,
  comment: PullRequestComment,
): Promise<z.infer<typeof Answer>["class"] | null> {
  const desk = ports.models;
  if (desk === undefined || !(await desk.available()).ok) return null;
  const asked = await desk.ask(ctx, {
    purpose: "classify",
    need: { task: "cost-optimized", maxOutputTokens: 200 },
    system:
      "You sort one comment of a code review. Answer change-request when it asks for a change of the code, question when it asks " +
      `for an explanation, noise for everything else. ${DATA_RULE}`,
    messages: [{
      role: "user",
      text: await quoted("comment", comment.body, MAX_COMMENT),
    }],
    output: { name: "comment_class", schema: z.toJSONSchema(Answer) as never },
  });
  if (!asked.ok) return null;
  const answer = Answer.safeParse(asked.value.reply.output);
  return answer.success ? answer.data.class : null;
}

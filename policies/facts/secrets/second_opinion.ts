import { secretSpans } from "../secrets.ts";
import type { Span } from "./scan.ts";

/** Texts beyond this are told as unread: the patterns of others have no promise of linear cost. */
export const MAX_SECOND_OPINION = 500_000;

/**
 * What the recommended rules of secretlint find in a text that the rules here do not: a second opinion, for those who ask for one. The
 * packages are loaded with the first question.
 */
export async function secondOpinion(text: string, path: string): Promise<Span[]> {
  const [{ lintSource }, { creator }] = await Promise.all([
    import("@secretlint/core"),
    import("@secretlint/secretlint-rule-preset-recommend"),
  ]);
  const { messages } = await lintSource({
    source: {
      content: text,
      filePath: path,
      ext: /\.[A-Za-z0-9]{1,20}$/.exec(path)?.[0] ?? "",
      contentType: "text",
    },
    options: {
      config: { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator }] },
      maskSecrets: true,
    },
  });
  const own = secretSpans(text, path);
  return messages.flatMap(({ ruleId, messageId, range: [start, end] }) => {
    if (own.some((span) => span.start < end && span.end > start)) return [];
    const name = `${ruleId.replace(/^.*secretlint-rule-/, "")}-${messageId}`;
    return [{ rule: name.toLowerCase().replace(/[^a-z0-9-]+/g, "-").slice(0, 100), start, end }];
  });
}

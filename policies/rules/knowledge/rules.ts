import type { KnowledgeFinding, PatchFacts } from "../../../specs/mod.ts";
import { fail, pass, type Rule, rule } from "../../rule.ts";
import { PATCH_ALWAYS } from "../bindings.ts";

interface KnowledgeRule extends Pick<Rule, "id" | "gate" | "severity" | "description" | "remediation"> {
  kinds: readonly KnowledgeFinding["kind"][];
}

/** Facts of a change. One that was read by an engine without this extractor is an error, never a pass. */
function knowledgeOf(patch: PatchFacts): readonly KnowledgeFinding[] {
  if (patch.knowledge === undefined) {
    throw new Error(
      "the facts of the patch were made without the extractor 'knowledge'; run the change again",
    );
  }
  return patch.knowledge;
}

/** Denies what is surely meant to be missed by people; what may be meant asks a human. */
const knowledgeRule = ({ kinds, ...texts }: KnowledgeRule): Rule =>
  rule({
    ...texts,
    mode: "enforce",
    layer: "L2",
    bindings: PATCH_ALWAYS,
    reads: ["patch", "change"],
    evaluate: ({ patch }) => {
      const found = knowledgeOf(patch).filter(({ kind }) => kinds.includes(kind));
      if (found.length === 0) return pass();
      return fail(
        found.map(({ path, line, text }) => ({
          message: `${path} is text that models read, and ${text}`,
          path,
          line,
          remediation: texts.remediation,
        })),
        `passes without ${
          [...new Set(found.map(({ path, line }) => `${path}:${line}`))].slice(0, 10).join(", ")
        }`,
        { escalates: found.every(({ certain }) => !certain) },
      );
    },
  });

/** The pack `knowledge-safety`: text that is read by people and by models says the same to both. */
export const KNOWLEDGE_SAFETY_RULES: readonly Rule[] = [
  knowledgeRule({
    id: "KS1",
    gate: "hidden-instruction",
    kinds: ["hidden-instruction", "unread"],
    severity: "critical",
    description:
      "No comment, hidden element or encoded text of a document speaks to a model where people do not read it",
    remediation: "Write it where people read it, or take it out",
  }),
  knowledgeRule({
    id: "KS2",
    gate: "injected-instruction",
    kinds: ["instruction"],
    severity: "high",
    description:
      "No document tells a model to leave its instructions, to keep something from people or to send secrets; a human decides",
    remediation: "Take the sentence out; where the document is about such sentences, a human approves it",
  }),
  knowledgeRule({
    id: "KS3",
    gate: "look-alike",
    kinds: ["look-alike"],
    severity: "high",
    description: "No word or host of a document mixes Latin letters with others that look like them",
    remediation: "Write the word in one script",
  }),
  knowledgeRule({
    id: "KS4",
    gate: "leaking-image",
    kinds: ["leak"],
    severity: "high",
    description:
      "No image of a document has an address that a model would fill in with what it knows; a human decides",
    remediation: "Give the image a whole address",
  }),
];

/** Sentences that speak to a model over the head of whoever reads along. Each is a few plain searches within one sentence. */

/** Parts that follow one another in a sentence, whatever stands between them. */
type Parts = readonly RegExp[];

/** What such a sentence does, whatever file it stands in. */
const OVERRIDES: readonly (readonly [what: string, parts: Parts])[] = [
  [
    "it tells a model to leave its instructions",
    [
      /\b(?:ignore|disregard|forget|override|bypass|overlook) (?:(?:of|the|these|those|its|my|all|any|every|each) ){0,3}(?:(?:(?:your|previous|prior|above|earlier|preceding|original|current|system|safety|security|developer) ){1,4}(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|guardrails?|constraints?|polic(?:y|ies)|training|checks?)|(?:all|any|every|your|these|those|the (?:above|previous)) (?:of )?(?:instructions|prompts|guidelines|directives|guardrails))\b/,
    ],
  ],
  [
    "it tells a model to keep something from people",
    [
      /\b(?:do not|don't|dont|never|without) (?:tell|telling|inform|informing|mention|mentioning|reveal|revealing|show|showing|disclose|disclosing|notify|notifying|alert|alerting|report|reporting|warn|warning)(?: \w+){0,4}? (?:users?|humans?|developers?|operators?|reviewers?|maintainers?|anyone|anybody|owner)\b/,
    ],
  ],
  [
    "it gives a model another role",
    [
      /\b(?:you are (?:now|no longer)|from now on,? you|act as if you|pretend (?:to be|that you))\b/,
      /\b(?:unrestricted|jailbroken|no restrictions?|administrator|root|dan|without (?:limits?|restrictions?)|(?:developer|god|debug|admin) mode)\b/,
    ],
  ],
  [
    "it writes a turn of a conversation",
    [
      /<\|(?:im_start|im_end|system|assistant|user|endoftext)\|>|\[\/?inst\]|<<\/?sys>>|<\/?(?:system|assistant)(?:[_-](?:prompt|message|instructions?))?>|^ ?#{2,4} ?(?:system|assistant|instruction) ?:/,
    ],
  ],
  [
    "it brings instructions of its own",
    [
      /\b(?:new|updated|real|actual|hidden|secret|important) (?:system )?(?:instructions?|prompt|directives?)(?: (?:for|to) (?:the )?(?:ai|assistant|agent|model|llm|copilot|claude|gpt|cursor)s?)? ?(?::|follow\b|are as follows)/,
    ],
  ],
  [
    "it asks for secrets to be sent",
    [
      /\b(?:send|post|upload|exfiltrate|forward|leak|transmit|email|append)\b/,
      /\b(?:secrets?|tokens?|credentials?|passwords?|api[ _-]?keys?|private keys?|ssh keys?|env(?:ironment)? variables?)\b/,
      /\b(?:to|at|into|via)\b/,
      /https?:|\bwebhook\b|\bpublic\b|\bcomment\b|\bissue\b/,
    ],
  ],
];

const ADDRESSED: Parts = [
  /\b(?:ai|llms?|language models?|assistants?|agents?|copilot|claude|chatgpt|gpt|gemini|cursor|codex)\b/,
  /\b(?:must|should|shall|has to|have to|need to|please|always)\b/,
  /\b(?:run|execute|fetch|download|curl|wget|send|post|upload|commit|push|approve|merge|install|add|insert|include|disable|skip|delete)\b/,
];

/** Whether the parts stand one behind the other in one sentence. */
const holds = (text: string, parts: Parts): boolean =>
  text.split(/(?<=[.!?]) /).some((sentence) => {
    let rest = sentence.slice(0, 1000);
    for (const part of parts) {
      const found = part.exec(rest);
      if (found === null) return false;
      rest = rest.slice(found.index + found[0].length);
    }
    return true;
  });

/** Text as it is read: one case, plain spaces, letters of one width, nothing that has no width. */
export const plain = (text: string): string =>
  text.normalize("NFKC").replace(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]|\udb40[\udc00-\udc7f]/g, "")
    .replace(/[‘’]/g, "'")
    .replace(/[*~`]+|(?<!\w)_+|_+(?!\w)/g, "").replace(/\s+/g, " ").toLowerCase();

/** What a text wants of a model over people's heads; null for text that wants nothing of that. */
export const overriding = (text: string): string | null =>
  OVERRIDES.find(([, parts]) => holds(plain(text), parts))?.[0] ?? null;

/** Whether a text asks an agent to do something: fine where people read it, not where they do not. */
export const addressed = (text: string): boolean => holds(plain(text), ADDRESSED);

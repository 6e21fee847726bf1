/** Who a commit says it is by: people, bots, agents. Only names and addresses that nobody has by chance. */
export interface GitIdentity {
  name: string;
  email: string;
  at?: number | null;
}

/** Addresses by which programs that write code with a model commit. */
const AGENT_ADDRESSES =
  /^(?:noreply@anthropic\.com|(?:\d+\+)?copilot@users\.noreply\.github\.com|copilot@github\.com|cursoragent@cursor\.com|(?:noreply|codex)@openai\.com|(?:noreply|aider)@aider\.chat|openhands@all-hands\.dev|devin@cognition(?:-labs)?\.(?:ai|com)|edgeforge@localhost)$/i;
/** Applications of a host that do the same, by the name of their account. */
const AGENT_ACCOUNTS =
  /^(?:copilot(?:-swe-agent)?|claude|anthropic-code-agent|openai-code-agent|chatgpt-codex-connector|cursor|devin-ai-integration|google-labs-jules|gemini-code-assist|sweep-ai|codegen-sh|openhands-agent)\[bot\]$/i;
const BOT_ADDRESS = /^(?:\d+\+)?([^@]+\[bot\])@users\.noreply\./i;

/** Whether it is a program that writes code with a model; a bot that does not is none. */
export function isAgent({ name, email }: GitIdentity): boolean {
  const account = BOT_ADDRESS.exec(email.trim())?.[1] ?? name.trim();
  return AGENT_ADDRESSES.test(email.trim()) || AGENT_ACCOUNTS.test(account);
}

/** Whether it is no person: an agent, an account of an application, the web interface of a host. */
export function isMachine(identity: GitIdentity): boolean {
  const [name, email] = [identity.name.trim(), identity.email.trim()];
  return isAgent(identity) || BOT_ADDRESS.test(email) || /\[bot\]$/i.test(name) ||
    /^noreply@github\.com$/i.test(email);
}

/** Whether a sign-off is a machine's own. There are people whose name is Bot, so that this says nothing of an author. */
export function signsAsBot(signer: GitIdentity): boolean {
  return isMachine(signer) || /(?:^|[\s_-])(?:bot|robot)$/i.test(signer.name.trim()) ||
    /(?:^|[+._-])(?:bot|robot)@/i.test(signer.email.trim());
}

export function sameIdentity(a: GitIdentity, b: GitIdentity): boolean {
  const [left, right] = [a.email.trim().toLowerCase(), b.email.trim().toLowerCase()];
  return left === "" || right === "" ? a.name.trim() === b.name.trim() : left === right;
}

export interface SignOff {
  signer: GitIdentity;
  line: number;
  /** Whether it stands in the last paragraph, where git looks for it; else it may be quoted. */
  trailer: boolean;
}

const SIGN_OFF = /^signed-off-by:\s*(.*?)\s*(?:<([^<>]*)>)?\s*$/i;

/** Lines that sign off; what is indented is quoted. */
export function signOffs(message: string): SignOff[] {
  const lines = message.trimEnd().split(/\r?\n/);
  const last = lines.findLastIndex((line) => line.trim() === "");
  return lines.flatMap((line, at) => {
    const [whole, name = "", email = ""] = SIGN_OFF.exec(line) ?? [];
    return whole === undefined ? [] : [{ signer: { name, email }, line: at + 1, trailer: at > last }];
  });
}

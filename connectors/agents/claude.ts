/** Claude Code. A tool that is not let through still ends with exit code 0 and `success`: the denials stand in a list of their own. */
import { type AgentAdapter, GATE_PORT } from "./port.ts";
import {
  count,
  type Fields,
  fields,
  list,
  readStream,
  saysDenied,
  shown,
  type Telling,
  text,
} from "./stream.ts";

export const claude: AgentAdapter = {
  id: "claude",
  name: "Claude Code",
  package: "@anthropic-ai/claude-code",
  tested: "2.1.197",
  wires: ["anthropic-messages"],
  tools: {
    Bash: "B",
    BashOutput: "A",
    KillShell: "B",
    Edit: "B",
    MultiEdit: "B",
    Write: "B",
    NotebookEdit: "B",
    Read: "A",
    Glob: "A",
    Grep: "A",
    LS: "A",
    TodoWrite: "B",
  },
  start: ({ model, token, outputTokens }) => ({
    args: [
      "-p",
      "--bare",
      "--output-format",
      "stream-json",
      "--verbose",
      "--permission-mode",
      "acceptEdits",
      "--allowedTools",
      "Bash,Edit,Write,Read,Glob,Grep",
      "--disallowedTools",
      "WebFetch,WebSearch,Task",
      "--strict-mcp-config",
      "--disable-slash-commands",
      "--no-session-persistence",
      "--model",
      model,
    ],
    env: {
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${GATE_PORT}`,
      ANTHROPIC_API_KEY: token,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      ANTHROPIC_SMALL_FAST_MODEL: model,
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(Math.min(outputTokens, 16_000)),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_TELEMETRY: "1",
      DISABLE_ERROR_REPORTING: "1",
    },
    files: {},
  }),
  read: (output) => readStream(output, hear),
};

function hear(event: Fields, tell: Telling): void {
  switch (event.type) {
    case "system":
      if (event.subtype === "init") tell.model(text(event.model));
      return;
    case "assistant":
      for (const block of list(fields(event.message).content).map(fields)) {
        if (block.type === "text") tell.said(text(block.text));
        if (block.type === "tool_use") tell.call(text(block.id), text(block.name), block.input ?? null);
      }
      return;
    case "user":
      for (const block of list(fields(event.message).content).map(fields)) {
        if (block.type !== "tool_result") continue;
        const result = shown(block.content);
        const isError = block.is_error === true;
        tell.result(text(block.tool_use_id), result, !isError, isError && saysDenied(result));
      }
      return;
    case "result":
      return ended(event, tell);
  }
}

function ended(event: Fields, tell: Telling): void {
  const usage = fields(event.usage);
  tell.used(
    count(usage.input_tokens) + count(usage.cache_read_input_tokens) +
      count(usage.cache_creation_input_tokens),
    count(usage.output_tokens),
    typeof event.total_cost_usd === "number" ? event.total_cost_usd : undefined,
  );
  for (const denial of list(event.permission_denials)) tell.denied(text(fields(denial).tool_name));
  const said = text(event.result);
  if (event.is_error !== true && event.subtype === "success") {
    tell.said(said);
    return tell.ended("success");
  }
  const why = said || list(event.errors).map((one) => shown(one)).join("; ") || text(event.subtype);
  if (/max_turns/.test(text(event.subtype))) return tell.ended("turn-limit", why);
  if (/max_budget/.test(text(event.subtype))) return tell.ended("budget", why);
  tell.ended("error", why);
}

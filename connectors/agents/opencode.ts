/** opencode. Names its provider as an npm package: only those that lie in its binary can be used without a network. */
import { type AgentAdapter, type AgentStart, GATE_PORT } from "./port.ts";
import { count, type Fields, fields, readStream, saysDenied, shown, type Telling, text } from "./stream.ts";

const PACKAGES: Readonly<Record<AgentStart["wire"], string>> = {
  "anthropic-messages": "@ai-sdk/anthropic",
  "openai-responses": "@ai-sdk/openai",
  "openai-chat": "@ai-sdk/openai-compatible",
  "google-generate": "@ai-sdk/google",
};

export const opencode: AgentAdapter = {
  id: "opencode",
  name: "opencode",
  package: "opencode-ai",
  tested: "1.18.33",
  wires: ["openai-chat", "anthropic-messages", "openai-responses"],
  tools: {
    read: "A",
    glob: "A",
    grep: "A",
    list: "A",
    write: "B",
    edit: "B",
    multiedit: "B",
    patch: "B",
    apply_patch: "B",
    bash: "B",
    todowrite: "B",
    todoread: "A",
    skill: "A",
    invalid: "A",
  },
  start: ({ model, wire, token, contextTokens, outputTokens }) => ({
    args: ["run", "--pure", "--format", "json", "--auto", "--title", "task", "-m", `gate/${model}`],
    env: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        share: "disabled",
        autoupdate: false,
        permission: { webfetch: "deny", websearch: "deny", task: "deny", external_directory: "deny" },
        small_model: `gate/${model}`,
        enabled_providers: ["gate"],
        provider: {
          gate: {
            npm: PACKAGES[wire],
            name: "gate",
            options: { baseURL: `http://127.0.0.1:${GATE_PORT}/v1`, apiKey: token },
            models: {
              [model]: {
                name: model,
                tool_call: true,
                // What was said before is sent whole: nothing of it is kept at the provider.
                ...(wire === "openai-responses" ? { options: { store: false } } : {}),
                limit: { context: contextTokens, output: Math.min(outputTokens, 16_000) },
              },
            },
          },
        },
      }),
      OPENCODE_DISABLE_PROJECT_CONFIG: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
      OPENCODE_DISABLE_CLAUDE_CODE: "1",
    },
    files: {},
  }),
  read: (output) => readStream(output, hear),
};

function hear(event: Fields, tell: Telling): void {
  const part = fields(event.part);
  switch (event.type) {
    case "text":
      return tell.said(text(part.text));
    case "tool_use": {
      const state = fields(part.state);
      const id = text(part.callID) || text(part.id);
      const result = shown(state.status === "error" ? state.error : state.output);
      tell.call(id, text(part.tool), state.input ?? null);
      return tell.result(
        id,
        result,
        state.status === "completed",
        state.status === "error" && saysDenied(result),
      );
    }
    case "step_finish": {
      const tokens = fields(part.tokens);
      tell.used(
        count(tokens.input) + count(fields(tokens.cache).read) + count(fields(tokens.cache).write),
        count(tokens.output) + count(tokens.reasoning),
        typeof part.cost === "number" ? part.cost : undefined,
      );
      if (part.reason === "stop") tell.ended("success");
      if (part.reason === "length") tell.ended("error", "the answer was cut at its limit of tokens");
      return;
    }
    case "error":
      return tell.ended(
        "error",
        shown(fields(fields(event.error).data).message ?? fields(event.error).name ?? event.error),
      );
  }
}

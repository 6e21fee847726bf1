/** Codex. With its own sandbox broken every command fails and it still exits 0: ours is around it, and its own is off. */
import { type AgentAdapter, GATE_PORT } from "./port.ts";
import { count, type Fields, fields, readStream, saysDenied, shown, type Telling, text } from "./stream.ts";

export const codex: AgentAdapter = {
  id: "codex",
  name: "Codex",
  package: "@openai/codex",
  tested: "0.169.0",
  wires: ["openai-responses"],
  tools: { command_execution: "B", file_change: "B", todo_list: "B", reasoning: "A" },
  start: ({ model, token }) => ({
    args: [
      "exec",
      "--json",
      "--ephemeral",
      "--skip-git-repo-check",
      // bubblewrap is around it already, and lets no second one be made inside.
      "--dangerously-bypass-approvals-and-sandbox",
      "-m",
      model,
      ...settings({
        model_provider: `"gate"`,
        "model_providers.gate":
          `{name="gate",base_url="http://127.0.0.1:${GATE_PORT}/v1",wire_api="responses",env_key="FORGE_GATE_TOKEN",request_max_retries=2,stream_max_retries=1}`,
        // Instructions of the repository are data: they are not read as the user's.
        project_doc_max_bytes: "0",
        web_search: `"disabled"`,
        check_for_update_on_startup: "false",
        "analytics.enabled": "false",
        "history.persistence": `"none"`,
      }),
      "-",
    ],
    env: { FORGE_GATE_TOKEN: token },
    files: {},
  }),
  read: (output) => readStream(output, hear),
};

const settings = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

function hear(event: Fields, tell: Telling): void {
  switch (event.type) {
    case "item.started":
    case "item.completed":
      return item(fields(event.item), event.type === "item.completed", tell);
    case "turn.completed": {
      const usage = fields(event.usage);
      tell.used(count(usage.input_tokens), count(usage.output_tokens));
      return tell.ended("success");
    }
    case "turn.failed":
      return tell.ended("error", shown(fields(event.error).message ?? event.error));
    case "error":
      return tell.ended("error", shown(event.message));
  }
}

function item(one: Fields, isDone: boolean, tell: Telling): void {
  const [id, type] = [text(one.id), text(one.type)];
  switch (type) {
    case "agent_message":
      if (isDone) tell.said(text(one.text));
      return;
    case "reasoning":
    case "error":
      return;
    case "command_execution": {
      if (!isDone) return;
      const output = shown(one.aggregated_output);
      tell.call(id, type, { command: one.command ?? null });
      tell.result(
        id,
        `exit code ${String(one.exit_code ?? "unknown")}\n${output}`,
        one.exit_code === 0,
        one.status === "declined" || (one.exit_code !== 0 && saysDenied(output)),
      );
      return;
    }
    default: {
      if (!isDone) return;
      const { id: _, type: __, status, ...args } = one;
      tell.call(id, type || "unnamed", args as { [key: string]: NonNullable<Fields[string]> });
      tell.result(id, text(status), status !== "failed" && status !== "declined", status === "declined");
    }
  }
}

/** Gemini CLI. Without an auth type in its settings it ends with exit code 41 before it asks anything. */
import { type AgentAdapter, GATE_PORT } from "./port.ts";
import { count, type Fields, fields, readStream, saysDenied, shown, type Telling, text } from "./stream.ts";

export const gemini: AgentAdapter = {
  id: "gemini",
  name: "Gemini CLI",
  package: "@google/gemini-cli",
  tested: "0.61.0",
  wires: ["google-generate"],
  tools: {
    read_file: "A",
    read_many_files: "A",
    list_directory: "A",
    glob: "A",
    grep_search: "A",
    search_file_content: "A",
    write_file: "B",
    replace: "B",
    run_shell_command: "B",
    list_background_processes: "A",
    read_background_output: "A",
    enter_plan_mode: "A",
    exit_plan_mode: "A",
    activate_skill: "A",
    invoke_agent: "B",
    write_todos: "B",
    update_topic: "A",
    get_internal_docs: "A",
    complete_task: "A",
  },
  start: ({ model, token }) => ({
    args: [
      "-m",
      model,
      "-p",
      "Do what is said above.",
      "-o",
      "stream-json",
      "--approval-mode",
      "yolo",
      "--skip-trust",
    ],
    env: {
      GEMINI_API_KEY: token,
      GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${GATE_PORT}`,
      GEMINI_TELEMETRY_ENABLED: "false",
      NO_BROWSER: "true",
    },
    files: {
      ".gemini/settings.json": JSON.stringify({
        security: { auth: { selectedType: "gemini-api-key" } },
        general: { disableAutoUpdate: true, disableUpdateNag: true, enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        // Instructions of the repository are data: they are not read as the user's.
        context: { fileName: ["instructions-of-nobody.md"] },
        tools: { exclude: ["google_web_search", "web_fetch", "save_memory"] },
        hooksConfig: { enabled: false },
      }),
    },
  }),
  read: (output) => readStream(output, hear),
};

function hear(event: Fields, tell: Telling): void {
  switch (event.type) {
    case "init":
      return tell.model(text(event.model));
    case "message":
      if (event.role === "assistant") tell.said(text(event.content), event.delta === true);
      return;
    case "tool_use":
      return tell.call(text(event.tool_id), text(event.tool_name), event.parameters ?? null);
    case "tool_result": {
      const result = shown(event.output ?? fields(event.error).message);
      const isOk = event.status === "success";
      return tell.result(text(event.tool_id), result, isOk, !isOk && saysDenied(result));
    }
    case "error":
      if (event.severity === "error" || event.severity === undefined) {
        tell.ended("error", shown(event.message));
      }
      return;
    case "result": {
      const stats = fields(event.stats);
      tell.used(count(stats.input_tokens), count(stats.output_tokens));
      if (event.status === "success") return tell.ended("success");
      const why = shown(fields(event.error).message ?? event.status);
      return tell.ended(/turn/i.test(text(fields(event.error).type)) ? "turn-limit" : "error", why);
    }
  }
}

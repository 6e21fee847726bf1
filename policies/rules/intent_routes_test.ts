import assert from "node:assert/strict";
import { PatchFacts } from "../../specs/code/mod.ts";
import { routesOf } from "../facts/routes/find.ts";
import { saidOf } from "../testing/oversight.ts";
import { sampleFacts } from "../testing/trees.ts";
import { intentRules } from "./intent.ts";

const EXPRESS = (routes: string) => `import express from "express";\nconst app = express();\n${routes}`;
const USERS = 'app.get("/users", (req, res) => list(req, res));\n';
const intent = (type: string, more: Record<string, unknown> = {}) => ({ type, scope: ["**"], ...more });

Deno.test("routes are found in the frameworks of six languages, with their lines; clients, texts and comments have none", () => {
  const of = (path: string, text: string, language: Parameters<typeof routesOf>[1]) =>
    routesOf(text, language, path).map(({ line, method, path: at }) => `${line} ${method} ${at}`);
  assert.deepEqual(
    of(
      "a.js",
      EXPRESS(
        USERS +
          'app.all("/x", a, b);\naxios.get("/y", { headers });\n// app.get("/z", f);\nconst t = \'app.get("/t", f)\';\n',
      ),
      "ecmascript",
    ),
    ["3 GET /users", "4 ANY /x"],
  );
  assert.deepEqual(
    of(
      "a.ts",
      'import { Hono } from "hono";\nnew Hono().get("/a", (c) => c.text("")).post("/b", v, async (c) => {});\n',
      "ecmascript",
    ),
    ["2 GET /a", "2 POST /b"],
  );
  assert.deepEqual(
    of(
      "a.ts",
      'import fastify from "fastify";\nserver.get("/a", { schema: {} }, async () => {});\n',
      "ecmascript",
    ),
    ["2 GET /a"],
  );
  assert.deepEqual(
    of("a.ts", 'import { Get } from "@nestjs/common";\nclass A {\n  @Get("x")\n  a() {}\n}\n', "ecmascript"),
    ["3 GET x"],
  );
  assert.deepEqual(of("a.py", 'from fastapi import FastAPI\n@app.get("/a/{id}")\ndef a(): ...\n', "python"), [
    "2 GET /a/{id}",
  ]);
  assert.deepEqual(
    of(
      "a.py",
      'from flask import Flask\n@app.route("/a", methods=["POST", "PUT"])\ndef a(): ...\n@bp.route("/b")\ndef b(): ...\n',
      "python",
    ),
    ["2 POST /a", "2 PUT /a", "4 GET /b"],
  );
  assert.deepEqual(
    of(
      "shop/urls.py",
      'from django.urls import path\nurlpatterns = [path("a/", views.a), re_path(r"^b/$", views.b)]\n',
      "python",
    ),
    ["2 ANY a/", "2 ANY ^b/$"],
  );
  assert.deepEqual(
    of(
      "a.go",
      'package a\n\nimport "net/http"\n\nfunc f() {\n\thttp.HandleFunc("/a", g)\n\tmux.Handle("GET /b", h)\n\thttp.Get("/c")\n}\n',
      "go",
    ),
    ["6 ANY /a", "7 GET /b"],
  );
  assert.deepEqual(
    of("a.go", 'package a\n\nimport "github.com/gin-gonic/gin"\n\nfunc f() {\n\tr.GET("/a", g)\n}\n', "go"),
    ["6 GET /a"],
  );
  assert.deepEqual(
    of(
      "A.java",
      'import org.springframework.web.bind.annotation.*;\nclass A {\n  @GetMapping("/a")\n  void a() {}\n  @RequestMapping(value = "/b", method = RequestMethod.POST, produces = "x/y")\n  void b() {}\n}\n',
      "java",
    ),
    ["3 GET /a", "5 POST /b"],
  );
  assert.deepEqual(
    of("a.rs", 'use axum::Router;\nfn f() { Router::new().route("/a", get(a).post(b)); }\n', "rust"),
    ["2 GET /a", "2 POST /a"],
  );
});

Deno.test("C3: a refactoring neither brings nor takes a route; an update takes none that the spec does not name", async () => {
  const base = { "a.js": EXPRESS(USERS) };
  const gone = { "a.js": EXPRESS("") };
  const say = async (head: Record<string, string>, given: Record<string, unknown>) =>
    (await saidOf(intentRules, { base, head, intent: given })).says;
  assert.equal(await say(gone, intent("UPDATE")), "deny");
  assert.equal(await say(gone, intent("REFACTOR")), "deny");
  assert.equal(await say(gone, intent("UPDATE", { removes: ["GET /users"] })), "nothing");
  assert.equal(await say(gone, intent("DESTROY", { removes: ["a.js::/users"] })), "nothing");
  assert.equal(await say(gone, intent("UPDATE", { removes: ["POST /users"] })), "deny");
  const more = { "a.js": EXPRESS(`${USERS}app.post("/admin", (a, b) => b.end());\n`) };
  assert.equal(await say(more, intent("UPDATE")), "nothing");
  assert.equal(await say(more, intent("REFACTOR")), "deny");
  const renamed = { "a.js": EXPRESS(USERS.replace("/users", "/people")) };
  assert.equal(await say(renamed, intent("UPDATE")), "ask");
  assert.equal(await say(renamed, intent("REFACTOR")), "deny");
  assert.equal(
    await say(renamed, intent("UPDATE", { renames: [{ from: "/users", to: "/people" }] })),
    "nothing",
  );
  const mounted = { "a.js": EXPRESS(USERS.replace("/users", "/v1/users")) };
  assert.equal(await say(mounted, intent("REFACTOR")), "ask");
});

Deno.test("a route that moves to another file of the change is neither new nor gone", async () => {
  const facts = await sampleFacts(
    { "a.js": EXPRESS(USERS), "b.js": EXPRESS("") },
    { "a.js": EXPRESS(""), "b.js": EXPRESS(USERS) },
  );
  assert.deepEqual(facts.routes, { added: [], removed: [], unread: [] });
});

Deno.test("keys of configuration are told by their path, never with their values", async () => {
  const facts = await sampleFacts(
    {
      "config.yaml": "a:\n  b: 1\n  c: [1]\ngone: x\n",
      "deno.json": '{"tasks":{"a":"b"}}',
      "x.toml": "[a]\nb = 1\n",
      "broken.yaml": "a: 1\n",
    },
    {
      "config.yaml": "a:\n  b: hidden-value\n  c: [1]\nnew.key: y\n",
      "deno.json": '{"tasks":{"a":"b","c":"d"}}',
      "x.toml": "[a]\nb = 1\n# c\n",
      "broken.yaml": "a: [\n",
    },
  );
  assert.deepEqual(facts.config, [
    {
      path: "config.yaml",
      format: "yaml",
      added: ["new\\.key"],
      removed: ["gone"],
      changed: ["a.b"],
      truncated: false,
    },
    { path: "deno.json", format: "json", added: ["tasks.c"], removed: [], changed: [], truncated: false },
  ]);
  assert.ok(!JSON.stringify(facts.config).includes("hidden-value"));
  assert.deepEqual(PatchFacts.parse(facts), facts);
});

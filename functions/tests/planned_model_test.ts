/** Plans of several tasks, carried out by the implementer `model` through the real desk, against an emulated provider. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { provider } from "./emulated.ts";
import { room } from "./samples.ts";
import { ACTOR, open, tiny } from "./scripted.ts";
import { LARGE, plan } from "./plan_room.ts";

const usage = { input_tokens: 900, output_tokens: 60 };
const file = (path: string, text: string) => `${path}\n<<<<<<< FILE\n${text}>>>>>>> FILE\n`;
const isMade = (last: string) => last.includes(": made") || last.includes("since you last ran");
const isPlanner = (said: string) => said.includes("You plan a change of a software repository");
const isImplementer = (said: string) => said.includes("You change files of a repository");
type Rule = [(said: string, last: string) => boolean, object];

/** Plans so, finds nothing in reviews, and says that it is done once its edits were made. */
const around = (planned: unknown): [Rule, Rule, Rule] => [
  [isPlanner, { content: JSON.stringify(planned), usage }],
  [(said) => !isImplementer(said), { content: JSON.stringify({ criteria: [], findings: [] }), usage }],
  [(_said, last) => isMade(last), { content: "DONE\n- did the task", usage }],
];

const python = await new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" })
  .output()
  .then(({ success }) => success, () => false);

const TAX = `def with_tax(cents):\n    return cents + cents // 5\n`;
const TAX_TEST = `import unittest\n\nfrom shop.tax import with_tax\n\n\nclass TaxTest(unittest.TestCase):\n` +
  `    def test_adds_a_fifth(self):\n        self.assertEqual(with_tax(100), 120)\n`;
const TOTAL = (sum: string) => `from shop.tax import with_tax\n\n\ndef total(prices):\n    return ${sum}\n`;
const TOTAL_TEST =
  `import unittest\n\nfrom shop.total import total\n\n\nclass TotalTest(unittest.TestCase):\n` +
  `    def test_sums_with_tax(self):\n        self.assertEqual(total([100, 200]), 360)\n`;

Deno.test({
  name:
    "a Python repository: two dependent tasks are planned, one is wrong, the whole is repaired, one pull request comes of it" +
    (python ? "" : " (python3 is absent)"),
  ignore: !python,
  async fn() {
    await using at = await room();
    const repo = join(at.dir, "shop");
    for (
      const [path, text] of Object.entries({
        "shop/__init__.py": "",
        "shop/price.py": "def price(cents):\n    return f'{cents / 100:.2f}'\n",
        "tests/__init__.py": "",
        "tests/test_price.py":
          "import unittest\n\nfrom shop.price import price\n\n\nclass PriceTest(unittest.TestCase):\n" +
          "    def test_shows_cents(self):\n        self.assertEqual(price(150), '1.50')\n",
      })
    ) {
      await Deno.mkdir(join(repo, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(repo, path), text);
    }
    await at.git(repo, "init", "-q", "-b", "main");
    await at.git(repo, "add", "-A");
    await at.git(repo, "commit", "-qm", "shop");
    const planned = plan([
      { id: "tax", files: ["shop/tax.py"], tests: ["tests/test_tax.py"] },
      { id: "total", dependsOn: ["tax"], files: ["shop/total.py"], tests: ["tests/test_total.py"] },
    ]);
    const [plans, reviews, ends] = around(planned);
    await using models = await provider(at, [
      plans,
      reviews,
      [(said, last) => said.includes("REPAIR, round") && !isMade(last), {
        content: file("shop/total.py", TOTAL("sum(with_tax(price) for price in prices)")),
        usage,
      }],
      ends,
      [(said) => said.includes("task total:"), {
        content: file("shop/total.py", TOTAL("sum(prices)")) + file("tests/test_total.py", TOTAL_TEST),
        usage,
      }],
      [() => true, { content: file("shop/tax.py", TAX) + file("tests/test_tax.py", TAX_TEST), usage }],
    ]);
    const service = await open(at, { models: models.desk });
    try {
      const spec = LARGE.replace('scope: ["src/**"]', 'scope: ["shop/**", "tests/**"]')
        .replace(/verify: .*\n/, 'verify: { run: [["python3", "-m", "unittest"]], tests: ["tests/**"] }\n')
        .replace("MORE", "");
      const taken = await service.submit({ spec, specName: "spec.md", repo }, ACTOR);
      assert.ok(taken.ok, JSON.stringify(taken));
      const document = await service.settled(taken.value.run);
      assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
      assert.equal(document.usage.repairs, 1);
      const branch = document.pullRequest?.branch ?? "";
      assert.match(await at.git(repo, "show", `${branch}:shop/total.py`), /with_tax\(price\) for price/);
      assert.equal(await at.git(repo, "show", `${branch}:shop/tax.py`), TAX);
      const body = (await service.pullRequest(document.pullRequest?.number ?? 0))?.body ?? "";
      assert.match(body, /## Plan\n\n- `tax`: do tax\n- `total`: do total, after `tax`\n/);
      assert.ok(document.usage.costUsd > 0 && document.usage.costUsd <= 2);
    } finally {
      await service.close();
    }
  },
});

Deno.test("a TypeScript repository: each task of a model's plan is a pull request, within one budget that all share", async () => {
  await using at = await room();
  const module = (id: string, from = "") =>
    file(`src/${id}.ts`, `${from}export const ${id} = (n: number): number => n + 2;\n`) +
    file(
      `src/${id}_test.ts`,
      `import { ${id} } from "./${id}.ts";\n\nDeno.test("${id} adds", () => {\n  if (${id}(1) !== 3) throw new Error("no");\n});\n`,
    );
  const [plans, reviews, ends] = around(plan([{ id: "one" }, { id: "two", dependsOn: ["one"] }]));
  await using models = await provider(at, [
    plans,
    reviews,
    ends,
    [(said) => said.includes("task two:"), { content: module("two"), usage }],
    [() => true, { content: module("one"), usage }],
  ]);
  const it = await tiny(at, { models: models.desk });
  try {
    const taken = await it.service.submit({
      spec: LARGE.replace("MORE", "budget: { usd: 1, tokens: 300000, repairs: 1 }\n"),
      specName: "spec.md",
      repo: it.repo,
      pr: "per-task",
    }, ACTOR);
    assert.ok(taken.ok, JSON.stringify(taken));
    const document = await it.service.settled(taken.value.run);
    assert.equal(document.status, "completed", JSON.stringify(document, null, 2));
    const [one, two] = document.pullRequests ?? [];
    assert.equal(two?.base, one?.branch);
    const spent = await Promise.all((document.pullRequests ?? []).map(async ({ run }) => {
      const view = await it.service.view(run);
      return { limit: view?.budget.costMicroUsd?.limit ?? 0, spent: view?.budget.costMicroUsd?.spent ?? 0 };
    }));
    const own = (await it.service.view(document.run))?.budget.costMicroUsd;
    assert.ok(spent.every(({ spent, limit }) => spent > 0 && spent <= limit), JSON.stringify(spent));
    assert.ok(
      (own?.spent ?? 0) > spent.reduce((sum, { spent }) => sum + spent, 0),
      "the plan's own call, and the tasks'",
    );
    assert.ok((own?.spent ?? Infinity) <= 1_000_000);
    const { tokensIn, tokensOut, untold } = document.usage;
    const charged = (await it.service.view(document.run))?.budget.tokens?.spent;
    assert.deepEqual([tokensIn + tokensOut, untold], [charged, undefined], "with what the tasks' runs took");
  } finally {
    await it.service.close();
  }
});

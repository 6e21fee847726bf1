import assert from "node:assert/strict";
import { told, viewOf } from "./sample_run.ts";
import { junit } from "./maven.ts";

const suite = `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="com.acme.CalcTest" time="0.041" tests="3" errors="0" skipped="1" failures="1">
  <properties><property name="java.version" value="17"/></properties>
  <testcase name="adds" classname="com.acme.CalcTest" time="0.01"><system-out><![CDATA[Tests run: 99]]></system-out></testcase>
  <testcase name="divides" classname="com.acme.CalcTest" time="0.01">
    <failure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError]]></failure>
  </testcase>
  <testcase name="later" classname="com.acme.CalcTest" time="0"><skipped message="not yet"/></testcase>
</testsuite>`;

const source = `package com.acme;

import org.junit.jupiter.api.Test;
import static org.junit.jupiter.api.Assertions.assertEquals;

class CalcTest {
    @Test
    void adds() {
        assertEquals(3, 1 + 2);
    }
}
`;
const files = viewOf({ "pom.xml": "<project/>", "src/test/java/com/acme/CalcTest.java": source });

Deno.test("junit: the files that Maven leaves are read together, and classes are found in the sources", async () => {
  const other = suite.replaceAll("CalcTest", "OtherTest");
  const read = junit.parse({
    stdout: "",
    stderr: "",
    report: null,
    files: [{ path: "target/surefire-reports/TEST-a.xml", text: suite }, { path: "b", text: other }],
  });
  assert.ok(read.ok && junit.locate);
  const [command] = await junit.detect(files);
  assert.ok(command);
  const report = await junit.locate(read.value, command, files);
  assert.deepEqual(told(report).slice(0, 4), [
    "pass com.acme.CalcTest > adds",
    "fail com.acme.CalcTest > divides",
    "skip com.acme.CalcTest > later",
    "pass com.acme.OtherTest > adds",
  ]);
  assert.deepEqual(report.cases.map((one) => one.path).slice(2, 4), [
    "src/test/java/com/acme/CalcTest.java",
    "",
  ]);
  const planted = await junit.plant(command, report, files, "kk");
  assert.match(
    planted?.content ?? "",
    /@Test\n {4}public void adds_kk\(\) \{\n {8}assertEquals\(1, 2\);\n {4}\}\n\n {4}@Test\n {4}void adds\(\)/,
  );
});

Deno.test("junit: no file at all, or one broken among good ones, is a problem", () => {
  const parse = (texts: string[]) =>
    junit.parse({
      stdout: "BUILD SUCCESS",
      stderr: "",
      report: null,
      files: texts.map((text, at) => ({ path: `${at}`, text })),
    });
  assert.equal(parse([]).ok, false);
  assert.equal(parse([suite, suite.slice(0, 200)]).ok, false);
  assert.equal(parse([suite.replace("<testsuite ", `<!DOCTYPE a><testsuite `)]).ok, false);
});

import type { Tester } from "../../../connectors/mod.ts";
import { pathGlob } from "../../../specs/mod.ts";

/**
 * Files that tests lean on without being tests: fixtures, helpers and snapshots in test directories, and settings of test
 * runners. A change that bends one of these can make any test pass, so base's versions go where base's tests go.
 */
const leanedOn = [
  "**/{test,tests,__tests__,testdata,test-data,test_data,fixtures,__fixtures__,__mocks__,__snapshots__}/**",
  "**/conftest.py",
  "**/{test,tests}{-,_}{helper,helpers,util,utils,setup,support,fixture,fixtures}*",
  "**/*{.,-,_}{fixture,fixtures,mock,mocks}.*",
  "**/testutil{,s}/**",
  "**/*.{snap,snapshot}",
  "**/{jest,vitest,karma}.{config,setup,conf}*",
  "**/.mocharc*",
  "**/pytest.ini",
];

/** Of those, what a runner picks up by itself: when a change adds one, base's tests must run without it. */
const pickedUp = [
  "**/conftest.py",
  "**/*.{snap,snapshot}",
  "**/__mocks__/**",
  "**/{jest,vitest,karma}.{config,setup,conf}*",
  "**/.mocharc*",
  "**/pytest.ini",
];

export interface TestPaths {
  /** Holds tests, by verify.tests or by the conventions of the testers in use. */
  isTest(path: string): boolean;
  /** Holds tests, or something that tests lean on. */
  isTestware(path: string): boolean;
  /** Takes part in a test run without anybody naming it. */
  isPickedUp(path: string): boolean;
}

/** Tells test files from the rest: by the spec's globs when there are some, else by the testers' conventions and the `scripts` that are run. */
export function testPaths(
  globs: readonly string[],
  testers: readonly Tester[],
  scripts: readonly string[] = [],
): TestPaths {
  const conventions = any(testers.flatMap((tester) => tester.tests ?? []));
  const named = any(globs);
  const leaned = any([...leanedOn, ...testers.flatMap((tester) => tester.support ?? [])]);
  const picked = any(pickedUp);
  const isTest = (path: string) =>
    globs.length > 0 ? named(path) : conventions(path) || scripts.includes(path);
  return {
    isTest,
    isTestware: (path) => isTest(path) || conventions(path) || scripts.includes(path) || leaned(path),
    isPickedUp: (path) => isTest(path) || conventions(path) || scripts.includes(path) || picked(path),
  };
}

function any(globs: readonly string[]): (path: string) => boolean {
  const matchers = [...new Set(globs)].map(pathGlob);
  return (path) => matchers.some((matches) => matches(path));
}

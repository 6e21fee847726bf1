/**
 * What assertion libraries say about the type of what they were given. They are not in the tree, but tests narrow by
 * them: after `assert.ok(result.ok)` the compiler has to know what `result.value` is.
 */
const ASSERT = `
  function assert(value: unknown, message?: unknown): asserts value;
  namespace assert {
    function ok(value: unknown, message?: unknown): asserts value;
    function equal<T>(actual: unknown, expected: T, message?: unknown): asserts actual is T;
    function strictEqual<T>(actual: unknown, expected: T, message?: unknown): asserts actual is T;
    function deepEqual<T>(actual: unknown, expected: T, message?: unknown): void;
    function deepStrictEqual<T>(actual: unknown, expected: T, message?: unknown): void;
    function notEqual(actual: unknown, expected: unknown, message?: unknown): void;
    function notStrictEqual(actual: unknown, expected: unknown, message?: unknown): void;
    function notDeepEqual(actual: unknown, expected: unknown, message?: unknown): void;
    function notDeepStrictEqual(actual: unknown, expected: unknown, message?: unknown): void;
    function match(value: string, pattern: RegExp, message?: unknown): void;
    function doesNotMatch(value: string, pattern: RegExp, message?: unknown): void;
    function throws(block: () => unknown, ...rest: any[]): void;
    function doesNotThrow(block: () => unknown, ...rest: any[]): void;
    function rejects(block: unknown, ...rest: any[]): Promise<void>;
    function doesNotReject(block: unknown, ...rest: any[]): Promise<void>;
    function ifError(value: unknown): void;
    function fail(...rest: any[]): never;
    const strict: typeof assert;
    const AssertionError: any;
  }
  export = assert;
`;

const STD = `
  export function assert(value: unknown, message?: string): asserts value;
  export function assertExists<T>(value: T, message?: string): asserts value is NonNullable<T>;
  export function assertInstanceOf<T>(value: unknown, type: abstract new (...args: any[]) => T, message?: string): asserts value is T;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertThrows(block: () => unknown, ...rest: any[]): any;
  export function assertRejects(block: () => unknown, ...rest: any[]): Promise<any>;
  export function assertMatch(value: string, pattern: RegExp, message?: string): void;
  export function assertFalse(value: unknown, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertObjectMatch(actual: unknown, expected: unknown, message?: string): void;
  export function assertArrayIncludes(actual: unknown, expected: unknown, message?: string): void;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertAlmostEquals(actual: number, expected: number, ...rest: any[]): void;
  export function assertIsError(value: unknown, ...rest: any[]): void;
  export function assertNotStrictEquals(actual: unknown, expected: unknown, message?: string): void;
  export function equal(a: unknown, b: unknown): boolean;
  export function fail(message?: string): never;
  export function unreachable(message?: string): never;
  export const AssertionError: any;
`;

const modules = (names: readonly string[], body: string) =>
  names.map((name) => `declare module "${name}" {${body}}\n`).join("");

/** Declarations that every project has beside its own files. */
export const AMBIENT = modules(["assert", "assert/strict", "node:assert", "node:assert/strict"], ASSERT) +
  modules(["@std/assert", "jsr:@std/assert*", "@std/assert/*", "https://deno.land/std*"], STD);

/** Their file name; every project has its own copy. */
export const AMBIENT_FILE = "__ambient__.d.ts";

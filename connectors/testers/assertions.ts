/** The assertion libraries of JavaScript, and calls of them that must be refused. */

/** Two of a kind that differ, as JavaScript: a library that was made blind to one kind is still seen by the others. */
const PAIRS = [
  ["1", "2"],
  ['"a"', '"b"'],
  ["{ a: 1 }", "{ a: 2 }"],
  ["[1]", "[2]"],
  ["true", "false"],
  ["null", "{}"],
];

const NOT = 'Promise.reject(new Error("x"))';

/** Arguments with which an assertion of this name must fail; none when its name says nothing. */
export function refused(name: string, literals: readonly string[]): string[] {
  const pairs = [...PAIRS, ...literals.map((text) => [text, `${text} + "~"`])].map((pair) => pair.join(", "));
  switch (name) {
    case "equal":
    case "strictEqual":
    case "deepEqual":
    case "deepStrictEqual":
    case "assertEquals":
    case "assertStrictEquals":
    case "assertEqual":
    case "eql":
      return pairs;
    case "notEqual":
    case "notStrictEqual":
    case "notDeepEqual":
    case "notDeepStrictEqual":
    case "assertNotEquals":
    case "assertNotStrictEquals":
      return ["1, 1", '"a", "a"', ...literals.map((text) => `${text}, ${text}`)];
    case "ok":
    case "assert":
    case "isTrue":
      return ["false", "0", '""'];
    case "assertFalse":
    case "isFalse":
      return ["true"];
    case "assertExists":
      return ["undefined", "null"];
    case "match":
    case "assertMatch":
      return ['"a", /b/'];
    case "doesNotMatch":
    case "assertNotMatch":
      return ['"a", /a/'];
    case "throws":
    case "assertThrows":
      return ["() => {}", '() => { throw new Error("x"); }, RangeError'];
    case "doesNotThrow":
      return ['() => { throw new Error("x"); }'];
    case "rejects":
    case "assertRejects":
      return ["() => Promise.resolve(1)"];
    case "doesNotReject":
      return [`() => ${NOT}`];
    case "assertStringIncludes":
      return ['"a", "b"'];
    case "assertArrayIncludes":
      return ["[1], [2]"];
    case "assertInstanceOf":
      return ["{}, Map"];
    case "fail":
      return [""];
    default:
      return [];
  }
}

/** Node's own, in both of its forms. */
export const NODE_ASSERT = [
  "ok",
  "equal",
  "strictEqual",
  "deepEqual",
  "deepStrictEqual",
  "notEqual",
  "notDeepStrictEqual",
  "match",
  "throws",
  "rejects",
  "doesNotThrow",
];

/** Matchers of `expect`, and what they must refuse: the value, and the matcher with its argument. */
export const MATCHERS: Readonly<Record<string, readonly [string, string][]>> = {
  toBe: [["1", "2"], ['"a"', '"b"']],
  toEqual: [["1", "2"], ['"a"', '"b"'], ["{ a: 1 }", "{ a: 2 }"], ["[1]", "[2]"]],
  toStrictEqual: [["1", "2"], ['"a"', '"b"'], ["{ a: 1 }", "{ a: 2 }"]],
  toBeTruthy: [["0", ""]],
  toBeFalsy: [["1", ""]],
  toBeNull: [["1", ""]],
  toBeUndefined: [["1", ""]],
  toBeDefined: [["undefined", ""]],
  toContain: [["[1]", "2"], ['"a"', '"b"']],
  toMatch: [['"a"', "/b/"]],
  toHaveLength: [["[1]", "2"]],
  toThrow: [["() => {}", ""]],
  toMatchObject: [["{ a: 1 }", "{ a: 2 }"]],
  toBeGreaterThan: [["1", "2"]],
  toBeLessThan: [["2", "1"]],
};

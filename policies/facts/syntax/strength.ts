/** How much an assertion says. Ordered: what a stronger one lets through, a weaker one lets through too. */
export const STRENGTH = {
  nothing: 0,
  runs: 1,
  holds: 2,
  partly: 3,
  kind: 3.5,
  exactly: 4,
} as const;

const EXACT =
  /^(?:assert|is|to|deeply|be)*(?:not)?(?:strict|deep|strictly|deepstrict|same|array|list|dict|set|tuple|sequence|multiline|count|iterable|object|json|exact|loose|value|elements|lines|bytes|string)*(?:equals?|eq|eql|eqls|same|identical|members|match)(?:to|ignoringcase|values|ordered)?$/;
const EXACT_WORDS = new Set([
  "is",
  "tobe",
  "isnull",
  "isnone",
  "isnil",
  "nil",
  "null",
  "undefined",
  "isundefined",
  "tobenull",
  "tobeundefined",
  "tobenan",
  "nan",
  "assertis",
  "assertisnone",
  "assertnull",
  "assertcalledwith",
  "assertcalledoncewith",
  "asserthascalls",
  "assertnotcalled",
  "assertcalledonce",
  "tohavebeencalledwith",
  "tohavebeencalledtimes",
  "tohavebeencalledoncewith",
  "tohavebeenlastcalledwith",
  "tohavebeennthcalledwith",
  "tomatchsnapshot",
  "tomatchinlinesnapshot",
  "tothrowerrormatchinginlinesnapshot",
  "snapshot",
  "assertsnapshot",
  "noerror",
  "empty",
  "isempty",
  "tobeempty",
  "zero",
  "equalerror",
  "elementsmatch",
  "samemembers",
  "containsexactly",
  "exactly",
  "tobecloseto",
  "closeto",
  "assertalmostequal",
  "assertalmostequals",
  "indelta",
  "allclose",
  "assertallclose",
]);
const TRUE =
  /^(?:assert|ok|is)?(?:true|ok|truthy|tobetruthy|tobetrue|istrue|assertion)$|^assert!?$|^debugassert!?$|^asserts$/;
const FALSE = /^(?:assert|is|tobe)?(?:false|falsy|notok)$|^tobefalse$|^tobefalsy$/;
const THROWS =
  /^(?:assert|to|be)*(?:throws?|throwsasync|rejects?|raises|raisesregexp?|raisesexception|throwerror|throwserror|panics|panicswithvalue|panicswitherror|rejectedwith|throwsexactly|thrownby)$|^tothrow\w*$|^assertraises\w*$|^raises\w*$/;
const QUIET = /(?:doesnot|not|never|no)(?:throws?|rejects?|raises?|tothrow|panics?)$|^tobeinthedocument$/;
const NEGATIVE =
  /^(?:assert|is|to|be)*not|^(?:assert)?ne(?:!|q)?$|^doesnot|^refute|^tobedefined$|^isdefined$|^exists?$|^tobeexist|^iserror$|^error$/;

export type Form = "true" | "false" | "throws" | "compare";

/** What the last word of an assertion means. `negated` where `.not` stands before it. */
export function meaning(name: string, negated: boolean): { form: Form; strength: number } {
  const word = name.replace(/[^A-Za-z]/g, "").toLowerCase();
  const bare = word.replace(/^assert/, "");
  if (TRUE.test(word)) return { form: negated ? "false" : "true", strength: STRENGTH.holds };
  if (FALSE.test(word)) return { form: negated ? "true" : "false", strength: STRENGTH.holds };
  if (QUIET.test(word) || (negated && THROWS.test(word))) return { form: "compare", strength: STRENGTH.runs };
  if (THROWS.test(word)) return { form: "throws", strength: STRENGTH.partly };
  if (negated || NEGATIVE.test(word)) return { form: "compare", strength: STRENGTH.holds };
  if (bare === "match" || word === "tomatch" || word === "regexpmatches") {
    return { form: "compare", strength: STRENGTH.partly };
  }
  if (EXACT.test(word) || EXACT_WORDS.has(word) || EXACT_WORDS.has(bare)) {
    return { form: "compare", strength: STRENGTH.exactly };
  }
  return { form: "compare", strength: STRENGTH.partly };
}

const OPEN = new Set(["(", "[", "{", "[[", "${", "$("]);
const CLOSE = new Set([")", "]", "}", "]]"]);

/** Cuts at an operator outside of brackets. */
function split(tokens: readonly string[], operators: ReadonlySet<string>): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (OPEN.has(token)) depth++;
    else if (CLOSE.has(token)) depth--;
    if (depth === 0 && operators.has(token)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** Without brackets around the whole. */
export function stripped(tokens: readonly string[]): string[] {
  let inner = [...tokens];
  for (;;) {
    const [first] = inner;
    const last = inner.at(-1);
    if (first !== "(" || last !== ")" || inner.length < 3) return inner;
    const whole = wholeOf(inner);
    if (!whole) return inner;
    inner = inner.slice(1, -1);
  }
}

const AND = new Set(["&&", "and", "-a"]);
const OR = new Set(["||", "or", "??", "-o"]);
const EQUAL = new Set(["==", "===", "=", "-eq", "is"]);
const UNEQUAL = new Set(["!=", "!==", "-ne", "<>"]);
const ORDER = new Set(["<", ">", "<=", ">=", "-lt", "-gt", "-le", "-ge", "=~"]);
const SAME = /^(?:DeepEqual|deepEqual|Equal|equals|isDeepStrictEqual|EqualFold|is)$/;
const PART =
  /^(?:includes|contains|Contains|startsWith|endsWith|startswith|endswith|HasPrefix|HasSuffix|test|match|search|MatchString|has|hasOwn|some|every|any|all|Is|As|matches!|starts_with|ends_with|grep)$/;

/** How much it says that a condition holds, or does not hold. */
export function conditionStrength(tokens: readonly string[], holds: boolean): number {
  const inner = stripped(tokens);
  const [first] = inner;
  if (inner.length === 0 || isConstant(inner) || isAlwaysTrue(inner)) return STRENGTH.nothing;
  const any = split(inner, holds ? OR : AND).filter((part) => part.length > 0);
  if (any.length > 1) return Math.min(...any.map((part) => conditionStrength(part, holds)));
  const all = split(inner, holds ? AND : OR).filter((part) => part.length > 0);
  if (all.length > 1) return Math.max(...all.map((part) => conditionStrength(part, holds)));
  const compared = split(inner, new Set([...EQUAL, ...UNEQUAL]));
  if (compared.length === 2 && compared[0] !== undefined && compared[1] !== undefined) {
    const [left, right] = [compared[0], compared[1].filter((token, at) => !(at === 0 && token === "not"))];
    const isNot = inner.some((token) => UNEQUAL.has(token)) || compared[1][0] === "not";
    return equalityStrength(left, right, holds !== isNot);
  }
  if ((first === "!" || first === "not") && inner.length > 1) {
    return conditionStrength(inner.slice(1), !holds);
  }
  const ordered = split(inner, ORDER);
  if (ordered.length > 1) {
    // No more than nothing: it is empty.
    const none = !holds && inner.includes(">") && isWord(ordered[1] ?? [], /^0$/) &&
      projection(ordered[0] ?? []) === STRENGTH.partly;
    return none ? STRENGTH.exactly : STRENGTH.partly;
  }
  if (inner.includes("typeof") || inner.includes("isinstance") || inner.includes("instanceof")) {
    return STRENGTH.holds;
  }
  if (split(inner, new Set(["in", "instanceof"])).length > 1) return STRENGTH.partly;
  if (inner.some((token) => SAME.test(token))) return holds ? STRENGTH.exactly : STRENGTH.holds;
  // Nothing is one value only: `x.is_none()` says what `x == None` says.
  if (inner.at(-3) === "is_none" && inner.at(-2) === "(" && inner.at(-1) === ")") {
    return holds ? projection(inner.slice(0, -4)) : STRENGTH.holds;
  }
  // Which error it is, wrapped or not.
  if (/^errors \. Is \( .* \)$/.test(inner.join(" ")) && wholeOf(inner.slice(3))) {
    return holds ? STRENGTH.exactly : STRENGTH.holds;
  }
  if (inner.some((token) => PART.test(token))) return asksNothing(inner) ? STRENGTH.runs : STRENGTH.partly;
  return STRENGTH.holds;
}

/** Every text holds the empty one, as long as that is what is looked for and not what is handed to something else. */
function asksNothing(tokens: readonly string[]): boolean {
  return tokens.some((token, at) =>
    token === '""' && (tokens[at + 1] === ")" && at === tokens.length - 2 ||
      PART.test(tokens[at - 1] ?? "") || (tokens[at - 1] === "(" && PART.test(tokens[at - 2] ?? "")))
  );
}

/** A list, a record, a function: true whatever is in it. */
function isAlwaysTrue(tokens: readonly string[]): boolean {
  const [first = ""] = tokens;
  if (/^(?:lambda|function|async|func)$/.test(first)) return true;
  // A thing that was just made is there; what is asked of it may be anything.
  if (first === "new") return wholeOf(tokens.slice(Math.max(1, tokens.indexOf("("))));
  if (split(tokens, new Set(["=>"])).length > 1) return true;
  const close = first === "[" ? "]" : first === "{" ? "}" : "";
  return close !== "" && tokens.length > 2 && tokens.at(-1) === close && wholeOf(tokens);
}

/** Whether the first bracket closes with the last token. */
function wholeOf(tokens: readonly string[]): boolean {
  let depth = 0;
  return tokens.every((token, at) => {
    if (OPEN.has(token)) depth++;
    else if (CLOSE.has(token)) depth--;
    return depth > 0 || at === tokens.length - 1;
  });
}

const YES = /^(?:true|True|1)$/;
const NO = /^(?:false|False|0)$/;

function isWord(tokens: readonly string[], pattern: RegExp): boolean {
  return tokens.length === 1 && pattern.test(tokens[0] ?? "");
}

/** How much it says that two things are equal (or are not). */
export function equalityStrength(left: readonly string[], right: readonly string[], equal: boolean): number {
  const [a, b] = [stripped(left), stripped(right)];
  if (a.join(" ") === b.join(" ")) return STRENGTH.nothing;
  if (isConstant(a) && isConstant(b)) return STRENGTH.nothing;
  for (const [one, other] of [[a, b], [b, a]] as const) {
    const yes = isWord(one, /^(?:true|True)$/);
    if (yes || isWord(one, /^(?:false|False)$/)) return conditionStrength(other, yes === equal);
    if (one.some((token) => /^(?:anything|ANY|any)$/.test(token)) && one.length < 8) return STRENGTH.holds;
  }
  if (!equal) return STRENGTH.holds;
  // Of a length of zero there is one list only.
  if (
    [a, b].some((one) => isWord(one, /^0$/)) && Math.min(projection(a), projection(b)) === STRENGTH.partly
  ) {
    return STRENGTH.exactly;
  }
  return Math.min(projection(a), projection(b));
}

/** What is compared may be only a shadow of the thing: its type, its length, whether it is there. */
function projection(tokens: readonly string[]): number {
  const [first, second] = tokens;
  if (
    first === "typeof" || first === "type" || first === "bool" || first === "Boolean" ||
    (first === "!" && second === "!")
  ) {
    return STRENGTH.holds;
  }
  if (isTypeOf(tokens)) return STRENGTH.holds;
  if (first === "len" || first === "cap" || /^(?:length|size|byteLength)$/.test(tokens.at(-1) ?? "")) {
    return STRENGTH.partly;
  }
  if (tokens.length > 3 && /^(?:len|size|length)$/.test(tokens.at(-3) ?? "") && tokens.at(-1) === ")") {
    return STRENGTH.partly;
  }
  return STRENGTH.exactly;
}

/** The class of a thing is what all things of its kind have: `x.getClass()`, `x.constructor`, `x.__class__`, `reflect.TypeOf(x)`. */
function isTypeOf(tokens: readonly string[]): boolean {
  const call = tokens.at(-1) === ")" && tokens.at(-2) === "(";
  if (call ? tokens.at(-3) === "getClass" : /^(?:constructor|__class__)$/.test(tokens.at(-1) ?? "")) {
    return tokens.at(call ? -4 : -2) === ".";
  }
  return tokens[0] === "reflect" && tokens[1] === "." && tokens[2] === "TypeOf" && tokens[3] === "(" &&
    wholeOf(tokens.slice(3));
}

/** Whether nothing of the code under test is in it: literals, and what the language itself brings. */
export function isConstant(tokens: readonly string[]): boolean {
  return wordsOf(tokens).size === 0;
}

const OWN = new Set(
  ("true false null undefined None True False nil NaN Infinity not and or is in new typeof void await async return " +
    "if else for of const let var function lambda def String Number Boolean Array Object Math Set Map Symbol Error " +
    "str int float bool len list dict set tuple type range map Date JSON RegExp string int64 float64 byte rune error vec! format! Some Ok Err " +
    "console process Promise Reflect global globalThis module exports require print log fmt os sys time cls super " +
    "assert expect t self this as Vec len cap length test eq ne lt gt le ge z n x a o echo printf").split(
      " ",
    ),
);

const SAYS_ITSELF =
  /^(?:true|false|null|undefined|None|True|False|nil|NaN|Infinity|not|and|or|is|in|new|typeof|void|await|async|Some|Ok|Err|vec!|format!)$/;

/** Whether a word that counts as the language's own may be a name of the program here, such as `x` or `print`. */
export const mayBeName = (token: string): boolean => OWN.has(token) && !SAYS_ITSELF.test(token);

/** The same text, where no word is one of the language's own that may be a name. */
export const asNames = (tokens: readonly string[]): string[] =>
  tokens.map((token) => mayBeName(token) ? `${token}_` : token);

/** Names in a rendered text that can stand for something of the program. */
export function wordsOf(tokens: readonly string[]): Set<string> {
  const found = new Set<string>();
  tokens.forEach((token, at) => {
    if ((tokens[at - 1] === "$" || tokens[at - 1] === "${") && /^[\w@*#?]+$/.test(token)) {
      found.add(`$${token}`);
      return;
    }
    if (!/^[\p{L}_$@#][\p{L}\p{N}_$!]*$/u.test(token) || token === "$" || OWN.has(token)) return;
    // A key of a literal record is no name of anything, and neither is a member of a literal.
    if (tokens[at + 1] === ":" && tokens[at - 1] !== "?") return;
    found.add(token);
  });
  return found;
}

export const truthWord = (token: string): boolean | null =>
  YES.test(token) ? true : NO.test(token) ? false : null;

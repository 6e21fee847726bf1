import { ASSERTING, functionNamed, isShadowed, LIBRARY, looksAt } from "./tells.ts";
import type { Check, Guard, Place } from "./place.ts";
import { render } from "./render.ts";
import type { Call } from "./step.ts";
import { asNames, conditionStrength, equalityStrength, isConstant, meaning, STRENGTH } from "./strength.ts";
import { named, type Node, plain } from "./tree.ts";

/** An assertion before it is known where it stands. */
export type Draft = Omit<Check, "guards" | "words"> & { tokens: readonly string[] };

/** What a call asserts, the guards that come with it, and what of it has to be looked through for more. */
export interface Asserted {
  drafts: Draft[];
  late: Guard[];
  walk: Node[];
  enter: readonly Node[];
}

/** What waits for a predicate says as much as the predicate. */
function predicate(node: Node, at: Place, depth = 0): number {
  const { dialect } = at.source;
  const step = dialect.step(node);
  if (step.kind === "await") {
    return step.value[0] === undefined ? 0 : predicate(step.value[0], at, depth + 1);
  }
  if (step.kind !== "call" || depth > 3) return 0;
  return Math.max(
    0,
    ...step.call.args.map((arg) => {
      const bound = dialect.isName(arg) ? at.scope.get(arg.text) ?? null : null;
      const fn = dialect.step(bound?.node ?? arg);
      if (fn.kind !== "function") return 0;
      const scope = bound?.scope ?? at.scope;
      const values = fn.fn.expression ? fn.fn.body : fn.fn.body.flatMap((one) => {
        const last = dialect.step(one);
        return last.kind === "leave" && last.value !== null ? [last.value] : [];
      });
      return Math.max(0, ...values.map((value) => conditionStrength(render(value, dialect, scope), true)));
    }),
  );
}

/** `x.equals(x)`: what is equal to itself, whatever it is. */
function isReflexive(node: Node, at: Place): boolean {
  const step = at.source.dialect.step(node);
  if (step.kind !== "call" || !/^(?:equals|Equals|eq)$/.test(step.call.name)) return false;
  const [other] = step.call.args;
  return step.call.receiver !== null && other !== undefined && plain(step.call.receiver) === plain(other);
}

/** That a condition holds, or does not. */
export function condition(node: Node, holds: boolean, line: number, at: Place): Draft {
  const tokens = render(node, at.source.dialect, at.scope);
  const text = tokens.join(" ");
  const strength = isReflexive(node, at)
    ? STRENGTH.nothing
    : Math.max(conditionStrength(tokens, holds), holds ? predicate(node, at) : 0);
  return {
    tokens,
    text: holds ? text : `not ${text}`,
    subject: text,
    strength,
    ...(strength === STRENGTH.nothing && conditionStrength(asNames(tokens), holds) === STRENGTH.nothing
      ? { empty: true }
      : {}),
    size: Math.max(1, tokens.filter((token) => /^["\d]/.test(token)).length),
    line,
  };
}

/** A failure told by hand: it asserts that the condition around it does not come to pass. */
export function failure(line: number, at: Place): { draft: Draft; guards: readonly Guard[] } {
  const { failing } = at;
  if (failing === null || failing.tokens.length === 0) {
    return {
      draft: {
        tokens: [],
        text: "fails when reached",
        subject: "",
        strength: STRENGTH.holds,
        size: 1,
        line,
      },
      guards: at.guards,
    };
  }
  // The innermost condition is what is asserted; it is no guard of it.
  const text = failing.tokens.join(" ");
  const guards = at.guards.findLastIndex((one) => one.text === text || one.text === `not ${text}`);
  return {
    draft: {
      tokens: failing.tokens,
      text: `fails when ${failing.holds ? "" : "not "}${text}`,
      subject: text,
      strength: conditionStrength(failing.tokens, !failing.holds),
      size: 1,
      line,
    },
    guards: at.guards.filter((_, index) => index !== guards),
  };
}

/** `expect(x).to.be.true`: an assertion without a call. */
export function chained(node: Node, at: Place): Draft | null {
  if (node.type !== "member_expression") return null;
  const words = plain(node);
  if (!/^expect\(|\.should\./.test(words)) return null;
  const name = /\.(\w+)$/.exec(words)?.[1] ?? "";
  const inner = named(node).find(() => true);
  const subject = inner === undefined ? null : expected(inner, at);
  if (subject === null) return null;
  const { form, strength } = meaning(name, /\.not\./.test(words));
  if (form === "true" || form === "false") return condition(subject, form === "true", node.line, at);
  const tokens = render(subject, at.source.dialect, at.scope);
  const whole = tokens.join(" ");
  return { tokens, text: `${whole} ${name}`, subject: whole, strength, size: 1, line: node.line };
}

/** What stands in the `expect(...)` or `assertThat(...)` at the start of a chain. */
function expected(node: Node, at: Place): Node | null {
  for (let inner: Node | undefined = node; inner !== undefined;) {
    const step = at.source.dialect.step(inner);
    if (step.kind === "await") {
      inner = step.value[0];
      continue;
    }
    if (step.kind === "call") {
      if (
        step.call.path.length === 1 && /^(?:expect|assertThat|assert_that|should)$/.test(step.call.name)
      ) {
        return step.call.args[0] ?? null;
      }
      inner = step.call.receiver ?? undefined;
      continue;
    }
    inner = named(inner)[0];
  }
  return null;
}

/** What a call asserts; null when it is no assertion. */
export function assertion(one: Call, at: Place): Asserted | null {
  const { source } = at;
  const { dialect } = source;
  const [root = ""] = one.path;
  const negated = one.path.includes("not");
  const chain = one.path.length > 1 && /^(?:expect|assertThat|assert_that)$/.test(root) &&
    one.receiver !== null;
  const should = one.path.includes("should");
  const known = functionNamed(one, at);
  if (known !== null) return null;
  if (isShadowed(root, at)) return null;
  if (chain && source.functions.has(root) && !source.imports.has(root)) return null;
  const from = source.imports.get(root) ?? "";
  const isLibrary = LIBRARY.test(from);
  const lone = one.path.length === 1 &&
    (ASSERTING.test(one.name) ||
      (isLibrary && !/^(?:test|it|describe|before\w*|after\w*|suite|mock|vi|jest)$/.test(one.name)));
  const member = one.path.length > 1 && !chain &&
    (/^(?:assert|chai|self|cls|t|tap|assertions|Assert|Assertions|require|is|np|numpy|testing|must)$/.test(
      root,
    ) ||
      isLibrary || one.path.slice(0, -1).includes("assert")) &&
    !/^(?:run|Run|Log|Logf|Helper|Cleanup|Parallel|TempDir|Setenv|step|test|plan|end|teardown|comment|log|mock|diagnostic|signal|name|subTest|id|setUp|tearDown|addCleanup|Name|Context|Deadline)$/
      .test(one.name);
  const viaName = one.path.length > 1 && /^(?:assert_|assert[A-Z]|should[A-Z])/.test(one.name);
  if (one.name === "expect" && one.path.length > 1 && !chain && !/^(?:t|self)$/.test(root)) {
    // `request(app).get("/").expect(200)`
    const tokens = one.args.flatMap((arg) => render(arg, dialect, at.scope));
    const draft: Draft = {
      tokens: [...tokens, "@response"],
      text: `expect ${tokens.join(" ")}`,
      subject: one.receiver === null ? "" : render(one.receiver, dialect, at.scope).slice(0, 60).join(" "),
      strength: tokens.length === 0 ? STRENGTH.holds : STRENGTH.exactly,
      size: 1,
      line: one.node.line,
    };
    return { drafts: [draft], late: [], walk: one.receiver === null ? [] : [one.receiver], enter: [] };
  }
  if (!chain && !should && !lone && !member && !viaName) return null;
  if (root === "expect" && one.path.length === 1) {
    return { drafts: [], late: [], walk: [], enter: one.args };
  }
  if (member && from === "pytest" && !/^(?:raises|warns|RaisesGroup|RaisesExc)$/.test(one.name)) return null;
  if (member && /^(?:self|cls|t|np|numpy|testing|is)$/.test(root)) {
    if (/^(?:self|cls)$/.test(root) && !/^(?:assert|fail)/.test(one.name)) return null;
    if (/^(?:np|numpy)$/.test(root) && !/^assert/.test(one.name)) return null;
    if (
      root === "t" &&
      !/^(?:is|not|ok|equal|equals|same|deepEqual|deepEquals|true|false|truthy|falsy|like|throws|throwsAsync|rejects|regex|match|assert|pass|fail|notOk|notEqual|strictSame|snapshot|error|ifError)$/
        .test(one.name) &&
      !one.path.includes("assert")
    ) {
      return null;
    }
  }
  const subject = chain ? expected(one.receiver ?? one.node, at) : should ? one.receiver : null;
  let args = chain || should ? one.args : one.args;
  // testify and its like take the test first.
  if (
    dialect.name === "go" && !chain && args.length > 1 &&
    /^(?:t|tb|b|s\.T)$/.test(args[0] === undefined ? "" : plain(args[0]))
  ) {
    args = args.slice(1);
  }
  if (dialect.name === "java" && !chain && !should) args = withoutMessage(one.name, args, at);
  const values = subject === null ? args : [subject, ...args];
  const texts = values.map((value) => render(value, dialect, at.scope));
  const asAsserted = meaning(one.name === root || one.name !== "assert" ? one.name : "ok", negated);
  const { form } = asAsserted;
  let { strength } = asAsserted;
  const floating = /^(?:rejects|doesNotReject|throwsAsync|assertRejects|resolves|eventually)$/;
  const late: Guard[] = (one.path.some((word) => floating.test(word))) && !at.awaited
    ? [{ kind: "unawaited", text: "nobody waits for it" }]
    : [];
  const told = (draft: Draft): Asserted => ({ drafts: [draft], late, walk: [], enter: [] });
  const text = `${
    one.path.filter((word) => !/^(?:to|be|been|is|that|and|have|with)$/.test(word)).join(".")
  } ${texts.map((tokens) => tokens.join(" ")).join(" , ")}`;
  const line = one.node.line;
  const [first, second] = texts;
  if (form === "throws") {
    // What is said of the error: the arguments that are not what throws it.
    const first = chain || /^(?:python|java)$/.test(dialect.name) ? 0 : 1;
    const about = args.slice(first).filter((arg) => dialect.step(arg).kind !== "function")
      .slice(0, dialect.name === "python" && !/regex/i.test(one.name) ? 1 : 3);
    // What is handed on to the function that has to fail says nothing of the error.
    const keyed = dialect.name === "python"
      ? args.filter((arg) => arg.type === "keyword_argument" && /^(?:match|check|flags)=/.test(plain(arg)))
      : [];
    const words = [...about, ...keyed].flatMap((arg) => render(arg, dialect, at.scope));
    const generic = words.length === 0 || words.every((word) => matchesAnything([word])) ||
      words.some((word) =>
        /^(?:Error|Exception|BaseException|Throwable|Object|RuntimeException)$/.test(word)
      );
    const looks = dialect.name === "ecmascript"
      ? Math.max(0, ...args.slice(first).map((arg) => looksAt(arg, at)))
      : 0;
    // A pattern that nothing is outside of says no more than that there is an error.
    const pattern = words.some((token) => /^["/{]/.test(token) && !matchesAnything([token])) ||
      keyed.length > 0;
    strength = Math.max(looks, pattern ? STRENGTH.exactly : generic ? STRENGTH.partly : STRENGTH.kind);
    // That there is an error, and what it is: two things.
    const size = strength > STRENGTH.partly ? 2 : 1;
    return told({ tokens: texts.flat(), text, subject: (texts[0] ?? []).join(" "), strength, size, line });
  }
  if (form === "true" || form === "false") {
    if (first === undefined) {
      return told({ tokens: [], text, subject: "", strength: STRENGTH.nothing, size: 1, line });
    }
    const holds = form === "true";
    strength = values[0] !== undefined && isReflexive(values[0], at) ? STRENGTH.nothing : Math.max(
      conditionStrength(first, holds),
      holds && values[0] !== undefined ? predicate(values[0], at) : 0,
    );
    return told({
      tokens: first,
      text: holds ? first.join(" ") : `not ${first.join(" ")}`,
      subject: first.join(" "),
      strength,
      ...(strength === STRENGTH.nothing && conditionStrength(asNames(first), holds) === STRENGTH.nothing
        ? { empty: true }
        : {}),
      size: Math.max(1, first.filter((token) => /^["\d]/.test(token)).length),
      line,
    });
  }
  // Two things that are made alike are two things: that they are equal is what such a test is about.
  const made = first !== undefined && second !== undefined && first.join(" ") === second.join(" ") &&
    isMade(first) && values[0] !== undefined && values[1] !== undefined &&
    plain(values[0]) !== plain(values[1]);
  if (made) strength = Math.max(strength, STRENGTH.holds);
  else if (strength === STRENGTH.exactly && first !== undefined && second !== undefined) {
    strength = equalityStrength(first, second, true);
    if (texts.length > 2 && /almost|close|delta/i.test(one.name)) {
      strength = Math.min(strength, texts[2]?.[0]?.startsWith('"') ? strength : STRENGTH.partly);
    }
  } else if (first !== undefined && second !== undefined && strength >= STRENGTH.holds) {
    if (isConstant([...first, ...second])) strength = STRENGTH.nothing;
    else if (first.join(" ") === second.join(" ")) strength = STRENGTH.nothing;
    // A pattern that nothing is outside of.
    else if (strength === STRENGTH.partly && [first, second].some(matchesAnything)) {
      strength = STRENGTH.runs;
    }
  } else if (first !== undefined && isConstant(first)) strength = STRENGTH.nothing;
  const isItself = strength === STRENGTH.nothing && !made && first !== undefined && second !== undefined &&
    first.join(" ") === second.join(" ");
  return told({
    tokens: texts.flat(),
    text,
    subject: subjectOf(texts).join(" "),
    strength,
    ...(isItself ? { empty: true } : {}),
    size: Math.max(
      1,
      ...texts.map((tokens) =>
        isConstant(tokens)
          ? tokens.filter((token) => /^["\d-]|^(?:true|false|null|None|True|False|nil)$/.test(token)).length
          : 1
      ),
    ),
    line,
  });
}

/** What an assertion of JUnit says when it fails, first (JUnit 4) or last (JUnit 5), asserts nothing. */
function withoutMessage(name: string, args: Node[], { source: { dialect } }: Place): Node[] {
  const takes = /^assert(?:True|False|Null|NotNull)$/.test(name)
    ? 1
    : /^assert(?:Equals|NotEquals|Same|NotSame|ArrayEquals|IterableEquals|LinesMatch|Throws|ThrowsExactly|InstanceOf)$/
        .test(name)
    ? 2
    : null;
  if (takes === null || args.length <= takes) return args;
  const isText = (node: Node | undefined) => node !== undefined && dialect.strings.has(node.type);
  if (/Throws|InstanceOf/.test(name)) return args.slice(0, takes);
  if (isText(args.at(-1))) return args.slice(0, -1);
  return isText(args[0]) ? args.slice(1) : args;
}

/** Whether something is made anew where it stands: `new X(...)`, `X { ... }`, `Point(1, 2)`. */
const isMade = ([first = "", second = ""]: readonly string[]): boolean =>
  first === "new" || (/^\p{Lu}/u.test(first) && (second === "(" || second === "{")) ||
  (first === "&" && /^\p{Lu}/u.test(second)) || /^New\p{Lu}/u.test(first);

/** The side of a comparison that is not a literal. */
function subjectOf(texts: readonly string[][]): string[] {
  return texts.find((tokens) => !isConstant(tokens)) ?? texts[0] ?? [];
}

function matchesAnything(tokens: readonly string[]): boolean {
  if (tokens.length !== 1) return false;
  const [token = ""] = tokens;
  if (token === '""' || token === '"."' || token === '".*"') return true;
  const found = /^\/(.{0,80})\/[a-z]*$/.exec(token);
  return found !== null && /^(?:\^?\.?\*?\+?\$?|\(\?:\)|\[\^?\\?\w?\\?\w?\][*+]?)$/.test(found[1] ?? "");
}

import type { CodeLanguage, Mutation } from "../../../specs/mod.ts";

/** What a token becomes, and what kind of change that is. */
export interface Swap {
  operator: Mutation["operator"];
  put: string;
}

const flip = (put: string): Swap => ({ operator: "comparison", put });
const edge = (put: string): Swap => ({ operator: "boundary", put });
const logic = (put: string): Swap => ({ operator: "boolean", put });
const sum = (put: string): Swap => ({ operator: "arithmetic", put });

/** Tokens between two operands that mean the same in every language that has them. */
const COMMON: Readonly<Record<string, readonly Swap[]>> = {
  "==": [flip("!=")],
  "!=": [flip("==")],
  "===": [flip("!==")],
  "!==": [flip("===")],
  "<": [flip(">="), edge("<=")],
  "<=": [flip(">"), edge("<")],
  ">": [flip("<="), edge(">=")],
  ">=": [flip("<"), edge(">")],
  "&&": [logic("||")],
  "||": [logic("&&")],
  "+": [sum("-")],
  "-": [sum("+")],
  "*": [sum("/")],
  "/": [sum("*")],
  "%": [sum("*")],
};

const OWN: Readonly<Partial<Record<CodeLanguage, Readonly<Record<string, readonly Swap[]>>>>> = {
  python: {
    "and": [logic("or")],
    "or": [logic("and")],
    "is": [flip("is not")],
    "is not": [flip("is")],
    "in": [flip("not in")],
    "not in": [flip("in")],
    "//": [sum("*")],
  },
  shell: {
    "=": [flip("!=")],
    "-eq": [flip("-ne")],
    "-ne": [flip("-eq")],
    "-lt": [flip("-ge"), edge("-le")],
    "-le": [flip("-gt"), edge("-lt")],
    "-gt": [flip("-le"), edge("-ge")],
    "-ge": [flip("-lt"), edge("-gt")],
    "-z": [flip("-n")],
    "-n": [flip("-z")],
  },
};

/** What an operator of a language may become. */
export const swapsOf = (token: string, language: CodeLanguage): readonly Swap[] =>
  (Object.hasOwn(OWN[language] ?? {}, token) ? OWN[language]?.[token] : undefined) ??
    (Object.hasOwn(COMMON, token) ? COMMON[token] : undefined) ?? [];

/** Nodes that hold two operands and what stands between them. */
export const BINARY = new Set([
  "binary_expression",
  "comparison_operator",
  "boolean_operator",
  "binary_operator",
]);

/** Of these nothing is run, or what runs decides nothing. */
export const NO_CODE = new Set([
  ...["import_statement", "import_from_statement", "import_declaration", "use_declaration", "import"],
  ...["type_annotation", "type_arguments", "type_parameters", "type_alias_declaration", "literal_type"],
  ...["interface_declaration", "ambient_declaration", "return_type", "generic_type", "array_type"],
  ...["decorator", "annotation", "marker_annotation", "attribute_item", "inner_attribute_item", "token_tree"],
  ...["package_clause", "package_declaration", "mod_declaration", "type_declaration", "type"],
]);

/** What only tells people what happens: no test has to notice when it goes. */
export const LOGGING =
  /^(?:this\.|self\.|_)*(?:console|log|logs|logger|logging|log4j|slog|tracing|print|println!?|e?print(?:ln)?!|debug|info|warn(?:ings)?|trace|fmt\.Print\w*|System\.(?:out|err)|Deno\.std|process\.std|sys\.std|glog|klog|zap|span|metrics?|stats)\b/i;

/** Commands of a shell without which a script means something else altogether, or that only prepare. */
export const SHELL_KEPT =
  /^(?:set|shopt|local|declare|typeset|readonly|export|unset|shift|return|exit|break|continue|trap|source|\.|cd|pushd|popd|read|getopts|exec|umask|:|true|false|test|\[)$/;

/** A value of a declared type of Go that is as good as none. */
export function emptyOfGo(type: string): string {
  if (type === "string") return '""';
  if (type === "bool") return "false";
  if (/^(?:u?int\d*|uintptr|byte|rune|float\d+|complex\d+)$/.test(type)) return "0";
  if (/^(?:error|any|interface\{|\*|\[\]|map\[|func\(|chan |<-chan )/.test(type)) return "nil";
  return `*new(${type})`;
}

/** The same for Java. */
export function emptyOfJava(type: string): string {
  if (type === "boolean") return "false";
  return /^(?:int|long|short|byte|float|double|char)$/.test(type) ? "0" : "null";
}

/** The same for Rust; null where nobody can say without knowing the types. */
export function emptyOfRust(type: string): string | null {
  if (/^(?:impl\b|&mut\b|Box<dyn|!|Self\b|Pin<|\(\)$)/.test(type) || type === "") return null;
  if (/^(?:\w+::)*Result\b/.test(type)) return "Ok(Default::default())";
  return /^Option\b/.test(type) ? "None" : "Default::default()";
}

/** The catalogue of failure classes, each with the rules or the checks of the engine that hold it: data, printed and tested. */
import type { Layer } from "../specs/mod.ts";

/** A check that the engine itself does, where no rule over facts could: the code that does it, and the test that proves it. */
export interface EngineCheck {
  what: string;
  source: string;
  test: string;
  /** A text in the name of the test. */
  named: string;
}

export interface GateClass {
  id: string;
  class: string;
  /** The pack that it belongs to; those of core judge every change. */
  pack: string;
  layer: Layer;
  /** What happens by default: the change is denied, a human is asked, or it is only told. */
  action: "deny" | "escalate" | "deny or escalate";
  /** Rules of other ids or packs that hold the class too, as `pack/gate`. Rules of the same id are found by it. */
  gates?: readonly string[];
  checks?: readonly EngineCheck[];
  languages: readonly string[];
}

const CODE = ["TypeScript", "JavaScript", "Python", "Go", "Java", "Rust", "shell"] as const;
const TESTS = ["Deno", "node:test", "Jest", "Vitest", "Mocha", "pytest", "unittest", "Go", "Rust", "JUnit"];
const LOCKS = ["npm", "Yarn", "pnpm", "Deno", "Cargo", "Go", "Poetry", "pip"];
const ANY = ["any text"];

/** Every class of the catalogue, in its order. */
export const GATE_CATALOGUE: readonly GateClass[] = [
  {
    id: "T1",
    class: "a test is deleted or renamed away",
    pack: "test-integrity",
    layer: "L1",
    action: "deny",
    languages: TESTS,
  },
  {
    id: "T2",
    class: "assertions are weakened",
    pack: "test-integrity",
    layer: "L2",
    action: "deny or escalate",
    languages: CODE,
  },
  {
    id: "T3",
    class: "tests are skipped, focused or expected to fail",
    pack: "test-integrity",
    layer: "L2",
    action: "deny",
    languages: TESTS,
  },
  {
    id: "T4",
    class: "tests are made vacuous",
    pack: "test-integrity",
    layer: "L2",
    action: "deny",
    gates: ["core/fail-to-pass"],
    languages: TESTS,
  },
  {
    id: "T5",
    class: "a test does not test",
    pack: "test-integrity",
    layer: "L2",
    action: "deny or escalate",
    languages: CODE,
  },
  {
    id: "T6",
    class: "the runner is tampered with",
    pack: "test-integrity",
    layer: "L2",
    action: "deny",
    gates: ["core/protected-paths"],
    languages: TESTS,
  },
  {
    id: "T7",
    class: "a result is forged",
    pack: "test-integrity",
    layer: "L1",
    action: "deny",
    gates: ["core/no-report"],
    languages: TESTS,
  },
  {
    id: "T8",
    class: "outputs are hard-coded, or code asks for its tests",
    pack: "test-integrity",
    layer: "L2",
    action: "escalate",
    languages: CODE,
  },
  {
    id: "T9",
    class: "only the visible tests are met",
    pack: "test-integrity",
    layer: "L3",
    action: "deny",
    gates: ["core/acceptance"],
    checks: [{
      what: "held-out checks never lie in the implementer's workspace",
      source: "pipelines/factory/verify/gather.ts",
      test: "pipelines/factory/verify/gather_test.ts",
      named: "held-out checks run on base and head",
    }],
    languages: ANY,
  },
  {
    id: "T10",
    class: "the answer is in the history",
    pack: "test-integrity",
    layer: "L4",
    action: "deny",
    checks: [{
      what: "the clone of a run holds the base commit alone",
      source: "connectors/workspace/clone.ts",
      test: "connectors/workspace/clone_test.ts",
      named: "a clone holds the base commit alone",
    }],
    languages: ["git"],
  },
  {
    id: "S1",
    class: "lint, types or coverage are silenced",
    pack: "ci-integrity",
    layer: "L2",
    action: "deny or escalate",
    languages: [...CODE, "any other with comments", "settings"],
  },
  {
    id: "S2",
    class: "errors are swallowed",
    pack: "ci-integrity",
    layer: "L2",
    action: "deny or escalate",
    languages: [...CODE, "GitHub Actions"],
  },
  {
    id: "S3",
    class: "hooks are bypassed",
    pack: "git-hygiene",
    layer: "L4",
    action: "deny or escalate",
    languages: [...CODE, "Makefile", "package scripts", "Dockerfile", "CI"],
  },
  {
    id: "S4",
    class: "CI is weakened",
    pack: "ci-integrity",
    layer: "L2",
    action: "deny or escalate",
    gates: ["core/protected-paths"],
    languages: ["GitHub Actions", "GitLab CI"],
  },
  {
    id: "C1",
    class: "a change amends the policy that judges it",
    pack: "ci-integrity",
    layer: "L4",
    action: "deny or escalate",
    gates: ["core/repository-policy", "pack-trust/carried-pack", "pack-trust/carried-release"],
    languages: ANY,
  },
  {
    id: "C2",
    class: "the change leaves its scope",
    pack: "core",
    layer: "L1",
    action: "deny",
    languages: ANY,
  },
  {
    id: "C3",
    class: "the effects are not those of the intent",
    pack: "core",
    layer: "L1",
    action: "deny",
    languages: [...CODE, "SQL", "Terraform", "Kubernetes"],
  },
  {
    id: "C4",
    class: "size or shape is out of the common",
    pack: "core",
    layer: "L3",
    action: "deny or escalate",
    languages: ANY,
  },
  {
    id: "C5",
    class: "git is misused",
    pack: "git-hygiene",
    layer: "L4",
    action: "deny",
    languages: ["git"],
  },
  {
    id: "D1",
    class: "slopsquatting, confusion, typosquatting",
    pack: "supply-chain",
    layer: "L2",
    action: "deny or escalate",
    gates: ["core/fetched-code"],
    languages: LOCKS,
  },
  {
    id: "D2",
    class: "code that runs at install",
    pack: "supply-chain",
    layer: "L2",
    action: "escalate",
    languages: [...LOCKS, "shell", "cgo"],
  },
  {
    id: "D3",
    class: "licences and known faults of dependencies",
    pack: "supply-chain",
    layer: "L2",
    action: "deny",
    languages: LOCKS,
  },
  {
    id: "D4",
    class: "a lockfile is laundered",
    pack: "supply-chain",
    layer: "L0",
    action: "deny",
    languages: LOCKS,
  },
  {
    id: "X1",
    class: "a secret in the change or in what is published",
    pack: "secrets",
    layer: "L2",
    action: "deny",
    gates: ["core/no-credential-in-rows"],
    languages: ANY,
  },
  {
    id: "X2",
    class: "a secret leaves in another shape",
    pack: "secrets",
    layer: "L2",
    action: "deny",
    gates: ["core/secrets", "core/secrets-published"],
    checks: [{
      what: "tokens backwards, in base 64, hexadecimal, percent codes and entities are found",
      source: "policies/facts/secrets/disguise.ts",
      test: "policies/facts/secrets_test.ts",
      named: "known tokens are found backwards, in base 64",
    }],
    languages: ANY,
  },
  {
    id: "X3",
    class: "hidden text",
    pack: "core",
    layer: "L0",
    action: "deny",
    gates: ["knowledge-safety/hidden-instruction", "knowledge-safety/look-alike"],
    languages: ANY,
  },
  {
    id: "X4",
    class: "toxic flow: untrusted content, private data and a way out in one session",
    pack: "core",
    layer: "L4",
    action: "deny",
    languages: ["agent sessions"],
  },
  {
    id: "X5",
    class: "untrusted text becomes an instruction",
    pack: "core",
    layer: "L2",
    action: "deny or escalate",
    gates: ["knowledge-safety/injected-instruction", "knowledge-safety/leaking-image"],
    languages: ["GitHub Actions", "GitLab CI"],
  },
  {
    id: "X6",
    class: "a tool drifts from what was approved",
    pack: "core",
    layer: "L4",
    action: "deny or escalate",
    languages: ["agent sessions"],
  },
  {
    id: "O1",
    class: "a destructive operation",
    pack: "core",
    layer: "L4",
    action: "deny or escalate",
    gates: [
      "sql-migrations/sql-destructive",
      "terraform-aws/terraform-stateful",
      "terraform-aws/terraform-keys",
      "kubernetes/kubernetes-stateful",
    ],
    languages: ["SQL", "Terraform", "Kubernetes", ...CODE, "Make", "CI", "agent sessions"],
  },
  {
    id: "O2",
    class: "credentials are scavenged",
    pack: "core",
    layer: "L4",
    action: "deny",
    checks: [{
      what: "a sandbox shows of a home directory the toolchain alone, and no credentials",
      source: "connectors/workspace/sandbox/toolchain.ts",
      test: "connectors/workspace/sandbox/toolchain_test.ts",
      named: "of a home directory only the toolchain is shown",
    }],
    languages: ["agent sessions", "any command"],
  },
  {
    id: "O3",
    class: "an unsafe migration",
    pack: "sql-migrations",
    layer: "L2",
    action: "deny or escalate",
    gates: [
      "sql-migrations/sql-destructive",
      "sql-migrations/sql-not-null",
      "sql-migrations/sql-type-narrowing",
      "sql-migrations/sql-locks",
      "sql-migrations/sql-renames",
      "sql-migrations/sql-way-back",
      "sql-migrations/sql-history",
    ],
    languages: ["PostgreSQL", "MySQL", "SQLite", "SQL Server"],
  },
  {
    id: "O4",
    class: "a budget runs away",
    pack: "core",
    layer: "L3",
    action: "deny",
    gates: ["core/budget-left"],
    languages: ANY,
  },
  {
    id: "O5",
    class: "who asked approves",
    pack: "core",
    layer: "L4",
    action: "escalate",
    languages: ANY,
  },
  {
    id: "E1",
    class: "evidence has a gap",
    pack: "core",
    layer: "L1",
    action: "deny",
    checks: [{
      what: "a ledger with a gap, a broken chain or a transition without a decision is not sealed",
      source: "pipelines/ledger_files.ts",
      test: "pipelines/ledger_files_test.ts",
      named: "never sealed",
    }],
    languages: ANY,
  },
  {
    id: "E2",
    class: "a verdict is stale",
    pack: "core",
    layer: "L1",
    action: "deny",
    languages: ["git"],
  },
  {
    id: "G1",
    class: "data is damaged in silence",
    pack: "data-quality",
    layer: "L2",
    action: "deny or escalate",
    gates: [
      "core/count-handshake",
      "core/cursor-forward",
      "core/published-is-judged",
      "core/schema-contract",
      "core/data-quality",
      "data-quality/quarantine-share",
      "data-quality/something-left",
      "data-quality/no-column-empty",
    ],
    languages: ["data pipelines"],
  },
];

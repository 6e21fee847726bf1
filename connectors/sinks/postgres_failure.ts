import { DataFailure, type DataFailureKind } from "../data/port.ts";

/** What PostgreSQL's own codes mean here; longer prefixes are looked at first. Appendix A of its documentation lists them. */
const CODES: readonly (readonly [prefix: string, kind: DataFailureKind, remedy: string])[] = [
  [
    "28",
    "auth",
    "Check the user and the password behind the sink's reference, and pg_hba.conf of the server",
  ],
  ["3D000", "not-found", "Create the database, or name another one"],
  [
    "42501",
    "auth",
    "Grant the user what it lacks: TEMPORARY on the database, CREATE on the schema, ownership of tables that it changes",
  ],
  ["25006", "refused", "Name the primary server: this one only reads"],
  ["53100", "conflict", "Make room on the server's disk, then run the pipeline again"],
  ["53", "transient", "The server is short of memory or connections: try again later"],
  ["40", "conflict", "Run the pipeline again: another writer was in the way"],
  ["55P03", "conflict", "Run the pipeline again when the other transaction has ended"],
  ["57014", "limit", "The server's statement_timeout for this user is too short for a load: raise it"],
  ["57", "transient", "The server was stopped or is starting: try again later"],
  ["08", "transient", "Try again later"],
  ["2BP01", "contract", "Drop what depends on it, such as a view, or keep the column"],
  ["0A000", "contract", "Drop what depends on it, such as a view, or change the table by hand"],
  ["22", "contract", "Mend the value at its source or by a transform, or give the column another type"],
  ["23", "contract", "A constraint of the table refuses the rows: change it, or the rows by a quality rule"],
  ["54000", "contract", "Choose a shorter primary key: an index entry holds about 2,700 bytes"],
  ["54", "contract", "Split the table: PostgreSQL has a limit here"],
  [
    "42",
    "contract",
    "The table is not as the pipeline left it: look at it, or name another one in write.table",
  ],
];

const LOST: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
]);

/**
 * Errors of the server and of the connection in the words of the port; whatever else is thrown stays as it is. The server's `detail`
 * repeats whole rows and is left out. `hide` takes the password out, before the words are cut: half of it is not found any more.
 */
export function failureOf(
  error: unknown,
  place: string,
  hide: (text: string) => string = (text) => text,
): unknown {
  if (error instanceof DataFailure || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (LOST.has(code)) {
    return new DataFailure(
      "transient",
      `The connection to ${place} was refused or lost (${code})`,
      "Check that the server runs and can be reached; what was not committed is not there",
    );
  }
  if (error.name !== "PostgresError") return error;
  const found = CODES.find(([prefix]) => code.startsWith(prefix));
  const [, kind, remedy] = found ?? [code, "permanent", "Look into the server's log"];
  const words = code === "55P03" ? `${place} is locked by another transaction` : hide(error.message);
  return new DataFailure(
    kind as DataFailureKind,
    `${place} answered ${code}: ${words.slice(0, 1000)}`,
    remedy,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

import { hasPostgres, startPostgres, type TestServer } from "./testing/postgres_server.ts";
import { sinkConformance } from "./testing/conformance.ts";
import { postgresSink } from "./postgres.ts";
import type { Sink } from "../data/port.ts";

const network = { allowPrivate: true };
const ignore = !hasPostgres();
const why = ignore ? " (PostgreSQL is not installed)" : "";
let server: TestServer | null = null;
let schemas = 0;

Deno.test.beforeAll(async () => {
  if (!ignore) server = await startPostgres();
});
Deno.test.afterAll(async () => {
  await server?.stop();
});

function theServer(): TestServer {
  if (server === null) throw new Error("The server was not started");
  return server;
}

const sinkIn = (schema: string, fault?: (point: string) => void | Promise<void>): Sink =>
  postgresSink({ type: "postgres", url: "env:PG_URL", schema }, {
    secret: () => theServer().url(),
    network,
    folder: "/",
    ...(fault === undefined ? {} : { fault }),
  });

sinkConformance(`the PostgreSQL sink${why}`, {
  async session(test) {
    const schema = `s${++schemas}`;
    await test({ open: (fault) => sinkIn(schema, fault) });
  },
  ignore,
  faults: { before: ["staged", "before-commit"], after: ["committed"] },
});

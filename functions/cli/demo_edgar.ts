/** As much of data.sec.gov as the demo needs, on loopback: facts of two companies that do not exist, as of a day that moves on. */
import { join } from "node:path";

interface Fact {
  filed: string;
}
interface Company {
  cik: number;
  entityName: string;
  facts: Record<string, Record<string, { label: string; units: Record<string, Fact[]> }>>;
}

export interface DemoEdgar {
  readonly url: string;
  /** Filings of this day and before are there. */
  today: string;
  close(): Promise<void>;
}

/** Serves `CIK##########.json` of a folder as `companyfacts` and `companyconcept`. */
export async function demoEdgar(folder: string): Promise<DemoEdgar> {
  const companies = new Map<string, Company>();
  for await (const { name } of Deno.readDir(folder)) {
    const company: Company = JSON.parse(await Deno.readTextFile(join(folder, name)));
    companies.set(name.slice("CIK".length, -".json".length), company);
  }
  const known = (units: Record<string, Fact[]>) =>
    Object.fromEntries(
      Object.entries(units).map(([unit, facts]) => [unit, facts.filter(({ filed }) => filed <= demo.today)]),
    );
  const answer = (request: Request): Response => {
    const path = new URL(request.url).pathname;
    const [, kind, cik = "", taxonomy = "", tag = ""] =
      /^\/api\/xbrl\/(companyfacts|companyconcept)\/CIK(\d{10})(?:\/([^/]+)\/([^/]+))?\.json$/.exec(path) ??
        [];
    const company = companies.get(cik);
    if (company === undefined) return new Response("no such file", { status: 404 });
    const { facts, ...head } = company;
    if (kind === "companyfacts") {
      const all = Object.entries(facts).map(([name, tags]) =>
        [
          name,
          Object.fromEntries(
            Object.entries(tags).map(([tag, concept]) => [tag, { ...concept, units: known(concept.units) }]),
          ),
        ] as const
      );
      return Response.json({ ...head, facts: Object.fromEntries(all) });
    }
    const concept = facts[taxonomy]?.[tag];
    return concept === undefined
      ? new Response("no such file", { status: 404 })
      : Response.json({ ...head, taxonomy, tag, ...concept, units: known(concept.units) });
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  const demo: DemoEdgar = {
    url: `http://127.0.0.1:${server.addr.port}`,
    today: "0000-00-00",
    close: () => server.shutdown(),
  };
  return demo;
}

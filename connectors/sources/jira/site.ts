/** Which Jira it is, and whether it knows who asks: an anonymous request is answered too, with fewer rows. */
import { DataFailure, type HttpClient, type HttpDialect, type SourceContext } from "../../data/port.ts";
import type { Json } from "../../../specs/mod.ts";
import { isObject } from "../../net/lossless_json.ts";
import { contract, linkPage, objectsOf } from "../link_walk.ts";

export interface Site {
  readonly isCloud: boolean;
  /** Path of the API, by its version. */
  readonly api: string;
}

export const jiraDialect: HttpDialect = { headers: { Accept: "application/json" }, concurrency: 4 };

/** Asks who serves and who asks. Throws `auth` when Jira does not know the credential. */
export async function siteOf(http: HttpClient, context: SourceContext): Promise<Site> {
  if (context.settings.baseUrl === undefined) {
    throw new DataFailure(
      "invalid",
      "Cannot read Jira: the env file has no connectors.jira.baseUrl",
      'Name the site: baseUrl: "https://acme.atlassian.net"',
    );
  }
  const info = await http.request({ url: "/rest/api/2/serverInfo", accept: [404], expect: "json" });
  const body = info.status === 404 ? null : info.json();
  const type = isObject(body) ? body.deploymentType : undefined;
  const isCloud = type === undefined || type === "Cloud";
  const api = isCloud ? "/rest/api/3" : "/rest/api/2";
  const me = await http.request({ url: `${api}/myself`, accept: [404], expect: "json" }).catch((error) => {
    if (!(error instanceof DataFailure) || error.kind !== "auth") throw error;
    throw new DataFailure(
      "auth",
      "Jira does not know who asks: it would answer with those issues alone that everybody may see",
      "Check connectors.jira.auth of the env file: the account's e-mail and a token that has not expired.",
      { ...error.more, cause: error },
    );
  });
  if (me.status !== 404 && !isObject(me.json())) throw contract(`${me.url} answered with no account`, me.url);
  return { isCloud, api };
}

/** Ids of fields by column. A name that several fields have is refused: any choice could be the wrong one. */
export async function fieldIds(
  http: HttpClient,
  site: Site,
  wanted: Readonly<Record<string, string>>,
): Promise<Map<string, string>> {
  const columns = new Map<string, string>();
  const entries = Object.entries(wanted);
  if (entries.length === 0) return columns;
  const { items, reply } = await linkPage(http, { url: `${site.api}/field` });
  for (const [column, name] of entries) {
    const byId = items.find((field) => field.id === name);
    const found = byId === undefined ? items.filter((field) => field.name === name) : [byId];
    if (found.length !== 1) {
      throw new DataFailure(
        "invalid",
        `source.params.customFields.${column}: Jira has ${
          found.length === 0 ? "no field" : `${found.length} fields`
        } ${JSON.stringify(name)}`,
        found.length === 0
          ? "Give the field's id, such as customfield_10016, or its name as Jira shows it."
          : `Give the id: ${found.map((field) => String(field.id)).join(", ")}.`,
        { locator: reply.url },
      );
    }
    columns.set(column, String(found[0]?.id));
  }
  return columns;
}

/** The list in an envelope such as `values` or `issues`. */
export function envelope(body: Json, name: string, url: string): { [key: string]: Json }[] {
  if (!isObject(body)) throw contract(`${url} answered with no object`, url);
  return objectsOf(body[name], url);
}

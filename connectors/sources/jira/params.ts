import { z } from "zod";

export const JiraParams = z.strictObject({
  jql: z.string().max(20_000).optional().describe(
    "which issues; all that the credential may see when left out",
  ),
  fields: z.array(z.string().min(1).max(100)).min(1).max(500).optional().describe(
    "fields of issues; all when left out",
  ),
  customFields: z.record(z.string().regex(/^[A-Za-z_]\w{0,62}$/), z.string().min(1).max(200)).default({})
    .describe(
      "column -> id (customfield_10016) or name of a field",
    ),
  pageSize: z.number().int().min(1).max(5000).default(100).describe(
    "issues a page; the server may give fewer",
  ),
});
export type JiraParams = z.infer<typeof JiraParams>;

/** The frame of every page: head, navigation, main part. Text from runs reaches a page only through JSX, which escapes it. */
import type { Child, FC } from "hono/jsx";
import type { Caller } from "../door.ts";

export interface Frame {
  title: string;
  /** The path in the navigation that this page belongs to. */
  current?: string;
  /** Null for people who have not signed in. */
  caller: Caller | null;
  /** Where the page can listen for changes. */
  events?: string;
  /** How often the page looks again by itself, when it has script. */
  refreshSeconds?: number;
}

const NAVIGATION = [
  { path: "/", name: "Runs" },
  { path: "/approvals", name: "Approvals" },
  { path: "/pipelines", name: "Pipelines" },
  { path: "/pulls", name: "Pull requests" },
  { path: "/evidence", name: "Evidence" },
  { path: "/policies", name: "Policies" },
  { path: "/fleet", name: "Fleet" },
  { path: "/docs", name: "API" },
] as const;

const Brand = () => (
  <a class="brand" href="/">
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path class="brand-mark" d="M3 8h11l-3-4h6l4 6-4 6h-6l3-4H3z" />
      <path class="brand-base" d="M3 19h18" />
    </svg>
    <span>Edgeforge</span>
  </a>
);

const Navigation: FC<{ frame: Frame }> = ({ frame }) => (
  <header class="top">
    <div class="top-in">
      <Brand />
      {frame.caller === null ? <span class="grow" /> : (
        <nav aria-label="Main" class="grow">
          <ul class="nav">
            {NAVIGATION.map(({ path, name }) => (
              <li>
                {path === frame.current
                  ? <a href={path} aria-current="page">{name}</a>
                  : <a href={path}>{name}</a>}
              </li>
            ))}
          </ul>
        </nav>
      )}
      {frame.caller?.session
        ? (
          <form method="post" action="/sign-out" class="sign-out">
            <input type="hidden" name="csrf" value={frame.caller.session.csrf} />
            <span class="who">{frame.caller.principal.name}</span>
            <button type="submit" class="quiet">Sign out</button>
          </form>
        )
        : null}
    </div>
  </header>
);

const Page: FC<{ frame: Frame; children?: Child }> = ({ frame, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${frame.title} · Edgeforge`}</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href="/assets/app.css" />
      <script src="/assets/app.js" type="module"></script>
    </head>
    <body>
      <a class="skip" href="#main">Skip to content</a>
      <Navigation frame={frame} />
      {frame.caller?.notice === undefined
        ? null
        : <p class="callout bad notice" role="status">{frame.caller.notice}</p>}
      <main id="main" tabindex={-1} data-events={frame.events} data-refresh={frame.refreshSeconds}>
        {children}
      </main>
    </body>
  </html>
);

/** The answer for a page. */
export function page(
  frame: Frame,
  content: Child,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const body = String(<Page frame={frame}>{content}</Page>);
  return new Response("<!doctype html>\n" + body, {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", ...headers },
  });
}

import { PROBLEMS, type Trouble } from "../problem.ts";
import { page } from "./frame.tsx";
import type { Caller } from "../door.ts";

/** A problem for people: the same words as the problem document. */
export function errorPage(trouble: Trouble, caller: Caller | null = null, back = "/"): Response {
  const { status, title } = PROBLEMS[trouble.code];
  return page(
    { title, caller },
    <section class="narrow">
      <p class="eyebrow">{`${status} · ${trouble.code}`}</p>
      <h1>{title}</h1>
      <p>{trouble.detail}</p>
      {trouble.remedy === undefined ? null : <p class="muted">{trouble.remedy}</p>}
      {trouble.errors === undefined ? null : (
        <ul class="plain">
          {trouble.errors.map(({ path, message }) => (
            <li>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <p>
        <a class="button" href={back}>Go back</a>
      </p>
    </section>,
    status,
    trouble.headers,
  );
}

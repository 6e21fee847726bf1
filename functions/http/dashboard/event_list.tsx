/** The ledger of a run as people read it. */
import type { FC } from "hono/jsx";
import type { Event } from "../../../specs/mod.ts";
import { Empty, placeName } from "./words.tsx";

/** What happened, in a sentence. */
export function sentence(event: Event): string {
  switch (event.type) {
    case "run.accepted":
      return `Accepted: ${event.payload.title || "untitled"}, workflow ${event.payload.workflow.id}`;
    case "phase.entered":
      return event.payload.visit > 1
        ? `Entered ${event.payload.phase}, visit ${event.payload.visit}`
        : `Entered ${event.payload.phase}`;
    case "phase.progress":
      return `${event.payload.phase}: ${event.payload.message}`;
    case "phase.finished":
      return `Finished ${event.payload.phase}: ${event.payload.outcome} (${event.payload.ms} ms)`;
    case "phase.failed":
      return `${event.payload.phase} failed, try ${event.payload.attempt}: ${event.payload.failure.message}`;
    case "output.copied":
      return `Took over the output of ${event.payload.phase}`;
    case "transition.decided": {
      const { transition, verdict } = event.payload.decision;
      return `Gate ${placeName(transition.from)} → ${placeName(transition.to)}: ${verdict}`;
    }
    case "effect.intended":
      return `Intends ${event.payload.kind}`;
    case "effect.failed":
      return `Effect failed, try ${event.payload.attempt}: ${event.payload.failure.message}`;
    case "effect.done":
      return event.payload.found ? `Found done already: ${event.payload.key}` : `Done: ${event.payload.key}`;
    case "budget.reserved":
      return `Reserved ${event.payload.amount} ${event.payload.unit}`;
    case "budget.committed":
      return `Spent ${event.payload.amount} ${event.payload.unit}`;
    case "signal.received":
      return `Signal ${event.payload.name}`;
    case "signal.consumed":
      return "Signal consumed";
    case "timer.set":
      return `Timer until ${event.payload.at}`;
    case "timer.fired":
      return "Timer fired";
    case "run.parked":
      return `Parked: ${event.payload.reason}`;
    case "run.unparked":
      return `Goes on: ${event.payload.why}`;
    case "run.paused":
      return `Paused${why(event.payload.why)}`;
    case "run.resumed":
      return `Resumed${why(event.payload.why)}`;
    case "run.cancelling":
      return `Cancelling${why(event.payload.why)}`;
    case "escalation.opened":
      return `Asks a human: ${event.payload.question}`;
    case "escalation.answered":
      return `${event.payload.by.id} answered: ${event.payload.choice}`;
    case "run.retried":
      return `Retried from ${event.payload.phase}${why(event.payload.why)}`;
    case "run.ended":
      return `Ended: ${event.payload.status}`;
    case "evidence.failed":
      return `Evidence could not be sealed for ${event.payload.status}`;
    case "evidence.sealed":
      return `Evidence sealed: ${event.payload.id}`;
  }
}

const why = (text: string) => text === "" ? "" : `: ${text}`;

const NEWEST = 12;

/** The newest at once, the others a click away: the ledger is for looking things up. */
export const EventList: FC<{ events: readonly Event[] }> = ({ events }) => {
  const newestFirst = events.toReversed();
  const older = newestFirst.slice(NEWEST);
  return events.length === 0 ? <Empty title="No events." /> : (
    <>
      <Rows events={newestFirst.slice(0, NEWEST)} />
      {older.length === 0 ? null : (
        <details class="older" data-key="older-events">
          <summary>{`${older.length} earlier ${older.length === 1 ? "event" : "events"}`}</summary>
          <Rows events={older} />
        </details>
      )}
    </>
  );
};

const Rows: FC<{ events: readonly Event[] }> = ({ events }) => (
  <ol class="events">
    {events.map((event) => (
      <li>
        <details data-key={`event-${event.seq}`}>
          <summary>
            <span class="seq">{event.seq}</span>
            <time datetime={event.at} title={event.at}>{event.at.slice(11, 19)}</time>
            <span class="event-text">{sentence(event)}</span>
            <code class="event-type">{event.type}</code>
          </summary>
          <pre tabindex={0}><code>{excerpt(event)}</code></pre>
        </details>
      </li>
    ))}
  </ol>
);

const MAX_EXCERPT = 4_000;

function excerpt(event: Event): string {
  const text = JSON.stringify({ actor: event.actor, payload: event.payload, hash: event.hash }, null, 2);
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}\n… (the API has the whole of it)` : text;
}

import type { AgentSession } from "../../../specs/mod.ts";
import type { Handover } from "../implementers/port.ts";

/** What the implementers of several tasks handed over, as one: nothing is left out, and each step says whose it was. */
export function joinedHandover(
  run: string,
  parts: readonly { task: string; handover: Handover }[],
): Handover {
  const all = parts.map(({ handover }) => handover);
  const sessions = all.flatMap(({ session }) => session ?? []);
  const agents = all.flatMap(({ agent }) => agent ?? []);
  const [first] = agents;
  const models = [...new Set(agents.map(({ model }) => model))];
  return {
    renames: all.flatMap(({ renames }) => renames),
    steps: parts.flatMap(({ task, handover }) => handover.steps.map((step) => `${task}: ${step}`)),
    rederives: all.every(({ rederives }) => rederives === true) ? true : null,
    ...(first === undefined ? {} : {
      agent: {
        ...first,
        // Tasks may have been done by several; the calls say which did what.
        model: models.length === 1 ? first.model : models.filter((model) => model !== null).join(", "),
      },
    }),
    calls: all.flatMap(({ calls = [] }) => calls),
    ...(sessions.length === 0 ? {} : { session: joinedSession(`${run}/tasks`, sessions) }),
    context: all.flatMap(({ context = [] }) => context),
    claims: parts.flatMap(({ task, handover }) =>
      (handover.claims ?? []).map((claim) => `${task}: ${claim}`)
    ),
  };
}

/** Sessions that went on beside one another as one log, in the order of time. Credentials stay bound to the session that had them. */
export function joinedSession(id: string, sessions: readonly AgentSession[]): AgentSession {
  const [first] = sessions;
  if (first === undefined) throw new Error("Cannot join sessions: there are none");
  const calls = sessions.flatMap((session) =>
    session.calls.map((call) => ({
      ...call,
      // What was minted for a session of a task was minted for the whole; for any other it stays what it is.
      credential: call.credential?.session === session.id
        ? { ...call.credential, session: id }
        : call.credential,
    }))
  ).sort((a, z) => Date.parse(a.at) - Date.parse(z.at));
  const tools = new Map(
    sessions.flatMap((session) => session.tools).map((tool) => [`${tool.name} ${tool.digest}`, tool]),
  );
  const seen = sessions.flatMap(({ observed }) => observed ?? []);
  return {
    v: 1,
    ...(seen.length === 0 ? {} : { observed: joinedObserved(seen) }),
    id,
    agent: [...new Set(sessions.map(({ agent }) => agent))].join(", ").slice(0, 200),
    startedAt: sessions.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    endedAt: sessions.map(({ endedAt }) => endedAt).sort().at(-1) ?? first.endedAt,
    tools: [...tools.values()].slice(0, 1000),
    calls: calls.slice(0, 5000).map((call, at) => ({ ...call, seq: at + 1 })),
    // What does not fit into one log is missing from it.
    complete: sessions.every(({ complete }) => complete) && calls.length <= 5000 && tools.size <= 1000,
  };
}

/** What was seen of programs that worked beside one another. */
function joinedObserved(
  seen: readonly NonNullable<AgentSession["observed"]>[],
): NonNullable<AgentSession["observed"]> {
  const all = (of: "programs" | "written" | "refused") =>
    [...new Set(seen.flatMap((one) => one[of]))].slice(0, 200);
  // What one of them does not know, nobody knows of all.
  const sum = (of: "writtenInAll" | "unrouted" | "requests") =>
    seen.reduce<number | null>((total, one) => {
      const more = one[of];
      return total === null || more === null ? null : total + more;
    }, 0);
  return {
    programs: all("programs"),
    written: all("written"),
    writtenInAll: sum("writtenInAll"),
    unrouted: sum("unrouted"),
    requests: sum("requests") ?? 0,
    refused: all("refused"),
  };
}

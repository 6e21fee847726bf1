/** What a person has to know before they answer: what was tried, what it cost, what it may be, and the command for each answer. */
import type { FC } from "hono/jsx";
import type { EscalationPacket } from "../../../specs/mod.ts";

/** The newest ones; the API tells all. */
const MOST_ATTEMPTS = 20;
const MOST_NAMES = 5;

const usd = (micro: number): string => `$${(micro / 1_000_000).toFixed(4)}`;

/** The first names of a list, and how many more there are. */
const some = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(", ")
    : `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} more`;

type Attempt = EscalationPacket["attempts"][number];

const Why: FC<{ one: Attempt }> = ({ one: { gates, tests, failures } }) => (
  <>
    {gates.length === 0 ? null : <p>{`Denied by ${some(gates)}`}</p>}
    {tests.length === 0 ? null : <p>{`Failing: ${some(tests)}`}</p>}
    {failures.length === 0 ? null : <p class="pre">{failures.at(-1)}</p>}
    {gates.length + tests.length + failures.length === 0 ? "–" : null}
  </>
);

const Attempts: FC<{ attempts: readonly Attempt[] }> = ({ attempts }) => (
  <div class="wide-table">
    <table class="runs">
      <caption class="visually-hidden">What was tried</caption>
      <thead>
        <tr>
          <th scope="col">Round</th>
          <th scope="col">Strategy</th>
          <th scope="col">Model</th>
          <th scope="col">Came to</th>
          <th scope="col">Why</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {attempts.slice(-MOST_ATTEMPTS).map((one) => (
          <tr>
            <td>{one.round}</td>
            <td>{one.strategy}</td>
            <td>{one.model ?? "–"}</td>
            <td>{one.verdict}</td>
            <td>
              <Why one={one} />
            </td>
            <td>
              {one.tokens === 0 && one.costMicroUsd === 0
                ? "–"
                : `${one.tokens} tokens, ${usd(one.costMicroUsd)}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export const PacketCard: FC<{ packet: EscalationPacket }> = ({ packet }) => {
  const { attempts, hypothesis, options } = packet;
  return (
    <section class="card" aria-labelledby="packet-title">
      <h2 id="packet-title">What was tried</h2>
      {attempts.length === 0
        ? <p class="muted">Nothing before the question was asked.</p>
        : <Attempts attempts={attempts} />}
      {attempts.length <= MOST_ATTEMPTS
        ? null
        : <p class="muted">{`${attempts.length - MOST_ATTEMPTS} earlier ones are in the API.`}</p>}
      {hypothesis === null ? null : (
        <>
          <h3>{`What it may be (confidence: ${hypothesis.confidence})`}</h3>
          <p>{hypothesis.text}</p>
          <ul class="notes">
            {hypothesis.evidence.map(({ run, what }) => (
              <li>
                <a href={`/runs/${run}`}>{run}</a>
                {`: ${what}`}
              </li>
            ))}
          </ul>
        </>
      )}
      {options.length === 0 ? null : (
        <details data-key="packet-commands">
          <summary>Answers on the command line</summary>
          <dl class="facts">
            {options.map(({ does, command }) => (
              <>
                <dt>{does}</dt>
                <dd>
                  <code class="break">{command}</code>
                </dd>
              </>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
};

// Keeps an open page current. The server draws everything: this only fetches the page again and swaps the live parts.
const main = document.querySelector("main");
const badge = () => document.getElementById("live");
const REFRESH_MS = 400;

let timer;
let busy = false;
let again = false;

function schedule() {
  if (busy) again = true;
  else timer ??= setTimeout(refresh, REFRESH_MS);
}

async function refresh() {
  timer = undefined;
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.status === 401 || answer.status === 404) return location.reload();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) swap(part, fresh.getElementById(part.id));
  } catch {
    // The server is away: the stream's state says so.
  } finally {
    busy = false;
    if (again) {
      again = false;
      schedule();
    }
  }
}

/** Puts the new part in place of the old one, unless somebody is writing in it; what was open stays open. */
function swap(old, fresh) {
  if (fresh === null || old.innerHTML === fresh.innerHTML) return;
  if (old.querySelector("form")?.matches(":has(:focus)") || dirty(old)) return;
  for (const details of old.querySelectorAll("details[data-key]")) {
    const same = fresh.querySelector(`details[data-key="${CSS.escape(details.dataset.key)}"]`);
    if (same !== null) same.open = details.open;
  }
  const focused = old.contains(document.activeElement)
    ? document.activeElement.closest("details[data-key]")?.dataset.key
    : undefined;
  const kept = old.querySelector("[data-keep]");
  old.replaceChildren(...document.importNode(fresh, true).childNodes);
  if (kept !== null) old.querySelector("[data-keep]")?.replaceWith(kept);
  if (focused !== undefined) {
    old.querySelector(`details[data-key="${CSS.escape(focused)}"] > summary`)?.focus();
  }
}

function dirty(part) {
  return [...part.querySelectorAll("input[type=radio], textarea, select, input[type=number]")]
    .some((field) => field.type === "radio" ? field.checked : field.value !== "");
}

function tell(state, words) {
  const target = badge();
  if (target === null || target.dataset.state === state) return;
  target.dataset.state = state;
  target.textContent = words;
}

if (main?.dataset.events) {
  const source = new EventSource(main.dataset.events);
  source.onopen = () => tell("live", "live");
  source.onmessage = schedule;
  source.onerror = () => {
    const over = source.readyState === EventSource.CLOSED;
    tell(over ? "over" : "away", over ? "" : "reconnecting");
    if (over) schedule();
  };
  addEventListener("pagehide", () => source.close());
}

if (main?.dataset.refresh) {
  setInterval(() => {
    if (document.visibilityState === "visible") schedule();
  }, Number(main.dataset.refresh) * 1000);
}

/** A small event emitter. */
export function createEmitter() {
  const listeners = new Map();
  const of = (event) => listeners.get(event) ?? [];

  function on(event, listener) {
    listeners.set(event, [...of(event), listener]);
  }

  function off(event, listener) {
    listeners.set(event, of(event).filter((known) => known !== listener));
  }

  function once(event, listener) {
    on(event, listener);
  }

  function emit(event, ...values) {
    for (const listener of of(event)) listener(...values);
    return of(event).length > 0;
  }

  return { on, off, once, emit };
}

/** Upper case for the first letter. */
export function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Cuts text to a length, with an ellipsis where something is missing. */
export function truncate(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}\u2026`;
}

import { capitalize, truncate } from './utils.js';

/** The text of a card: a title of at most 20 letters. */
export function cardTitle(name) {
  return truncate(capitalize(name.trim()), 20);
}

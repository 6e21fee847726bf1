import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cardTitle } from './card.js';

it('makes a title', () => {
  assert.equal(cardTitle('  a very long name of a tea '), 'A very long name of\u2026');
});

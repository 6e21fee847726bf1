import assert from 'node:assert/strict';
import { it } from 'node:test';
import { capitalize, truncate } from './utils.js';

it('capitalizes', () => {
  assert.equal(capitalize('tea'), 'Tea');
  assert.equal(capitalize(''), '');
});

it('truncates', () => {
  assert.equal(truncate('abcdef', 4), 'abc\u2026');
  assert.equal(truncate('abcd', 4), 'abcd');
});

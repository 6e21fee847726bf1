// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { capitalize, truncate } from '../src/text.js';
import { existsSync } from 'node:fs';

it('works from its new place', () => {
  assert.equal(capitalize('mug'), 'Mug');
  assert.equal(truncate('mugs', 3), 'mu\u2026');
});

it('has left the old place', () => {
  assert.equal(existsSync(new URL('../src/utils.js', import.meta.url)), false);
});
